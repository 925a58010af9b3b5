"""Print docs/alerts.md from the playbooks that ship and docs/alerts/: `python docs/print_alerts.py > docs/alerts.md`.

tests/docs/test_alerts.py fails where they differ, and where an alert has neither a playbook nor a reason.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from remediator.config.catalog import find_catalog
from remediator.config.playbooks import PlaybookLoader
from remediator.core.playbook import Playbook
from remediator.documents.yaml_source import read_yaml_file

DOCS = Path(__file__).parent
HEAD = """\
# Published alerts, and what answers them

<!-- Printed by `python docs/print_alerts.py > docs/alerts.md`. -->

Every alert of kubernetes-mixin, node-mixin, alertmanager-mixin, prometheus-mixin, kube-prometheus' general rules and
awesome-prometheus-alerts: which of the [playbooks that ship](../playbooks/) answers, or why none does. `DiskSpaceLow`,
`ServiceDown`, `HighErrorRate`, `HighLatency`, `ConnectionPoolExhausted` and the other names in their matchers are for
rules of your own. What a playbook is: [playbooks.md](playbooks.md). `remediator why` says it of an alert that came in.

## Answered

*Asks for* are the other matchers of the playbook, which are yours to change; *needs* are the labels without which it is
skipped and people are told. With several clusters, write `@{{ labels.cluster }}` behind the target. A file system that
is only predicted to fill up (`HostDiskMayFillIn24Hours`) is left alone while the host says that more than 40 % is free.
"""
NONE = """\
## Not answered

Nothing is done, `remediator why` says so, and `remediator_alerts_unanswered_total` counts them. A playbook of your own
may answer any of them.
"""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why no playbook answers the alerts that one of these patterns fits."""

    because: str
    alerts: tuple[re.Pattern[str], ...]

    def fits(self, alert: str) -> bool:
        """Say whether this is the reason for an alert of this name, if none before is."""
        return any(pattern.fullmatch(alert) for pattern in self.alerts)


def page() -> str:
    """Return the whole page."""
    return "\n".join([HEAD, *_answered(), "", NONE, *_unanswered()])


def published() -> dict[str, list[str]]:
    """Return the names of every set, in the order of the file."""
    found: dict[str, list[str]] = {}
    for line in (DOCS / "alerts/names.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            rules, _, alert = line.partition(" ")
            found.setdefault(rules, []).append(alert)
    return found


@cache
def playbooks() -> tuple[Playbook, ...]:
    """Return the playbooks that ship, by name."""
    files = sorted((DOCS.parent / "playbooks").glob("*.yaml"))
    return tuple(PlaybookLoader(find_catalog()).read([read_yaml_file(each) for each in files]).book)


def labels() -> dict[str, list[dict[str, str]]]:
    """Return for some alerts which labels they carry, as many times as there are kinds of it."""
    found: dict[str, list[dict[str, str]]] = {}
    for case in yaml.safe_load((DOCS / "alerts/labels.yaml").read_text()):
        known: dict[str, Any] = {"alertname": case["alertname"], **case["labels"]}
        found.setdefault(case["alertname"], []).append(known)
    return found


@cache
def reasons() -> tuple[Reason, ...]:
    """Return all reasons, in their order."""
    read = yaml.safe_load((DOCS / "alerts/reasons.yaml").read_text())
    return tuple(Reason(r["because"], tuple(map(re.compile, r["alerts"]))) for r in read)


def unanswered() -> dict[str, list[str]]:
    """Return the alerts of every set whose name no playbook asks for."""
    books = playbooks()
    return {
        rules: [alert for alert in alerts if not any(book.names(alert) for book in books)]
        for rules, alerts in published().items()
    }


def reason_for(alert: str) -> Reason | None:
    """Return the first reason that fits."""
    return next((reason for reason in reasons() if reason.fits(alert)), None)


def _answered() -> Iterator[str]:
    yield "| alert | of | playbook | asks for | needs |"
    yield "| --- | --- | --- | --- | --- |"
    books, carried = playbooks(), labels()
    for rules, alerts in published().items():
        for alert in alerts:
            for book in (each for each in books if each.names(alert)):
                needs = _needs(book, carried.get(alert, []))
                link = f"[{book.name}](../playbooks/{book.name}.yaml)"
                yield f"| `{alert}` | {rules} | {link} | {_asks(book)} | {needs} |"


def _asks(book: Playbook) -> str:
    others = [str(m) for m in book.match[0] if m.label != "alertname"]
    return ", ".join(f"`{each}`" for each in others).replace("|", "\\|")


def _needs(book: Playbook, carried: list[dict[str, str]]) -> str:
    """Return the labels that a playbook needs, and which of them the published rule does not send."""
    missing = sorted({need for labels in carried for need in book.requires if need not in labels})
    needs = ", ".join(f"`{each}`" for each in book.requires)
    if not missing:
        return needs
    return f"{needs}; the rule does not send {', '.join(f'`{each}`' for each in missing)}"


def _unanswered() -> Iterator[str]:
    found = {
        rules: [(alert, reason_for(alert)) for alert in alerts]
        for rules, alerts in unanswered().items()
    }
    for reason in reasons():
        yield f"**{reason.because}**\n"
        for rules, alerts in found.items():
            names = [f"`{alert}`" for alert, because in alerts if because is reason]
            if names:
                yield f"* {rules}: {', '.join(names)}"
        yield ""


if __name__ == "__main__":
    sys.stdout.write(page())
