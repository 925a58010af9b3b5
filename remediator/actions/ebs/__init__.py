"""Actions on EBS volumes."""
