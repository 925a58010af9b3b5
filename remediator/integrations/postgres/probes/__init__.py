"""What it shows of a PostgreSQL."""
