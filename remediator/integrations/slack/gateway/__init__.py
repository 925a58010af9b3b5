"""Slack's Web API; its SDK loads when first used."""
