"""The picture of an alert's query."""
