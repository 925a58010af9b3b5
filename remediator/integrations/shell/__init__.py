"""The kit of whatever has a shell: words that run once, receipts, allowed commands, what `df` says."""
