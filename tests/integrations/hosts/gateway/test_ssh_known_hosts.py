"""A host's keys are found under whatever spelling known_hosts has them."""

from __future__ import annotations

from pathlib import Path

import asyncssh
import pytest

from remediator.integrations.hosts.gateway.known_hosts import known_hosts_of

KEY = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()
OTHER = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()


def keys(path: Path, text: str, host: str, *names: str, port: int = 22) -> list[int]:
    """How many keys of hosts, of authorities and revoked ones are found."""
    path.write_text(text)
    found = known_hosts_of(path, *names)(host, "", port)
    return [len(each) for each in found]


@pytest.mark.parametrize(
    ("written", "host", "port"),
    [
        ("DB1.example.com", "db1.example.com", 22),
        ("db1.example.com", "DB1.example.com", 22),
        ("db1.example.com.", "db1.example.com", 22),
        ("web1,DB1.Example.com", "db1.example.com", 22),
        ("*.Example.com", "db1.example.com", 22),
        ("[DB1.example.com]:2222", "db1.example.com", 2222),
        ("2001:DB8:0:0::11", "2001:db8::11", 22),
        ("[2001:DB8:0:0::11]:2222", "2001:db8::11", 2222),
        ("::ffff:10.0.0.7", "10.0.0.7", 22),
    ],
)
def test_the_key_is_found_however_the_file_spells_the_host(
    tmp_path: Path, written: str, host: str, port: int
) -> None:
    assert keys(tmp_path / "k", f"{written} {KEY}\n", host, port=port) == [1, 0, 0]
    marked = f"@cert-authority {written} {KEY}\n@revoked {written} {OTHER}\n"
    assert keys(tmp_path / "k", marked, host, port=port) == [0, 1, 1]


@pytest.mark.parametrize("host", ["db10.example.com", "db1", "2001:db8::12", "10.0.0.8"])
def test_no_other_host_gets_the_key(tmp_path: Path, host: str) -> None:
    text = f"DB1.example.com,2001:DB8:0:0::11,::ffff:10.0.0.7 {KEY}\n"

    assert keys(tmp_path / "k", text, host) == [0, 0, 0]


def test_an_exception_holds_in_every_spelling(tmp_path: Path) -> None:
    text = f"*.example.com,!DB1.Example.com {KEY}\n"

    assert keys(tmp_path / "k", text, "web1.example.com") == [1, 0, 0]
    assert keys(tmp_path / "k", text, "db1.example.com", "DB1.EXAMPLE.com") == [0, 0, 0]
