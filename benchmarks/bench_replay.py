"""A month of 5,000 alerts, played to 50 playbooks. Goal: under 20 s."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

from measuring import finish, report

from remediator.config.catalog import find_catalog
from remediator.config.settings_reader import load_settings
from remediator.core.alert import Alert, AlertStatus
from remediator.core.playbook import Mode
from remediator.core.selection import Index
from remediator.documents.yaml_source import read_yaml
from remediator.engine.admission import Rules
from remediator.rehearsal.replay.replay import Cast, Word, play
from remediator.rehearsal.site import Site

ALERTS = 5000
PLAYBOOKS = 50
GOAL = 20.0
START = datetime(2026, 1, 1, tzinfo=UTC)
TEXT = """\
name: p{n}
runbook_url: https://example.com/{n}
match: ['alertname="A{n}"']
requires: [instance]
target: host/{{{{ labels.instance | host }}}}
mode: auto
diagnose: [disk.usage: {{path: /}}]
guards: {{require: [{{promql: up == 1}}]}}
steps:
  - journal.vacuum: {{keep_time: 2d}}
    irreversible: allow
verify: {{all: [{{alert: resolved}}]}}
"""


def words() -> list[Word]:
    """Alerts at random moments of a month, each of which resolves."""
    random, found = Random(1), list[Word]()
    for _ in range(ALERTS):
        at = START + timedelta(seconds=random.uniform(0, 30 * 86400))
        labels = {
            "alertname": f"A{random.randrange(PLAYBOOKS)}",
            "instance": f"web{random.randrange(200)}",
        }
        alert = Alert(
            fingerprint="-".join(labels.values()),
            status=AlertStatus.FIRING,
            labels=labels,
            annotations={},
            starts_at=at,
        )
        found.append(Word(at=at, alert=alert))
        ends = at + timedelta(minutes=random.choice((2, 30, 300)))
        found.append(Word(at=ends, alert=replace(alert, status=AlertStatus.RESOLVED)))
    return sorted(found, key=lambda word: word.at)


def main() -> None:
    """Print how long it takes."""
    catalog = find_catalog()
    site = Site.of(catalog, load_settings(None, catalog).settings)
    sources = [read_yaml(f"p{n}.yaml", TEXT.format(n=n).encode()) for n in range(PLAYBOOKS)]
    rules = Rules(
        index=Index(site.loader.read(sources).checked()),
        environments=(site.environment(None, Mode.AUTO),),
        render=site.orders.render_order,
        severity=site.orders.severity,
    )
    past, started = words(), time.process_time()
    ledger = asyncio.run(play(past, Cast(rules=rules, conditions=site.inline)))
    took = time.process_time() - started
    print(f"     {len(ledger.runs)} runs were begun")
    what = f"replay of {ALERTS} alerts to {PLAYBOOKS} playbooks, CPU"
    finish(report(what, took, "s", f"< {GOAL:.0f} s", is_met=took < GOAL))


if __name__ == "__main__":
    main()
