"""Migrations: how a database came to its schema. Forward only; a new one is a file in `versions` and a line here."""

REVISIONS = ("0001", "0002", "0003", "0004", "0005")
