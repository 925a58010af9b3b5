"""Hosts by SSH: journal, Docker, services, file systems."""
