"""Tables of the pure half: one file per core module."""
