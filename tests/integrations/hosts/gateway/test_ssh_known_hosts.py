"""A host's keys are found under whatever spelling known_hosts has them."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import asyncssh
import pytest
from hypothesis import given
from hypothesis import strategies as st

from remediator.integrations.hosts.gateway.known_hosts import known_hosts_of
from remediator.integrations.hosts.gateway.trust import odd_lines
from tests.config.settings_texts import problems

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


ODD = [
    ("=", "expected names, a type of key and a key"),
    ("web9", "expected names, a type of key and a key"),
    (f"|1|abc|def {KEY}", "its hash is broken"),
    (f"@revokd x {KEY}", "there is no marker @revokd"),
    ("web9 ssh-ed25519 AAAA", "its key is broken"),
    (f"web9 ssh-rsa {KEY.split()[1]}", "its key is broken"),
    ("web9 ssh-ed25519 \xe9\xe9", "its key is broken"),
    (f"|2|{'A' * 27}=|{'A' * 27}= {KEY}", "its hash is broken"),
]


@pytest.mark.parametrize(("odd", "why"), ODD, ids=range(len(ODD)))
def test_one_odd_line_makes_no_host_unreachable_and_is_named(
    tmp_path: Path, odd: str, why: str
) -> None:
    assert keys(tmp_path / "k", f"# ours\n{odd}\nweb1 {KEY}\n", "web1") == [1, 0, 0]
    assert odd_lines(tmp_path / "k") == (f"{tmp_path}/k:2: {why}",)


def test_a_comment_in_any_encoding_and_the_ends_of_lines_of_another_system_are_no_matter(
    tmp_path: Path,
) -> None:
    text = f"web1 {KEY} ".encode() + "jos\xe9 \x85 \x0b@".encode("latin-1") + b"\r\n"
    (tmp_path / "k").write_bytes(text + f"web2 {OTHER}\u2028 x\n".encode())

    for host in ("web1", "web2"):
        found = known_hosts_of(tmp_path / "k")(host, "", 22)
        assert len(found[0]) == 1
    assert odd_lines(tmp_path / "k") == ()


def test_a_revoked_key_stays_revoked_beside_an_odd_line(tmp_path: Path) -> None:
    text = f"@revokd web1 {KEY}\n@revoked web1 {OTHER}\nweb1 {KEY}\n"

    assert keys(tmp_path / "k", text, "web1") == [1, 0, 1]


@given(st.lists(st.text(st.characters(exclude_characters="\n"), max_size=40), max_size=4))
def test_no_line_of_a_file_can_hide_the_others(lines: list[str]) -> None:
    with TemporaryDirectory() as folder:
        text = "\n".join([*lines, f"web1 {KEY}", *lines]).replace("\r", "")
        (Path(folder) / "k").write_bytes(text.encode("utf-8", "replace"))
        assert len(known_hosts_of(Path(folder) / "k")("web1", "", 22)[0]) >= 1


def test_check_names_the_line_that_ssh_would_skip(tmp_path: Path) -> None:
    (tmp_path / "k").write_text(f"=\nweb1 {KEY}\n")

    (problem,) = problems(tmp_path, "hosts: {ssh: {known_hosts: k}}\n")

    assert problem.startswith("settings.yaml:1:28: warning[known-hosts]: ")
    assert "/k:1: expected names, a type of key and a key; the line is passed over" in problem
