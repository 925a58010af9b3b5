"""Checks on hosts."""
