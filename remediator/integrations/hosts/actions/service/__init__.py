"""Actions on systemd's services."""
