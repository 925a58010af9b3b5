"""How a site reaches its hosts: many names, one real sshd behind all of them."""

import json
from pathlib import Path
from typing import Any

from tests.parts.sshd import Sshd


def hosts_at(directory: Path, sshd: Sshd, *names: str) -> dict[str, Any]:
    """The setting `hosts` by which all these names are reached through one sshd; receipts stay in the directory."""
    reach = {"ansible_host": sshd.host, "ansible_port": sshd.port}
    inventory = {"_meta": {"hostvars": {name: reach for name in names}}}
    path = directory / "inventory.json"
    path.write_text(json.dumps(inventory))
    path.write_text(json.dumps(inventory))
    return {
        "resolve": [{"ansible_inventory": str(path)}],
        "ssh": {
            "user": sshd.user,
            "known_hosts": str(sshd.known_hosts_path),
            "private_key_file": str(sshd.private_key_path),
            "sudo": sshd.user != "root",
            "receipts": str(directory / "receipts"),
        },
    }
