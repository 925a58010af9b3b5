"""A folder with the files that the settings of these tests name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest


@pytest.fixture(name="settings_folder")
def _folder(tmp_path: Path) -> Path:
    for name in ("am", "am-next", "ana", "proxy", "ssh", "bot", "db"):
        (tmp_path / name).write_text(f"secret-of-{name}\n")
    for name in ("xoxb", "xapp"):
        (tmp_path / name).write_text(f"{name}-secret\n")
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "two-lines").write_text("a\nb\n")
    for name in ("cert.pem", "key.pem", "ca.pem"):
        (tmp_path / name).write_text("-\n")
    document = {"_meta": {"hostvars": {"web1": {"ansible_host": "10.0.0.1"}}}}
    (tmp_path / "inventory.json").write_text(json.dumps(document))
    return tmp_path
