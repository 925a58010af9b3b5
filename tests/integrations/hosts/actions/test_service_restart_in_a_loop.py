"""service.restart and a unit that systemd starts again every second: the reason to act, on a real systemd."""

import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from remediator.core.change import Change, Nothing, still_holds
from remediator.core.errors import Stale
from remediator.integrations.hosts.actions.service.restart import ACTIONS
from remediator.testing.action_contract import ActionCase
from tests.bound import reads_of, writes_of
from tests.integrations.hosts.fakes import request
from tests.integrations.hosts.ssh_parts import settings_for, shell_for
from tests.parts.host import Host

pytestmark = pytest.mark.slow

UNIT = "loop.service"
WORDS = """\
[Unit]
StartLimitIntervalSec=0
[Service]
ExecStart=/bin/sh -c 'test -e /run/well && exec sleep infinity; sleep 0.5; exit 1'
Restart=always
RestartSec=500ms
"""
GIVEN_UP = "given-up.service"
LIMITED = """\
[Unit]
StartLimitIntervalSec=600
StartLimitBurst=2
[Service]
ExecStart=/bin/sh -c 'test -e /run/well && exec sleep infinity; exit 1'
Restart=always
RestartSec=100ms
"""


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with Host(units={UNIT: WORDS, GIVEN_UP: LIMITED}) as one:
        yield one


@pytest.fixture
async def case(host: Host, tmp_path: Path) -> AsyncIterator[ActionCase]:
    host.run(["rm", "-f", "/run/well"])
    host.systemd.systemctl("restart", UNIT)
    wait(lambda: restarts(host) >= 2)
    async with shell_for(settings_for(host.sshd, f"/run/receipts/{tmp_path.name}")) as shell:
        yield ActionCase(
            action=ACTIONS[0],
            request=request(ACTIONS[0], unit=UNIT),
            reads=reads_of(looker=shell),
            writes=writes_of(shell=shell),
            state=lambda: None,
        )


def show(host: Host, name: str, unit: str = UNIT) -> str:
    return host.systemd.systemctl("show", f"--property={name}", "--value", unit).strip()


def restarts(host: Host) -> int:
    return int(show(host, "NRestarts"))


def wait(done: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.1)


async def again(case: ActionCase, change: Change) -> Change | Nothing:
    """What is proposed right before it is applied."""
    return await case.proposer().propose(replace(case.request, planned=change))


async def test_six_restarts_between_plan_and_gate_leave_an_approved_plan_as_it_is(
    case: ActionCase, host: Host
) -> None:
    change = await case.change()
    begun = restarts(host)
    wait(lambda: restarts(host) >= begun + 6)

    assert still_holds(change, await again(case, change)) is None
    measure = await case.applier().apply(change, case.ticket())

    assert "restarted loop.service" in measure.summary
    assert f"restarted {change.before['restarts']} times by systemd" in change.summary


async def test_a_unit_that_somebody_restarted_by_hand_is_a_moved_world(
    case: ActionCase, host: Host
) -> None:
    change = await case.change()
    wait(
        lambda: (
            restarts(host) > int(change.before["restarts"]) and "running" in show(host, "SubState")
        )
    )
    host.systemd.systemctl("restart", UNIT)

    assert "started anew" in (still_holds(change, await again(case, change)) or "")
    with pytest.raises(Stale, match="started anew"):
        await case.applier().apply(change, case.ticket())


async def test_a_unit_that_has_come_back_by_itself_is_a_moved_world(
    case: ActionCase, host: Host
) -> None:
    change = await case.change()
    begun = restarts(host)
    wait(lambda: restarts(host) > begun + 1)
    host.run(["touch", "/run/well"])
    settled = restarts(host) + 2
    wait(lambda: "running" in show(host, "SubState") and restarts(host) <= settled)
    time.sleep(14)

    said = still_holds(change, await again(case, change))
    assert "come back by itself" in (said or "")
    with pytest.raises(Stale, match="come back by itself"):
        await case.applier().apply(change, case.ticket())


async def test_a_unit_whose_file_was_changed_is_a_moved_world(case: ActionCase, host: Host) -> None:
    change = await case.change()
    host.systemd.add_unit(UNIT, WORDS.replace("sleep 0.5", "sleep 0.4"))
    try:
        assert "unit file" in (still_holds(change, await again(case, change)) or "")
    finally:
        host.systemd.add_unit(UNIT, WORDS)


async def test_a_unit_that_systemd_has_given_up_is_started_all_the_same(
    case: ActionCase, host: Host
) -> None:
    host.exec(["systemctl", "start", GIVEN_UP])
    wait(lambda: show(host, "ActiveState", GIVEN_UP) == "failed")
    host.run(["touch", "/run/well"])
    by_hand = host.exec(["systemctl", "restart", GIVEN_UP])
    given_up = replace(case, request=request(ACTIONS[0], unit=GIVEN_UP))
    change = await given_up.change()
    await given_up.applier().apply(change, given_up.ticket())

    assert by_hand.returncode != 0
    assert show(host, "ActiveState", GIVEN_UP) == "active"
