"""What comes next, one file per stretch of a run's life: a row per state, with the effect that the core wants."""
