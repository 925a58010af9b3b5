"""The section `slack`, and the names of Slack that settings and playbooks hold."""
