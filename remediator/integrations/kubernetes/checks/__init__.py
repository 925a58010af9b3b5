"""Checks on objects."""
