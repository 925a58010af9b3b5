"""Kubernetes: its objects, and shells in its pods."""
