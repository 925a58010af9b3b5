"""`make mutants`: plant one small bug at a time in a copy of the program and see whether the fast tests notice."""
