"""What the rooms ask of each other: protocols and tiny value types."""
