"""PostgreSQL: sessions that block others, and questions to a database."""
