"""How it reaches a PostgreSQL, by asyncpg."""
