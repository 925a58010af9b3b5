"""Web servers of others: checks on them, and the channel `webhook`."""
