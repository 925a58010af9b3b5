"""A real sshd is known under every spelling of its name and address, and under no other name."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from remediator.core.errors import Permanent
from remediator.core.target import parse_target
from remediator.integrations.hosts.settings.inventory import HostAddress
from tests.integrations.hosts.ssh_parts import settings_for, shell_for
from tests.parts.require import require
from tests.parts.sshd import Sshd

pytestmark = pytest.mark.slow
LIMIT = timedelta(seconds=10)


class TwoFamilies(Sshd):
    """An sshd that listens on both loopback addresses."""

    def _config(self) -> str:
        four = "ListenAddress 127.0.0.1"
        return super()._config().replace(four, f"{four}\nListenAddress ::1")


@pytest.fixture(scope="module")
def server() -> Iterator[Sshd]:
    require("sshd", "ssh-keygen", root=True)
    with TwoFamilies() as part:
        yield part


async def signed_in(
    server: Sshd, folder: Path, target: str, known: str, *, hashed: bool = False, spelled: str = ""
) -> str:
    """Sign in where known_hosts names the host so, and say what it prints."""
    key = " ".join((server.directory / "host_key.pub").read_text().split()[:2])
    file = folder / "known_hosts"
    file.write_text(f"{known.replace('PORT', str(server.port))} {key}\n")
    if hashed:
        subprocess.run(["ssh-keygen", "-H", "-f", str(file)], check=True, capture_output=True)
        assert file.read_text().startswith("|1|")
    leads = {"db1.example.com": HostAddress("127.0.0.1", server.port, spelled=spelled)}
    more = {"known_hosts": file, "addresses": leads, "port": server.port}
    settings = settings_for(server, str(folder / "receipts"), **more)
    async with shell_for(settings) as shell:
        output = await shell.look(parse_target(target), ["echo", "inside"], timeout=LIMIT)
    return output.stdout.strip()


@pytest.mark.parametrize(
    ("target", "known"),
    [
        ("host/db1.example.com", "[DB1.Example.com]:PORT"),
        ("host/DB1.Example.COM.:9100", "[db1.example.com]:PORT"),
        ("host/DB1.example.com", "DB1.EXAMPLE.COM"),
        ("host/db1.example.com", "*.Example.com"),
        ("host/[::1]:9100", "[::1]:PORT"),
        ("host/0:0:0:0:0:0:0:1", "[::1]:PORT"),
        ("host/::1", "[0:0:0:0:0:0:0:1]:PORT"),
        ("host/::ffff:127.0.0.1", "[127.0.0.1]:PORT"),
    ],
)
async def test_the_key_is_found_in_every_spelling(
    server: Sshd, tmp_path: Path, target: str, known: str
) -> None:
    assert await signed_in(server, tmp_path, target, known) == "inside"


@pytest.mark.parametrize("spelled", ["DB1.Example.com", "db1.example.com"])
async def test_a_hashed_entry_is_found_under_the_name_that_the_inventory_has(
    server: Sshd, tmp_path: Path, spelled: str
) -> None:
    found = await signed_in(
        server,
        tmp_path,
        "host/db1.EXAMPLE.com",
        f"[{spelled}]:PORT",
        hashed=True,
        spelled=spelled,
    )
    assert found == "inside"


@pytest.mark.parametrize("known", ["[DB10.example.com]:PORT", "*.example.com,!DB1.Example.com"])
async def test_another_name_is_no_key_of_this_host(
    server: Sshd, tmp_path: Path, known: str
) -> None:
    with pytest.raises(Permanent, match=r"the host key of db1\.example\.com is not one"):
        await signed_in(server, tmp_path, "host/DB1.example.com", known)
