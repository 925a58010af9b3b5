"""Actions on file systems."""
