"""Hosts by SSH. `settings` needs no SDK; import `shell` only where a host is really going to be reached."""

from __future__ import annotations

from remediator.integrations.hosts.gateway.settings import SshSettings

__all__ = ["SshSettings"]
