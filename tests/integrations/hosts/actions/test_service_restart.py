"""service.restart on a fake host: versions by invocation, and what a broken receipt leaves to see."""

import pytest
from pydantic import ValidationError

from remediator.core.errors import Partial, Permanent, Stale, Transient, Uncertain
from remediator.core.events import Observation
from remediator.integrations.hosts.actions.service.restart import ACTIONS, RestartParameters
from remediator.integrations.hosts.fake.host import FakeHosts, FakeMachine
from remediator.integrations.hosts.fake.host_commands import said
from remediator.integrations.hosts.knowledge.unit import parse_properties
from remediator.integrations.shell.settings import Command
from remediator.testing.action_contract import ActionCase
from tests.integrations.hosts.fakes import fake_case, fake_machine

RESTART = ACTIONS[0]


@pytest.fixture
def machine() -> FakeMachine:
    return fake_machine()


@pytest.fixture
def hosts(machine: FakeMachine) -> FakeHosts:
    return FakeHosts({"web1": machine})


def case_of(hosts: FakeHosts, unit: str = "web.service") -> ActionCase:
    return fake_case(RESTART, hosts, parameters={"unit": unit}, state=lambda: None)


@pytest.mark.parametrize(
    "unit",
    ["", "web", "-web.service", "web.timer", "a b.service", "a;b.service", "../x.service", "a.service\n",
     "$(id).service", "x" * 300 + ".service", "--help", "a\x1b.service", "*.service"],
)  # fmt: skip
def test_what_is_no_full_name_of_a_service_is_refused(unit: str) -> None:
    with pytest.raises(ValidationError):
        RestartParameters.model_validate({"unit": unit})


@pytest.mark.parametrize("unit", ["nginx.service", "getty@tty1.service", "a-b_c.d.service"])
def test_names_of_services_are_taken(unit: str) -> None:
    assert RestartParameters.model_validate({"unit": unit}).unit == unit


def test_properties_are_read_line_by_line() -> None:
    said_by_systemd = "LoadState=loaded\nActiveState=active\nExecStart={ path=/bin/x }\nnoise\n"

    assert parse_properties(said_by_systemd) == {
        "LoadState": "loaded",
        "ActiveState": "active",
        "ExecStart": "{ path=/bin/x }",
    }


async def test_a_unit_that_is_not_there_is_never_restarted(hosts: FakeHosts) -> None:
    case = case_of(hosts, "nothing.service")

    with pytest.raises(Permanent, match="systemd says not-found"):
        await case.proposer().propose(case.request)


async def test_the_summary_of_the_result_names_both_states(hosts: FakeHosts) -> None:
    case = case_of(hosts)
    change = await case.change()
    measure = await case.applier().apply(change, case.ticket())

    assert change.summary == "restart web.service on host/web1 (now failed (dead))"
    assert measure.summary == "restarted web.service (failed (dead) -> active (dead))"
    assert change.reversible


async def test_a_unit_that_somebody_restarted_is_not_restarted_again(
    hosts: FakeHosts, machine: FakeMachine
) -> None:
    case = case_of(hosts)
    change = await case.change()
    machine.invocations["web.service"] = "another"

    with pytest.raises(Stale):
        await case.applier().apply(change, case.ticket())
    assert hosts.commands == []


async def test_a_restart_that_fails_says_what_became_of_the_unit(
    hosts: FakeHosts, machine: FakeMachine
) -> None:
    case = case_of(hosts)
    change, ticket = await case.change(), case.ticket()
    show = f"LoadState=loaded\nActiveState=failed\nSubState=failed\nInvocationID={change.before['invocation']}\n"
    machine.programs["systemctl"] = lambda words: (
        said(show) if words[1] == "show" else said(code=1, stderr="Job for web.service failed.\n")
    )

    with pytest.raises(Partial, match=r"Job for web.service failed.*now failed"):
        await case.applier().apply(change, ticket)
    assert (await case.proposer().observe(change, ticket)).observation is Observation.DIVERGED


@pytest.mark.parametrize(
    ("invocation", "seen"),
    [("another", Observation.APPLIED), (None, Observation.PENDING)],
)
async def test_where_the_receipt_is_broken_the_invocation_tells(
    hosts: FakeHosts, machine: FakeMachine, invocation: str | None, seen: Observation
) -> None:
    machine.units["web.service"] = "active"
    case = case_of(hosts)
    change, ticket = await case.change(), case.ticket()
    hosts.mishaps.append("running")
    with pytest.raises(Uncertain):
        await case.applier().apply(change, ticket)

    hosts.break_off(ticket.token)
    if invocation:
        machine.invocations["web.service"] = invocation

    assert (await case.proposer().observe(change, ticket)).observation is seen


TEST = {"web-test": Command(argv=("web", "-t"), tests="web.service")}


async def test_a_unit_whose_configuration_is_broken_is_not_restarted_and_runs_on(
    hosts: FakeHosts, machine: FakeMachine
) -> None:
    case = fake_case(RESTART, hosts, TEST, parameters={"unit": "web.service"}, state=lambda: None)
    machine.programs["web"] = lambda words: said()
    change = await case.change()
    machine.programs["web"] = lambda words: said(code=1, stderr="unknown directive\n")

    assert change.summary.endswith(", after `web -t` says yes")
    for attempt in (
        case.proposer().propose(case.request),
        case.applier().apply(change, case.ticket()),
    ):
        with pytest.raises(Permanent, match="would not start again: unknown directive"):
            await attempt
    assert hosts.commands == []


async def test_what_a_restart_cannot_know_stands_in_its_plan(hosts: FakeHosts) -> None:
    change = await case_of(hosts).change()

    assert "nobody here knows what that is" in change.undo_hint
    assert "whether its configuration lets it start again is not known" in change.undo_hint


async def test_a_failed_unit_is_reset_first_and_a_doubt_about_that_is_none_about_the_unit(
    hosts: FakeHosts,
) -> None:
    case = case_of(hosts)
    change = await case.change()
    hosts.mishaps.append("lost after")
    with pytest.raises(Transient, match="the unit was not touched"):
        await case.applier().apply(change, case.ticket())
    await case.applier().apply(change, case.ticket())

    assert [words[1] for _, words in hosts.commands][-2:] == ["reset-failed", "restart"]
