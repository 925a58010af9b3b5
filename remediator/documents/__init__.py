"""How anything that people write is read: strict YAML with positions, problems, secrets."""
