"""What Alembic runs for `stores.upgrade`: all missing migrations on the connection it is given, in its transaction."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
