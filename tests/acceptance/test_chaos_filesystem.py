"""`kill -9` while a partition or its file system grows on a real disk: each tool runs once, and all of it has grown."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.site import Site
from tests.parts.growing_disk import GrowingDisk
from tests.parts.require import require, require_namespaces
from tests.parts.sshd import Sshd

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
TOOLS = ("growpart", "xfs_growfs")
MEBIBYTE = 2**20
COUNTED = """\
#!/bin/sh
[ "$1" != -n ] || exec {real} "$@"  # only looks
echo {tool} >>{effects}
sleep {seconds}
exec {real} "$@"
"""


@pytest.fixture
def disk() -> Iterator[GrowingDisk]:
    require(*TOOLS, "sfdisk", "mkfs.xfs", "losetup", "sshd", "ssh-keygen", root=True)
    require_namespaces()
    with GrowingDisk("xfs", partitioned=True, mebibytes=400) as one:
        one.enlarge(800)
        yield one


def counting(folder: Path, slow: str) -> list[str]:
    """Words that start a program where both tools note that they ran, and one takes its time."""
    mounts = []
    for tool in TOOLS:
        there = str(shutil.which(tool))
        real, shown = folder / f"{tool}.real", folder / tool
        shutil.copy(there, real)
        seconds = 6 if tool == slow else 0
        shown.write_text(
            COUNTED.format(tool=tool, effects=folder / "effects", seconds=seconds, real=real)
        )
        shown.chmod(0o755)
        mounts.append(f"mount --bind {shown} {there}")
    return ["unshare", "--mount", "sh", "-c", f'{" && ".join(mounts)} && exec "$@"', "sh"]


def playbook(disk: GrowingDisk) -> dict[str, Any]:
    return {
        "match": ['alertname="DiskSpaceLow"'],
        "target": "host/web1",
        "mode": "auto",
        "steps": [
            {
                "filesystem.grow": {"path": str(disk.path)},
                "irreversible": "allow",
                "timeout": "30s",
                "retries": {"max": 5, "backoff": "1s"},
            }
        ],
        "verify": {"after": "0s", "within": "60s", "every": "1s", "all": [{"alert": "firing"}]},
    }


@pytest.mark.parametrize("slow", TOOLS)
def test_a_file_system_grows_once_though_the_daemon_is_killed_meanwhile(
    disk: GrowingDisk, tmp_path: Path, slow: str
) -> None:
    before, effects = disk.size(), tmp_path / "effects"

    def begun() -> list[str]:
        return effects.read_text().split() if effects.exists() else []

    with (
        Sshd(wrap=counting(tmp_path, slow)) as sshd,
        Site(playbooks={"grow": playbook(disk)}, sshd=sshd) as site,
    ):
        site.alert({"alertname": "DiskSpaceLow", "instance": "web1:9100"})
        site.wait_for(lambda: slow in begun(), 60, slow)
        site.restart(kill=True)
        run = site.wait_for_run(phase="closed", seconds=120)

        assert (run["outcome"], run["reason"]) == ("resolved", "verified"), site.story()
        assert "observed" in site.events(run["id"])
    assert begun() == list(TOOLS)
    assert disk.size() > before + 350 * MEBIBYTE
