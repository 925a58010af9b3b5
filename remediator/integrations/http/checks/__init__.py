"""Checks on what listens somewhere."""
