"""Settings, playbooks, templates and conditions: everything that people write, read strictly and with positions."""
