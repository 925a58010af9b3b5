"""Random lives of runs against a simulated world; see test_simulation.py."""
