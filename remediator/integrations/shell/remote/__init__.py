"""What all shells share, whichever way they reach a target: capped output, and what our programs there report."""
