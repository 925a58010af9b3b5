"""Tables of verdicts: one file per guard."""
