"""`check --online`: every server that the settings name is asked, and each answer is one line."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import Result

from remediator.integrations.alertmanager.fake import FakeAlertmanager
from remediator.integrations.prometheus.fake import FakePrometheus
from remediator.integrations.slack.fake import FakeSlack
from tests.cli.command import offline

pytestmark = pytest.mark.slow  # many real stores and sockets: more than a minute has room for

NOBODY = "http://127.0.0.1:1"


@dataclass(frozen=True, slots=True)
class World:
    """A Prometheus and an Alertmanager, and the settings that lead there."""

    file: Path
    prometheus: FakePrometheus
    alertmanager: FakeAlertmanager

    def write(self, more: str = "", *, peers: str = "") -> None:
        """Write the settings; `peers` are further Alertmanagers."""
        self.file.write_text(
            f"prometheus: {{url: '{self.prometheus.url}'}}\n"
            f"alertmanager: {{urls: ['{self.alertmanager.url}'{peers}]}}\n{more}"
        )

    async def check(self, *words: str) -> Result:
        """Run the command beside the servers."""
        return await asyncio.to_thread(
            offline, "check", "--config.file", str(self.file), "--online", *words
        )


@pytest.fixture(name="world")
async def _world(tmp_path: Path) -> AsyncIterator[World]:
    async with FakePrometheus() as prometheus, FakeAlertmanager() as alertmanager:
        prometheus.tell("count(up)", 41.0)
        world = World(tmp_path / "settings.yaml", prometheus, alertmanager)
        world.write()
        yield world


async def test_servers_that_answer_are_fine(world: World) -> None:
    result = await world.check()

    lines = result.stdout.splitlines()
    assert result.exit_code == 0
    assert lines[0] == "no errors, no warnings"
    assert lines[1].startswith(f"alertmanager {world.alertmanager.url}: ok: answers, since 20")
    assert lines[2] == f"prometheus {world.prometheus.url}: ok: answers, with 41 targets"
    assert lines[3:] == ["online: no errors, no warnings"]


async def test_one_peer_that_is_away_is_not_hidden_by_one_that_answers(world: World) -> None:
    world.write(peers=f", '{NOBODY}'")

    result = await world.check()

    assert result.exit_code == 1
    assert f"alertmanager {world.alertmanager.url}: ok: " in result.stdout
    assert f"alertmanager {NOBODY}: error: " in result.stdout
    assert result.stdout.endswith("online: 1 error, no warnings\n")


async def test_a_prometheus_without_targets_is_a_warning(world: World) -> None:
    world.prometheus.tell("count(up)")

    assert (await world.check()).exit_code == 0
    strict = await world.check("--strict")

    assert strict.exit_code == 1
    assert "warning: it has no targets (checks with `promql` will not hold)" in strict.stdout


@pytest.mark.parametrize(("status", "is_hinted"), [(401, True), (403, True), (503, False)])
async def test_a_refused_sign_in_says_what_to_look_at(
    world: World, status: int, is_hinted: bool
) -> None:
    world.prometheus.fail(status=status)

    result = await world.check()

    assert result.exit_code == 1
    assert f"error: status {status}: " in result.stdout
    assert ("bearer_token_file" in result.stdout) is is_hinted


async def test_programs_and_github_are_told_too(world: World) -> None:
    world.prometheus.fail()

    found = json.loads((await world.check("--format", "json")).stdout)
    shown = (await world.check("--format", "github")).stdout.splitlines()

    assert [(each["where"], each["severity"], each["code"]) for each in found] == [
        (f"alertmanager {world.alertmanager.url}", "ok", "online"),
        (f"prometheus {world.prometheus.url}", "error", "online"),
    ]
    where = f"prometheus {world.prometheus.url}".replace(":", "%3A")
    assert shown == [f"::error title={where}::status 503: told to"]


async def test_nobody_is_asked_while_the_files_have_errors(world: World) -> None:
    world.write("lisen: x\n")

    result = await world.check()

    assert result.exit_code == 1
    assert "Did you mean `listen`?" in result.stdout
    assert "online: nobody was asked" in result.stderr
    assert world.prometheus.queries == []


def test_online_needs_settings_that_say_whom_to_ask(tmp_path: Path) -> None:
    settings = tmp_path / "settings.yaml"
    settings.write_text("protected: []\n")

    without = offline("check", "--online")
    nothing = offline("check", "--online", "--config.file", str(settings))

    assert without.exit_code == 2
    assert "--config.file" in without.stderr
    assert nothing.exit_code == 0
    assert nothing.stdout.endswith("online: nothing to ask, the settings name no server\n")


SLACK_PLAYBOOK = """\
name: disk
runbook_url: https://example.com/disk
match: [alertname="Disk"]
target: host/web1
mode: approve
steps: [{journal.vacuum: {keep_size: 1G}}]
verify: {all: [{tcp: {host: web1, port: 22}}]}
approval: {by: {groups: ["@payments"], users: [cleo@example.com]}}
on_failure: [{escalate: "@gone"}]
notify: {slack: "#payments"}
"""


@pytest.fixture(name="slack")
def _slack(tmp_path: Path) -> Iterator[FakeSlack]:
    with FakeSlack() as slack:
        slack.add_user("U0ANA0000", "ana", email="ana@example.com")
        slack.add_user("U0GUEST00", "cleo", email="cleo@example.com", guest=True)
        slack.add_group("S0SRE0000", "@sre-oncall", ["U0ANA0000"])
        slack.add_group("S0PAYMENT", "@payments", [])
        (tmp_path / "bot").write_text(slack.app.bot_token)
        (tmp_path / "app").write_text(slack.app.app_token)
        (tmp_path / "settings.yaml").write_text(
            f'slack: {{bot_token_file: bot, app_token_file: app, channel: "#sre",'
            f" api_url: '{slack.api_url}'}}\nplaybooks: [disk.yaml]\n"
            'users: {slack: {roles: {approver: ["@sre-oncall", ana@example.com], viewer: ["*"]}}}\n'
        )
        yield slack


def test_slack_is_asked_for_everything_that_anybody_named(slack: FakeSlack, tmp_path: Path) -> None:
    (tmp_path / "disk.yaml").write_text(SLACK_PLAYBOOK)

    result = offline("check", "--online", "--config.file", str(tmp_path / "settings.yaml"))

    levels = {
        where: level
        for line in result.stdout.splitlines()
        if line.startswith("slack ")
        for where, level in [line.split(": ")[:2]]
    }
    assert levels == {
        "slack bot token": "ok",
        "slack scopes": "ok",
        "slack app token": "ok",
        "slack #sre": "ok",
        "slack #payments": "error",
        "slack group @sre-oncall": "ok",
        "slack group @payments": "error",
        "slack group @gone": "error",
        "slack user ana@example.com": "ok",
        "slack user cleo@example.com": "error",
    }
    assert result.exit_code == 1
    assert slack.channel("#sre").messages == ()
    assert slack.app.bot_token not in result.output


def test_a_slack_that_is_set_up_well_is_fine(slack: FakeSlack, tmp_path: Path) -> None:
    fine = "\n".join(
        line
        for line in SLACK_PLAYBOOK.splitlines()
        if not line.startswith(("approval", "on_failure", "notify"))
    )
    (tmp_path / "disk.yaml").write_text(fine)

    result = offline("check", "--online", "--config.file", str(tmp_path / "settings.yaml"))

    assert result.exit_code == 0, result.output
    assert result.stdout.endswith("online: no errors, no warnings\n")


def test_a_wrong_token_is_said_without_showing_it(slack: FakeSlack, tmp_path: Path) -> None:
    (tmp_path / "disk.yaml").write_text(SLACK_PLAYBOOK)
    (tmp_path / "bot").write_text("xoxb-of-somebody-else")

    result = offline("check", "--online", "--config.file", str(tmp_path / "settings.yaml"))

    assert result.exit_code == 1
    assert "slack bot token: error: " in result.stdout
    assert "invalid_auth" in result.stdout
    assert "xoxb-of" not in result.output
