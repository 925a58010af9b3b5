"""What remediator does in a PostgreSQL."""
