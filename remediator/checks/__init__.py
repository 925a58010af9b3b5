"""Read-only questions to the world with three answers, one file per check, found by discovery."""
