"""The channel `webhook`."""
