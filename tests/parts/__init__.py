"""Real servers for tests: each file starts one, on free ports, and leaves nothing behind."""
