"""What is known about PromQL: pure."""
