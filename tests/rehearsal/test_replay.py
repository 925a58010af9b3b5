"""Replay equals life: what the daemon's own loops decide about a history, a replay of that history decides, too."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from remediator.config.case_shape import case_shapes
from remediator.config.catalog import find_catalog
from remediator.config.settings_reader import load_settings
from remediator.core.alert import Alert, AlertStatus
from remediator.core.playbook import Mode
from remediator.core.selection import Index
from remediator.documents.yaml_source import read_yaml
from remediator.engine.admission import Rules
from remediator.ports.store import Listing
from remediator.rehearsal.cast import SOURCE, Stage
from remediator.rehearsal.cast import Cast as LifeCast
from remediator.rehearsal.replay.assumed import Assumptions
from remediator.rehearsal.replay.ledger import Ledger
from remediator.rehearsal.replay.replay import Cast, Word, play
from remediator.rehearsal.site import Site
from remediator.rehearsal.virtual_time import run_virtually

# 1,000 take three minutes; they are lived before a release.
HISTORIES = int(os.environ.get("REMEDIATOR_HISTORIES", "60"))

CATALOG = find_catalog()
SITE = Site.of(CATALOG, load_settings(None, CATALOG).settings)
GIVEN = case_shapes(CATALOG).given.model_validate(
    {"promql": "holds", "alert": "holds", "now": "2026-01-14T12:00:00Z", "mode": "auto"}
)
START = datetime(2026, 1, 14, 12, tzinfo=UTC)
END = timedelta(days=4)
PLAYBOOK = """\
name: {name}
match: ['alertname="{alerts}"']
requires: [instance]
target: host/{{{{ labels.instance | host }}}}
mode: {mode}
guards: {guards}
steps:
  - journal.vacuum: {{keep_time: 2d}}
    irreversible: allow
{when}
verify: {{after: 30s, within: 5m, all: [{{promql: up == 1}}]}}
approval: {{expires: {expires}}}
"""
GUARDS = [
    "{}",
    "{cooldown: 1h}",
    "{cooldown: 0s, limits: [{max: 1, per: 6h, by: target}, {max: 3, per: 1d, by: playbook}]}",
    "{blast_radius: {max: 1, max_percent: 0, per: 2h}}",
    "{windows: {allow: [{from: '09:00', to: '17:00'}]}}",
    "{concurrency: {max: 1, on_busy: wait}, require: [{promql: up == 1}]}",
    "{breaker: {ineffective: 1, failures: 1, window: 1d, open_for: 4h}}",
    "{mass_failure: {max: 1, max_percent: 0, per: 30m}}",
]


def some_playbooks(random: Random) -> Index:
    """Some playbooks, each for one kind of alert: which of two comes first at one moment is nowhere said."""
    texts = [
        PLAYBOOK.format(
            name=f"p{number}",
            alerts="ABC"[number],
            mode=random.choice(("auto", "auto", "auto", "dry_run", "off", "approve")),
            guards=random.choice(GUARDS),
            when=random.choice(("", "", "    when: labels.instance != 'web1'")),
            expires=random.choice(("10m", "3h")),
        )
        for number in range(3)
    ]
    sources = [read_yaml(f"p{n}.yaml", text.encode()) for n, text in enumerate(texts)]
    return Index(SITE.loader.read(sources).checked())


def some_words(random: Random) -> list[Word]:
    """Alerts that come, are repeated, resolve and come back, at moments that are never the same."""
    words = []
    for number in range(random.choice((3, 10, 40))):
        labels = {"alertname": random.choice("ABCD"), "instance": f"web{random.randrange(4)}"}
        if random.random() < 0.1:
            del labels["instance"]
        at = START + timedelta(seconds=random.randrange(1, 3 * 86400), microseconds=1000 * number)
        status = AlertStatus.FIRING if random.random() < 0.65 else AlertStatus.RESOLVED
        alert = Alert(
            fingerprint="-".join(labels.values()),
            status=status,
            labels=labels,
            annotations={},
            starts_at=at,
        )
        words.append(Word(at=at, alert=alert, source=SOURCE))
        if random.random() < 0.5:  # soon again, or gone
            later = at + timedelta(seconds=random.choice((7, 45, 400, 5000)), milliseconds=500)
            status = random.choice((AlertStatus.FIRING, AlertStatus.RESOLVED))
            words.append(Word(at=later, alert=replace(alert, status=status), source=SOURCE))
    return sorted(words, key=lambda word: word.at)


def lived(index: Index, words: Sequence[Word]) -> list[str]:
    """What intake, workers and runners decide, over real tables, in virtual time."""

    async def live() -> list[str]:
        cast = LifeCast(Stage(SITE, index, GIVEN, hears=False))
        cast.begin()
        try:
            for word in words:
                left = (word.at - START).total_seconds() - asyncio.get_running_loop().time()
                await asyncio.sleep(max(left, 0))
                cast.post([word.alert])
            await asyncio.sleep(END.total_seconds() - asyncio.get_running_loop().time())
            assert cast.broken() == []
            page = cast.store.look(lambda reader: reader.decisions(Listing(limit=5000)))
            runs = cast.store.look(lambda reader: reader.runs(Listing(limit=5000)))
            return told(page.items, runs.items)
        finally:
            await cast.end()

    found: list[str] = run_virtually(live())
    return found


def replayed(index: Index, words: Sequence[Word], **assumed: Any) -> Ledger:
    rules = Rules(
        index=index,
        environments=(SITE.environment(None, Mode.AUTO),),
        render=SITE.orders.render_order,
        severity=SITE.orders.severity,
    )
    assumptions = Assumptions(**{"step_takes": timedelta(0), "people_say_yes": False, **assumed})
    cast = Cast(
        rules=rules,
        conditions=SITE.inline,
        protected=SITE.settings.out_of_reach,
        assumptions=assumptions,
        silence=timedelta(days=30),  # the life has no housekeeping
    )
    return asyncio.run(play(words, cast))


def told(decisions: Any, runs: Any) -> list[str]:
    """Every decision and every run's end, in words that do not name ids; moments to the second."""
    lines = [
        f"{d.at:%d %H:%M:%S} {d.fingerprint} {d.playbook}: {d.decision} {d.by} {d.reason}"
        for d in decisions
    ]
    for run in runs:
        why = run.judgement.strictest if run.judgement else None
        end = f"{run.closed_at:%d %H:%M:%S}" if run.closed_at else "never"
        lines.append(
            f"{run.created_at:%d %H:%M:%S} {run.order.alert.fingerprint} {run.order.playbook} "
            f"ended {end} {run.outcome} {why.guard if why else ''}"
        )
    return sorted(lines)


@pytest.mark.parametrize("seed", range(4))
def test_replay_equals_life(seed: int) -> None:
    agree(seed)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_replay_equals_life_again_and_again() -> None:
    for seed in range(HISTORIES):
        agree(seed)


def agree(seed: int) -> None:
    random = Random(seed)
    index, words = some_playbooks(random), some_words(random)

    ledger = replayed(index, words)

    assert told(ledger.decisions.values(), ledger) == lived(index, words), f"seed {seed}"


def test_what_nobody_speaks_of_for_a_day_has_ended() -> None:
    text = PLAYBOOK.format(
        name="p", alerts="A", mode="auto", guards="{cooldown: 0s}", when="", expires="10m"
    )
    index = Index(SITE.loader.read([read_yaml("p.yaml", text.encode())]).checked())
    alert = some_words(Random(1))[0].alert
    alert = replace(alert, labels={"alertname": "A", "instance": "web1"}, status=AlertStatus.FIRING)
    words = [Word(at=START + timedelta(days=day), alert=alert, source=SOURCE) for day in (0, 2)]
    rules = Rules(
        index=index,
        environments=(SITE.environment(None, Mode.AUTO),),
        render=SITE.orders.render_order,
    )

    ledger = asyncio.run(play(words, Cast(rules=rules, conditions=SITE.inline)))

    assert ledger.fired == 2
    assert len({run.episode for run in ledger}) == 2


def test_a_step_that_lasts_keeps_others_off_its_target() -> None:
    texts = [
        PLAYBOOK.format(
            name=f"p{name.lower()}",
            alerts=name,
            mode="auto",
            guards="{cooldown: 0s}",
            when="",
            expires="10m",
        )
        for name in "AB"
    ]
    index = Index(
        SITE.loader.read(
            [read_yaml(f"{n}.yaml", t.encode()) for n, t in enumerate(texts)]
        ).checked()
    )
    words = [
        Word(
            at=START + timedelta(seconds=seconds),
            alert=Alert(
                fingerprint=name,
                status=AlertStatus.FIRING,
                labels={"alertname": name, "instance": "web1"},
                annotations={},
                starts_at=START,
            ),
            source=SOURCE,
        )
        for name, seconds in (("A", 0), ("B", 30))
    ]

    ledger = replayed(index, words, step_takes=timedelta(minutes=4))

    first, second = ledger
    assert first.closed_at == START + timedelta(minutes=4, seconds=30)
    assert second.closed_at is not None
    assert second.closed_at > first.closed_at + timedelta(minutes=4)
    assert ledger.held_by_guards[second.id] == {"one_run_per_target"}


def test_a_target_rests_from_the_end_of_a_run() -> None:
    text = PLAYBOOK.format(
        name="p", alerts="A", mode="auto", guards="{cooldown: 1h}", when="", expires="10m"
    )
    index = Index(SITE.loader.read([read_yaml("p.yaml", text.encode())]).checked())
    labels = {"alertname": "A", "instance": "web1"}
    firing = Alert(
        fingerprint="a", status=AlertStatus.FIRING, labels=labels, annotations={}, starts_at=START
    )
    resolved = replace(firing, status=AlertStatus.RESOLVED)
    said = [(0, firing), (40, resolved), (50, firing)]
    words = [
        Word(at=START + timedelta(minutes=at), alert=alert, source=SOURCE) for at, alert in said
    ]

    ledger = replayed(index, words, step_takes=timedelta(minutes=30))

    first, second = ledger
    assert first.closed_at == START + timedelta(minutes=30, seconds=30)
    assert ledger.held_by_guards[second.id] == {"cooldown"}
    assert second.closed_at == first.closed_at + timedelta(hours=1, minutes=30, seconds=30)
