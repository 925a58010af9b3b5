"""How messages come to Slack, and which of them are edited."""
