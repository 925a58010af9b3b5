"""A simulated world in a process of its own, which outlives the daemons that act on it: for chaos and for endurance."""
