"""What is decided: pure values and functions. No clock, dice, loop, file, log or SDK in here."""
