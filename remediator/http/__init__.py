"""The doors that speak HTTP: Alertmanager's webhook, the API for people and commands, health and metrics."""
