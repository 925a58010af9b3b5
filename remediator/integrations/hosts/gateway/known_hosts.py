"""Find a host's keys under whatever spelling known_hosts has them; used when a connection is opened.

OpenSSH compares names without regard to case; asyncssh does not. Names in the file are read in their one spelling.
A hashed entry is made of what was typed: there a host is also looked for as the inventory spells it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncssh

from remediator.core.spelling import canonical_address, canonical_host
from remediator.documents.regular_file import read_regular_text
from remediator.integrations.hosts.gateway.known_hosts_lines import KnownLine, read_known_lines

_WITH_PORT = re.compile(r"(!?)\[([^\]]+)\]:([0-9]{1,5})")
_KINDS = 3  # of keys: of hosts, of authorities, revoked
_Known = Callable[[str, str, int | None], tuple[Any, ...]]


def known_hosts_of(path: Path, *names: str) -> _Known:
    """Return what tells asyncssh the keys of a host that is called by any of these names; ValueError, OSError."""
    lines, _ = read_known_lines(read_regular_text(path, errors="replace"))
    known = asyncssh.import_known_hosts("\n".join(map(_in_one_spelling, lines)))
    hashed = asyncssh.import_known_hosts("\n".join(str(line) for line in lines if line.is_hashed))

    def keys(host: str, address: str, port: int | None) -> tuple[Any, ...]:
        found = [known.match(canonical_host(host), address, port)]
        found += [hashed.match(name, "", port) for name in dict.fromkeys((host, *names))]
        return tuple([key for each in found for key in each[part]] for part in range(_KINDS))

    return keys


def _in_one_spelling(line: KnownLine) -> str:
    """Return a line with its names in their one spelling; hashed ones stay as they are."""
    if line.is_hashed:
        return str(line)
    return str(replace(line, names=",".join(_pattern(each) for each in line.names.split(","))))


def _pattern(text: str) -> str:
    if with_port := _WITH_PORT.fullmatch(text):
        sign, host, port = with_port.groups()
        return f"{sign}[{_name(host)}]:{port}"
    sign, host = ("!", text[1:]) if text.startswith("!") else ("", text)
    return sign + _name(host)


def _name(host: str) -> str:
    return canonical_address(host) or host.rstrip(".").lower() or host
