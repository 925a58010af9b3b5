"""What follows from what happened, one file per file of core/evolution."""
