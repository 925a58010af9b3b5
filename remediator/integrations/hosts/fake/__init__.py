"""A host in memory, for tests and for the demo."""
