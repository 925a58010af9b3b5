"""Properties of the core, over values that hypothesis makes up (always the same ones)."""

from __future__ import annotations

import string
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from cronsim import CronSim, CronSimError
from hypothesis import given, settings
from hypothesis import strategies as st

from remediator.core import events as ev
from remediator.core.canonical import canonical_json
from remediator.core.change import ActionEffect, make_plan
from remediator.core.cron import parse_cron
from remediator.core.duration import format_duration, parse_duration, parse_size
from remediator.core.errors import IllegalEvent, InvalidTarget
from remediator.core.events import EVENTS
from remediator.core.evolution import evolve, replay
from remediator.core.guards import GUARDS, judge
from remediator.core.guards.windows import Window
from remediator.core.matcher import Matcher, MatchOp, parse_matcher
from remediator.core.run import Phase
from remediator.core.target import Target, parse_target
from remediator.core.verdict import Judgement, Ruling, Verdict
from remediator.ports.codec import decode_event, decode_run, encode_event, encode_run
from remediator.testing.builders import MOMENT, a_change, an_order
from tests.core.evolution.test_transitions import EXAMPLES
from tests.core.guards.cases import CHECK, a_subject, facts
from tests.core.lifecycle.runs import acting
from tests.simulation.life import Life
from tests.simulation.scene import Rules

quickly = settings(derandomize=True, deadline=None, max_examples=60, database=None)

RULINGS = st.sampled_from(Ruling)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
NAMES = st.text(string.ascii_letters + string.digits, min_size=1, max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)
INTENTS = st.dictionaries(NAMES, VALUES, max_size=4)
CHANGES = st.builds(
    a_change,
    step=NAMES,
    action=NAMES,
    target=st.builds(Target, NAMES, NAMES),
    intent=INTENTS,
    version=TEXT,
    effect=st.sampled_from(ActionEffect),
    bound=st.none() | st.integers(0, 2**40),
)
SIGNED = ("step", "action", "target", "intent", "version", "effect", "bound")


# verdicts


@quickly
@given(st.lists(RULINGS, max_size=8))
def test_the_strictest_wins_whatever_the_order(rulings: list[Ruling]) -> None:
    verdicts = tuple(Verdict(guard="g", ruling=ruling, reason="") for ruling in rulings)
    judgement = Judgement(verdicts=verdicts)
    assert judgement.ruling == max(rulings, default=Ruling.ALLOW)
    assert judgement.ruling == Judgement(verdicts=verdicts[::-1]).ruling


@quickly
@given(st.sets(st.sampled_from([guard.name for guard in GUARDS])))
def test_another_guard_never_makes_a_judgement_milder(names: set[str]) -> None:
    subject, known = a_subject(), facts()
    some = [g.judge(g.settings(), subject, known) for g in GUARDS if g.name in names]
    part = Judgement(verdicts=tuple(verdict for verdict in some if verdict))
    assert judge(subject, known).ruling >= part.ruling


# digests


@quickly
@given(CHANGES, CHANGES)
def test_two_changes_have_one_digest_only_where_all_that_is_signed_is_the_same(
    one: Any, other: Any
) -> None:
    same = canonical_json(one.signed()) == canonical_json(other.signed())
    assert (make_plan("d", (one,)).digest == make_plan("d", (other,)).digest) is same


@quickly
@given(CHANGES, CHANGES, st.sampled_from(SIGNED))
def test_anything_signed_moves_the_digest(one: Any, other: Any, name: str) -> None:
    moved = replace(one, **{name: getattr(other, name)})
    same = canonical_json(one.signed()[name]) == canonical_json(moved.signed()[name])
    assert (make_plan("d", (one,)).digest == make_plan("d", (moved,)).digest) is same


@quickly
@given(CHANGES, INTENTS, TEXT)
def test_nothing_else_moves_the_digest(change: Any, shown: dict[str, Any], text: str) -> None:
    said = replace(
        change, summary=text, before=shown, after=shown, undo_hint=text, unit=text, estimate=7
    )
    assert make_plan("d", (change,)).digest == make_plan("d", (said,)).digest


@quickly
@given(CHANGES)
def test_a_digest_survives_the_journal(change: Any) -> None:
    event = ev.Proposed(step=change.step, change=change)
    stored = decode_event(encode_event(event))
    assert isinstance(stored, ev.Proposed)
    assert make_plan("d", (stored.change,)).digest == make_plan("d", (change,)).digest


# texts


@quickly
@given(TEXT.filter(bool), st.sampled_from(MatchOp), TEXT)
def test_a_matcher_that_is_written_down_is_read_as_it_was(
    label: str, op: MatchOp, value: str
) -> None:
    literal = value if op in (MatchOp.EQUAL, MatchOp.NOT_EQUAL) else value.replace("\\", "")
    matcher = Matcher(label, op, literal)
    try:
        found = parse_matcher(str(matcher))
    except ValueError as error:
        assert "is not a regular expression" in str(error)
        return
    assert found == matcher


@quickly
@given(TEXT)
def test_a_value_is_unquoted_as_alertmanager_does_it(value: str) -> None:
    expected = unquoted(value)
    try:
        found: str | None = parse_matcher(f'a="{value}"').value
    except ValueError:
        found = None
    assert found == expected


def unquoted(body: str) -> str | None:
    """The rules of pkg/labels/parse.go in the order of its documentation, one character after the other."""
    said, rest = "", list(body)
    while rest:
        char = rest.pop(0)
        if char == '"' or (char == "\\" and not rest):
            return None
        if char == "\\":
            following = rest.pop(0)
            char = {"n": "\n", '"': '"', "\\": "\\"}.get(following, "\\" + following)
        said += char
    return said


@quickly
@given(st.integers(0, 9 * 365 * 86_400))
def test_whole_seconds_survive_being_written(seconds: int) -> None:
    length = timedelta(seconds=seconds)
    assert parse_duration(format_duration(length)) == length


@quickly
@given(TEXT)
def test_no_text_breaks_a_parser(text: str) -> None:
    for parse in (parse_duration, parse_size, parse_cron, parse_matcher):
        try:
            parse(text)
        except ValueError:
            continue


@quickly
@given(st.integers(0, 2**63 - 1))
def test_bytes_are_read_exactly(size: int) -> None:
    assert parse_size(str(size)) == size


@quickly
@given(TEXT, NAMES)
def test_a_target_is_refused_or_is_one_spelling_of_what_was_written(text: str, name: str) -> None:
    for written in (text, f"host/{text}", f"host/{name}{text}", f"pod/{name}/{text}"):
        try:
            target = parse_target(written)
        except InvalidTarget:
            continue
        assert parse_target(str(target)) == target
        assert target.kind == "host" or str(target) == written
        assert set(written) <= set(string.ascii_letters + string.digits + "._:@/[]-")
        assert not any(part.startswith(("-", ".")) for part in written.split("/"))


# time


FIELDS = (
    ["*", "*/7", "5", "0,30", "10-20/5", "50/4"],
    ["*", "*/5", "3", "9-17", "22,23"],
    ["*", "*", "*/2", "13", "1-7", "28,31"],
    ["*", "*", "*/3", "2", "6-8"],
    ["*", "*", "0", "7", "1-5", "6,7", "*/2"],
)
EXPRESSIONS = st.tuples(*(st.sampled_from(values) for values in FIELDS)).map(" ".join)
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2028, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


@quickly
@given(EXPRESSIONS, MOMENTS)
def test_the_next_match_is_the_one_that_cronsim_finds(text: str, moment: datetime) -> None:
    cron = parse_cron(text)
    try:
        following = next(CronSim(text, moment))
    except (CronSimError, StopIteration):
        return
    assert cron.matches(following)
    between = (following - moment) / timedelta(minutes=1)
    dice = Random(text)
    for _ in range(20):
        step = dice.randrange(max(int(between), 1))
        probe = moment.replace(second=0, microsecond=0) + timedelta(minutes=step)
        assert not (moment < probe < following and cron.matches(probe))


@quickly
@given(EXPRESSIONS, MOMENTS)
def test_latest_is_what_looking_at_every_minute_finds(text: str, moment: datetime) -> None:
    cron = parse_cron(text)
    minute = moment.replace(second=0, microsecond=0)
    midnight = minute.replace(hour=0, minute=0) - timedelta(days=1)
    back = (minute - timedelta(minutes=n) for n in range(2 * 1440))
    found = next((m for m in back if m >= midnight and cron.matches(m)), None)
    assert cron.latest(moment) == found


CLOCKS = st.integers(0, 1439).map(lambda minute: f"{minute // 60:02}:{minute % 60:02}")
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu"])


@quickly
@given(CLOCKS, CLOCKS, ZONES, MOMENTS)
def test_a_window_and_the_hours_outside_it_are_the_whole_day(
    start: str, end: str, zone: str, moment: datetime
) -> None:
    inside = Window(from_=start, to=end, zone=zone)
    outside = Window(from_=end, to=start, zone=zone)
    if start == end:
        assert not inside.contains(moment)
        return
    assert inside.contains(moment) is not outside.contains(moment)


@quickly
@given(CLOCKS, CLOCKS, MOMENTS)
def test_hours_and_a_cron_expression_for_the_same_hours_agree(
    start: str, end: str, moment: datetime
) -> None:
    hour, minute = (int(part) for part in start.split(":"))
    length = timedelta(hours=int(end[:2]), minutes=int(end[3:])) - timedelta(
        hours=hour, minutes=minute
    )
    length %= timedelta(days=1)
    if not length:
        return
    hours = Window(from_=start, to=end)
    assert hours.contains(moment) is Window(
        cron=f"{minute} {hour} * * *", duration=length
    ).contains(moment)


# events, runs and their journal


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.__name__)
def test_every_event_survives_the_journal(kind: type) -> None:
    event = EXAMPLES[kind]
    assert decode_event(encode_event(event)) == event


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.name)
def test_the_settings_of_every_guard_come_back_with_their_types(guard: Any) -> None:
    run = acting(order=an_order(guards={guard.name: guard.settings()}))
    stored = decode_run(encode_run(run))
    assert stored == run
    assert type(stored.order.guards[guard.name]) is guard.settings


def test_settings_with_checks_and_windows_come_back_with_their_types() -> None:
    kinds = {guard.name: guard.settings for guard in GUARDS}
    night = Window(from_="22:00", to="06:00", zone="Europe/Berlin")
    guards = {
        "require": kinds["require"](checks=(CHECK,)),
        "blast_radius": kinds["blast_radius"](of=CHECK),
        "windows": kinds["windows"](allow=(night,), also=((night,),)),
    }
    run = acting(order=an_order(guards=guards))
    assert decode_run(encode_run(run)) == run


@quickly
@given(st.sampled_from(EVENTS))
def test_a_closed_run_takes_no_event(kind: type) -> None:
    with pytest.raises(IllegalEvent):
        evolve(acting(phase=Phase.CLOSED), EXAMPLES[kind], MOMENT)


@pytest.mark.parametrize("seed", range(12))
def test_runs_that_have_lived_survive_being_stored_and_told_again(seed: int) -> None:
    life = Life(seed, Rules())
    life.live()
    for run_id, dossier in life.site.law.dossiers.items():
        run = life.site.recorder.rows[run_id].run
        assert decode_run(encode_run(run)) == run
        journal = tuple((at, decode_event(encode_event(event))) for at, event in dossier.journal)
        assert replay(run_id, journal) == replace(run, fence=0)
