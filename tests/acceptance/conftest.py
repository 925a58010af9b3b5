"""Fixtures that several stories share."""

from collections.abc import Iterator

import pytest

from tests.parts.host import Host
from tests.parts.require import require, require_namespaces


@pytest.fixture(scope="module")
def plain_host() -> Iterator[Host]:
    """One host per module with systemd and `web.service`, without Docker."""
    require("systemd", "systemd-journald", "journalctl", "mkfs.ext4", root=True)
    require("sshd", "ssh-keygen", "node_exporter")
    require_namespaces()
    with Host() as part:
        yield part
