"""Actions on Kubernetes objects, one file each."""
