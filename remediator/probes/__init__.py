"""Read-only looks that return evidence for people, one file per probe, found by discovery."""
