"""Shipped for tests, ours and others': builders, clocks, fakes, and the contracts that fakes and real things pass."""
