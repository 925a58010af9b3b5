"""Actions on a host as such."""
