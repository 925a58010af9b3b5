"""All guards together: found by themselves, asked all, the strictest wins."""

from __future__ import annotations

from dataclasses import replace

import pytest

from remediator.core.facts import Facts, Pause
from remediator.core.guards import GUARDS, judge, questions_for, settings_of, tallies_for
from remediator.core.guards.cooldown import CooldownSettings
from remediator.core.guards.forbid import ForbidSettings
from remediator.core.guards.guard import Guard, later
from remediator.core.guards.require import RequireSettings
from remediator.core.playbook import Mode
from remediator.core.verdict import Ruling
from remediator.testing.builders import MOMENT, an_order
from tests.core.guards.cases import CHECK, FAILS, HOST, a_subject, tallied

NAMES = {
    "alert_firing",
    "approval",
    "blast_radius",
    "breaker",
    "concurrency",
    "cooldown",
    "failure_domain",
    "forbid",
    "limits",
    "mass_failure",
    "one_run_per_target",
    "pause",
    "protected",
    "require",
    "risk",
    "silenced",
    "storm",
    "total_blast_radius",
    "windows",
}


def quiet() -> Facts:
    """A quiet world: everything was counted, and there was nothing."""
    tallies = {tally: tallied(0) for tally in tallies_for(an_order())}
    return Facts(now=MOMENT, tallies=tallies, alert_firing=True)


def test_every_file_of_the_folder_is_found_once() -> None:
    assert sorted(guard.name for guard in GUARDS) == sorted(NAMES)


def test_where_nothing_is_known_the_answer_is_no() -> None:
    assert judge(a_subject(), Facts(now=MOMENT)).ruling is Ruling.DENY


def test_in_a_quiet_world_only_the_risk_of_the_plan_asks() -> None:
    judgement = judge(a_subject(), quiet())
    assert [(v.guard, v.ruling) for v in judgement.verdicts] == [("risk", Ruling.ASK)]


def test_the_strictest_of_several_wins() -> None:
    pause = Pause(id="p", scope="all", who="ana", reason="", since=MOMENT, until=None)
    order = an_order(mode=Mode.APPROVE)
    world = replace(quiet(), holders={HOST: "run_2"})
    assert judge(a_subject(order=order), world).ruling is Ruling.DEFER
    assert judge(a_subject(order=order), replace(world, pauses=(pause,))).ruling is Ruling.DENY


def test_settings_of_the_order_count_before_defaults() -> None:
    guard = next(guard for guard in GUARDS if guard.name == "cooldown")
    own = CooldownSettings(rest=MOMENT - MOMENT)
    assert settings_of(an_order(guards={"cooldown": own}), guard) == own
    assert settings_of(an_order(), guard) == CooldownSettings()


def test_a_check_that_two_guards_need_is_made_once() -> None:
    order = an_order(
        guards={
            "require": RequireSettings(checks=(CHECK,)),
            "forbid": ForbidSettings(checks=(CHECK,)),
        }
    )
    assert questions_for(order) == (CHECK,)


def test_what_two_guards_count_is_counted_once() -> None:
    tallies = tallies_for(an_order())
    assert len(tallies) == len(set(tallies))


def test_a_denial_says_who_denied() -> None:
    order = an_order(guards={"require": RequireSettings(checks=(CHECK,))})
    world = replace(quiet(), answers={CHECK.key: FAILS})
    strictest = judge(a_subject(order=order), world).strictest
    assert strictest is not None
    assert strictest.guard == "require"


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.name)
def test_a_floor_equal_to_the_settings_changes_nothing(guard: Guard) -> None:
    settings = guard.settings()
    assert guard.stricter(settings, settings) == settings


def test_later_is_the_latest_moment_ahead() -> None:
    hour = MOMENT.replace(hour=10), MOMENT.replace(hour=11)
    assert later(MOMENT, None, *hour) == hour[1]
    assert later(MOMENT, MOMENT, None) is None
