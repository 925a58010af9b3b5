"""Where everything is kept: SQLite for one machine, PostgreSQL for replicas. `store.open_store` is the only door."""
