"""Actions on RDS databases."""
