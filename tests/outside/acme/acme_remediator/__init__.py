"""ACME's lamps: an outside system that remediator has never heard of."""
