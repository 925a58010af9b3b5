"""Whether there is anything to know hosts by; asked before every connection, and by `remediator check`.

There is no trust on first use: a missing or empty file is an error that says how to fill it.
"""

from __future__ import annotations

from pathlib import Path

from remediator.documents.regular_file import read_regular_text


def known_hosts_problem(known_hosts: Path) -> str | None:
    """Return why no host can be known by this file, with the command that fills it; None where one can."""
    cure = f"fill it with: ssh-keyscan -H HOST >> {known_hosts} (and compare the fingerprints)"
    try:
        text = read_regular_text(known_hosts, errors="replace")
    except FileNotFoundError:
        return f"the known_hosts file {known_hosts} does not exist; {cure}"
    except OSError as error:
        return f"the known_hosts file {known_hosts} cannot be read: {error.strerror}"
    if not any(_is_entry(line) for line in text.splitlines()):
        return f"the known_hosts file {known_hosts} has no entries; {cure}"
    return None


def _is_entry(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")
