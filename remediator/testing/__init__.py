"""Shipped for tests, ours and other people's: builders, clocks, fakes and the contracts that fakes and real things pass."""
