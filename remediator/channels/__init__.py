"""Ways to reach people: one file or folder each, found by their `CHANNELS` tuple."""
