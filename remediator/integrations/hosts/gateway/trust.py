"""Whether there is anything to know hosts by; asked before every connection, and by `remediator check`.

There is no trust on first use: a missing or empty file is an error that says how to fill it.
"""

from __future__ import annotations

from pathlib import Path

from remediator.documents.regular_file import read_regular_text
from remediator.integrations.hosts.gateway.known_hosts_lines import read_known_lines


def known_hosts_problem(known_hosts: Path) -> str | None:
    """Return why no host can be known by this file, with the command that fills it; None where one can."""
    cure = f"fill it with: ssh-keyscan -H HOST >> {known_hosts} (and compare the fingerprints)"
    try:
        lines, odd = read_known_lines(read_regular_text(known_hosts, errors="replace"))
    except FileNotFoundError:
        return f"the known_hosts file {known_hosts} does not exist; {cure}"
    except OSError as error:
        return f"the known_hosts file {known_hosts} cannot be read: {error.strerror}"
    if not lines:
        where = f" (line {odd[0].number}: {odd[0].why})" if odd else ""
        return f"the known_hosts file {known_hosts} has no entries{where}; {cure}"
    return None


def odd_lines(known_hosts: Path) -> tuple[str, ...]:
    """Return the lines that are passed over, as `FILE:LINE: why`; none where the file cannot be read."""
    try:
        _, odd = read_known_lines(read_regular_text(known_hosts, errors="replace"))
    except OSError:
        return ()
    return tuple(f"{known_hosts}:{each.number}: {each.why}" for each in odd)
