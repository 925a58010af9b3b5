"""The channel `console`: messages on standard output."""
