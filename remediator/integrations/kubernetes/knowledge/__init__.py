"""What is known about Kubernetes' objects: pure."""
