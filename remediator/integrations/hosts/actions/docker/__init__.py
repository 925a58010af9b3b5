"""Actions on a Docker engine."""
