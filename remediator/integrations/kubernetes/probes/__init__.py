"""Looks at objects, one file each."""
