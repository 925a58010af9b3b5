"""Find a host's keys under whatever spelling known_hosts has them; used when a connection is opened.

OpenSSH compares names without regard to case; asyncssh does not. Names in the file are read in their one spelling.
A hashed entry is made of what was typed: there a host is also looked for as the inventory spells it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncssh

from remediator.core.spelling import canonical_address, canonical_host

_WITH_PORT = re.compile(r"(!?)\[([^\]]+)\]:([0-9]{1,5})")
_KINDS = 3  # of keys: of hosts, of authorities, revoked
_Known = Callable[[str, str, int | None], tuple[Any, ...]]


def known_hosts_of(path: Path, *names: str) -> _Known:
    """Return what tells asyncssh the keys of a host that is called by any of these names; ValueError, OSError."""
    text = path.read_text(encoding="utf-8", errors="replace")
    lines = text.splitlines()
    known = asyncssh.import_known_hosts("\n".join(_line(line) for line in lines))
    hashed = asyncssh.import_known_hosts("\n".join(line for line in lines if _is_hashed(line)))

    def keys(host: str, address: str, port: int | None) -> tuple[Any, ...]:
        found = [known.match(canonical_host(host), address, port)]
        found += [hashed.match(name, "", port) for name in dict.fromkeys((host, *names))]
        return tuple([key for each in found for key in each[part]] for part in range(_KINDS))

    return keys


def _is_hashed(line: str) -> bool:
    return any(word.startswith("|") for word in line.split()[:2])


def _line(line: str) -> str:
    """Return a line with its names in their one spelling; hashed ones and comments stay as they are."""
    words = line.split(None, 1)
    if len(words) < 2 or line.lstrip().startswith("#"):
        return line
    if words[0].startswith("@"):
        return f"{words[0]} {_line(words[1])}"
    if words[0].startswith("|"):
        return line
    return f"{','.join(_pattern(each) for each in words[0].split(','))} {words[1]}"


def _pattern(text: str) -> str:
    if with_port := _WITH_PORT.fullmatch(text):
        sign, host, port = with_port.groups()
        return f"{sign}[{_name(host)}]:{port}"
    sign, host = ("!", text[1:]) if text.startswith("!") else ("", text)
    return sign + _name(host)


def _name(host: str) -> str:
    return canonical_address(host) or host.rstrip(".").lower() or host
