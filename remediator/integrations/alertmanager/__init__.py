"""Alertmanager: its notifications, its API, and the checks that ask it."""
