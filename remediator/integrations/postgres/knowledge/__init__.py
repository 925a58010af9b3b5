"""What it knows of a PostgreSQL without asking it."""
