"""Actions on EC2 instances."""
