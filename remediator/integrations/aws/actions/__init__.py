"""Actions on AWS, one file each, by service."""
