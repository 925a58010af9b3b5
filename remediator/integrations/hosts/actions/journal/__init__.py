"""Actions on systemd's journal."""
