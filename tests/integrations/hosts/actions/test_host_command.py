"""host.command on a fake host: only what the settings allow, word by word, and checks as witnesses."""

from typing import Any

import pytest

from remediator.core.change import ActionEffect
from remediator.core.errors import Missing, Partial, Permanent, Transient, Uncertain
from remediator.core.events import Observation
from remediator.integrations.hosts.actions.host.command import ACTIONS
from remediator.integrations.hosts.fake.host import FakeHosts, FakeMachine
from remediator.integrations.hosts.fake.host_commands import said
from remediator.integrations.shell.allowed_command import checked_values, filled
from remediator.integrations.shell.api import Output
from remediator.integrations.shell.settings import Command, CommandCheck
from remediator.testing.action_contract import ActionCase
from tests.integrations.hosts.fakes import fake_case, fake_machine

COMMAND = ACTIONS[0]
PATTERN = {"unit": r"[a-z-]+\.service"}
AGENT = Command(
    argv=("agentctl", "restart", "{unit}"),
    parameters=PATTERN,
    check=CommandCheck(argv=("agent-is-up", "{unit}")),
)
UNIT = {"unit": "agent.service"}


@pytest.fixture
def machine() -> FakeMachine:
    return fake_machine()


@pytest.fixture
def hosts(machine: FakeMachine) -> FakeHosts:
    return FakeHosts({"web1": machine})


def case_of(hosts: FakeHosts, allowed: Command = AGENT, **parameters: Any) -> ActionCase:
    values = {"name": "restart-agent", "parameters": UNIT, **parameters}
    return fake_case(
        COMMAND, hosts, {"restart-agent": allowed}, parameters=values, state=lambda: None
    )


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"unit": "agent.service", "more": "x"},
        {"unit": "agent.service; reboot"},
        {"unit": "xagent.service\n"},
        {"unit": "-agent.service"},
        {"unit": ""},
        {"unit": "a" * 300 + ".service"},
        {"unit": "ä.service"},
        {"Unit": "agent.service"},
    ],
)
def test_values_that_do_not_match_whole_are_refused(values: dict[str, str]) -> None:
    with pytest.raises(Permanent):
        checked_values(PATTERN, values)


@pytest.mark.parametrize("value", ["-x", "a\nb", "a\0", "\x1b[31m", "\u202ex", "x" * 257])
def test_even_a_careless_pattern_lets_no_option_and_no_control_character_through(
    value: str,
) -> None:
    with pytest.raises(Permanent):
        checked_values({"any": "(?s).*"}, {"any": value})


@pytest.mark.parametrize(
    ("words", "values", "expected"),
    [
        (["a", "{x}"], {"x": "1"}, ["a", "1"]),
        (["--unit={x}.service"], {"x": "b c"}, ["--unit=b c.service"]),
        (["{x}{y}"], {"x": "{y}", "y": "2"}, ["{y}2"]),
        (["awk", "{print $1}"], {}, ["awk", "{print $1}"]),
        (["{}", "{1}"], {}, ["{}", "{1}"]),
    ],
)
def test_a_value_stays_within_its_word(
    words: list[str], values: dict[str, str], expected: list[str]
) -> None:
    assert filled(words, values) == expected


def test_a_placeholder_without_a_parameter_is_a_mistake_in_the_settings() -> None:
    with pytest.raises(Permanent, match="'y'"):
        filled(["{y}"], {"x": "1"})


async def test_a_command_that_is_not_allowed_by_name_does_not_exist(hosts: FakeHosts) -> None:
    case = case_of(hosts, name="rm")

    with pytest.raises(Permanent, match="allow no command 'rm'"):
        await case.proposer().propose(case.request)


async def test_the_plan_shows_the_filled_words(hosts: FakeHosts) -> None:
    change = await case_of(hosts).change()

    assert change.intent["argv"] == ["agentctl", "restart", "agent.service"]
    assert change.intent["check"] == ["agent-is-up", "agent.service"]
    assert change.summary == "run restart-agent on host/web1: agentctl restart agent.service"
    assert change.before == {"check": False}


@pytest.mark.parametrize("reversible", [True, False])
async def test_the_operator_says_whether_anything_is_lost(
    hosts: FakeHosts, reversible: bool
) -> None:
    change = await case_of(
        hosts, Command(argv=("agentctl",), reversible=reversible), parameters={}
    ).change()

    assert (change.effect is ActionEffect.REVERSIBLE) is reversible


async def test_a_command_whose_check_does_not_hold_afterwards_has_failed(
    hosts: FakeHosts, machine: FakeMachine
) -> None:
    machine.programs["agent-is-up"] = lambda words: said(code=3)
    case = case_of(hosts)
    change, ticket = await case.change(), case.ticket()

    with pytest.raises(Partial, match="its check does not hold"):
        await case.applier().apply(change, ticket)
    assert (await case.proposer().observe(change, ticket)).observation is Observation.DIVERGED


@pytest.mark.parametrize(
    ("held_before", "holds_now", "seen"),
    [
        (False, True, Observation.APPLIED),
        (True, True, Observation.UNKNOWABLE),
        (False, False, Observation.UNKNOWABLE),
    ],
)
async def test_where_the_receipt_is_broken_only_a_check_that_turned_tells(
    hosts: FakeHosts,
    machine: FakeMachine,
    held_before: bool,
    holds_now: bool,
    seen: Observation,
) -> None:
    answers = iter([held_before, holds_now])
    machine.programs["agent-is-up"] = lambda words: said(code=0 if next(answers) else 1)
    case = case_of(hosts)
    change, ticket = await case.change(), case.ticket()
    hosts.mishaps.append("running")
    with pytest.raises(Uncertain):
        await case.applier().apply(change, ticket)

    hosts.break_off(ticket.token)

    assert (await case.proposer().observe(change, ticket)).observation is seen


async def test_a_check_that_sudo_refuses_is_no_answer(
    hosts: FakeHosts, machine: FakeMachine
) -> None:
    refusal = "sudo: a password is required\n"
    machine.programs["agent-is-up"] = lambda words: said(code=1, stderr=refusal)
    case = case_of(hosts)

    with pytest.raises(Permanent, match="check cannot be run: sudo"):
        await case.proposer().propose(case.request)


async def test_what_a_command_says_last_is_told_without_tricks(
    hosts: FakeHosts, machine: FakeMachine
) -> None:
    machine.programs["agentctl"] = lambda words: said("one\n\x1b[31m<!channel> \u202edone\n")
    case = case_of(hosts, Command(argv=("agentctl",)), parameters={})
    measure = await case.applier().apply(await case.change(), case.ticket())

    assert measure.summary == "ran restart-agent: <!channel> done"


async def test_a_command_that_is_not_installed_leaves_the_step_out(
    hosts: FakeHosts, machine: FakeMachine
) -> None:
    del machine.programs["agentctl"]
    case = case_of(hosts)

    with pytest.raises(Missing, match="agentctl is not installed there"):
        await case.proposer().propose(case.request)


async def test_a_check_that_is_not_installed_is_no_answer(
    hosts: FakeHosts, machine: FakeMachine
) -> None:
    del machine.programs["agent-is-up"]
    case = case_of(hosts)

    with pytest.raises(Missing, match="the check cannot be run"):
        await case.proposer().propose(case.request)


@pytest.mark.parametrize(
    ("argv", "answer", "error"),
    [
        (("agentctl",), said(code=75), Transient),
        (
            ("apt-get", "clean"),
            said(code=100, stderr="E: Could not get lock /var/lib/x"),
            Transient,
        ),
        (("agentctl",), said(code=100, stderr="E: Could not get lock /var/lib/x"), Partial),
        (("agentctl",), said(code=1, stderr="sudo: a password is required"), Permanent),
        (("agentctl",), said(code=1, stderr="boom"), Partial),
    ],
)
async def test_a_command_that_did_not_begin_is_told_from_one_that_failed(
    hosts: FakeHosts,
    machine: FakeMachine,
    argv: tuple[str, ...],
    answer: Output,
    error: type[Exception],
) -> None:
    machine.programs[argv[0]] = lambda words: answer
    case = case_of(hosts, Command(argv=argv), parameters={})
    change, ticket = await case.change(), case.ticket()

    with pytest.raises(error) as found:
        await case.applier().apply(change, ticket)
    sight = await case.proposer().observe(change, ticket)

    assert type(found.value) is error
    failed = error is Partial
    assert sight.observation is (Observation.DIVERGED if failed else Observation.NOT_APPLIED)
