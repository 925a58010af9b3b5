"""Checks by PromQL."""
