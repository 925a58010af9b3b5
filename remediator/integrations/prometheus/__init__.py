"""Prometheus: queries."""
