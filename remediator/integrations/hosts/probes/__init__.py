"""Looks at hosts, one file each."""
