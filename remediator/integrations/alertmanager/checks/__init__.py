"""Checks on alerts."""
