"""What tells a unit in a restart loop from one that somebody started, or that is well again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from remediator.integrations.hosts.knowledge.unit import Unit, is_of_the_loop, why_moved

LOOPS = Unit(
    loaded="loaded",
    active="activating",
    sub="auto-restart",
    invocation="a1",
    boot="machine/boot",
    restarts=40,
    active_since=997.0,
    looked_at=1000.0,
    file="f1",
)
LATER = replace(LOOPS, invocation="b2", restarts=50, active_since=1028.0, looked_at=1030.0)
RUNS = replace(LATER, active="active", sub="running")


@pytest.mark.parametrize(
    ("story", "now"),
    [
        ("nothing happened", LOOPS),
        ("it crashed and waits for its next start", LATER),
        ("it crashed and is in the middle of a short life", RUNS),
        ("it gave up", replace(LATER, active="failed", sub="failed")),
        ("systemd is asked by somebody who may not read unit files", replace(LATER, file="")),
        ("a slow loop lives for a minute", replace(RUNS, restarts=41, active_since=1060.0, looked_at=1119.0)),
    ],
)  # fmt: skip
def test_a_unit_in_a_restart_loop_is_the_reason_to_act_and_no_moved_world(
    story: str, now: Unit
) -> None:
    assert why_moved(LOOPS.version, LOOPS.as_facts(), now) is None


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (replace(LATER, restarts=0), "started anew"),
        (replace(LATER, restarts=40), "started anew"),
        (replace(LATER, restarts=None), "started anew"),
        (replace(LATER, boot="machine/other"), "booted"),
        (replace(LATER, file="f2"), "unit file was changed"),
        (replace(LOOPS, file="f2"), "unit file was changed"),
        (replace(RUNS, looked_at=1060.0), "come back by itself and runs since 32 s"),
        (replace(RUNS, looked_at=None), "started anew since and runs"),
        (replace(RUNS, active_since=None), "started anew since and runs"),
    ],
)
def test_somebodys_start_another_unit_file_a_boot_and_a_recovery_are_a_moved_world(
    now: Unit, why: str
) -> None:
    assert why in (why_moved(LOOPS.version, LOOPS.as_facts(), now) or "")


def test_a_plan_of_an_older_version_or_an_older_systemd_knows_invocations_only() -> None:
    before = {"state": "active (running)", "invocation": "a1"}

    assert why_moved(LOOPS.version, before, LOOPS) is None
    assert why_moved(LOOPS.version, before, LATER) == "the unit was started anew since"


def test_a_new_invocation_of_the_loop_proves_nobodys_restart() -> None:
    facts = LOOPS.as_facts()

    assert is_of_the_loop(facts, LATER)
    assert not is_of_the_loop(facts, replace(LATER, restarts=0))
    assert not is_of_the_loop({}, LATER)
