"""What messages look like: pure."""
