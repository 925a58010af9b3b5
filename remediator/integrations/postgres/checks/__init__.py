"""What it asks a PostgreSQL."""
