"""What is known about block devices and systemd's units: pure."""
