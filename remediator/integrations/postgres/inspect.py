"""`check --online`: whether each database answers, and lets us see and end sessions."""

from __future__ import annotations

from collections.abc import Sequence

from remediator.core.errors import ActionError
from remediator.core.target import Target
from remediator.integrations.postgres.api import POSTGRES, Known
from remediator.integrations.postgres.settings import POSTGRES_SECTION
from remediator.ports.inspection import Finding, Level
from remediator.ports.integration import Inspected

_PATCHED = {11: 22, 12: 17, 13: 13, 14: 10, 15: 5}
"""The first minor versions without CVE-2023-5870, before which pg_signal_backend reached background workers."""


async def inspect(subject: Inspected) -> Sequence[Finding]:
    """Ask every database of the settings."""
    found = []
    for database in subject.services.sections[POSTGRES_SECTION]:
        target = Target("postgres", database.name)
        try:
            known = await subject.reads[POSTGRES].known(target)
        except ActionError as error:
            found.append(Finding(level=Level.ERROR, where=str(target), text=error.detail))
            continue
        found.append(judged(target, known))
    return found


def judged(target: Target, known: Known) -> Finding:
    """Return what a server's word about itself and us means."""
    major, minor = divmod(known.version, 10000)
    where, version = str(target), f"{major}.{minor}"
    if known.is_superuser:
        text, hint = "we are a superuser there: too much", "use a role of its own"
        return Finding(level=Level.WARNING, where=where, text=text, hint=hint)
    missing = [
        name
        for name, has in (
            ("pg_read_all_stats", known.may_read),
            ("pg_signal_backend", known.may_signal),
        )
        if not has
    ]
    if missing:
        text = f"PostgreSQL {version} answers, but the role has not {' and '.join(missing)}"
        hint = f"GRANT {', '.join(missing)} TO the role of the settings"
        return Finding(level=Level.ERROR, where=where, text=text, hint=hint)
    if minor < _PATCHED.get(major, 0):
        text = f"PostgreSQL {version} lets pg_signal_backend end background workers"
        hint = f"upgrade to {major}.{_PATCHED[major]} (CVE-2023-5870)"
        return Finding(level=Level.WARNING, where=where, text=text, hint=hint)
    text = f"PostgreSQL {version} answers, and sessions can be seen and ended"
    return Finding(level=Level.OK, where=where, text=text)
