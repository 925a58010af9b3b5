"""The program as a whole: help, exit codes, tokens, settings, the commands without a daemon, and the brake."""

from __future__ import annotations

import asyncio
import http.server
import json
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import click
import pytest

from remediator import __version__
from remediator.cli import main
from remediator.http.auth import Authenticator
from remediator.http.credentials import Role, UserKeys
from tests.cli.command import as_json, offline, remediator
from tests.http.daemon import a_waiting_run, keep, running

pytestmark = pytest.mark.slow  # many real stores and sockets: more than a minute has room for


def every_command(
    group: click.Command = main, words: tuple[str, ...] = ()
) -> list[tuple[str, ...]]:
    if not isinstance(group, click.Group):
        return [words]
    inner = (every_command(c, (*words, name)) for name, c in group.commands.items())
    return [words, *(found for commands in inner for found in commands)]


@pytest.mark.parametrize("words", every_command(), ids=" ".join)
def test_every_command_has_help_with_examples(words: tuple[str, ...]) -> None:
    result = offline(*words, "--help")

    examples = result.stdout.partition("Examples:")[2].partition("\n\n")[0].strip().splitlines()
    assert result.exit_code == 0
    assert len(examples) >= 2
    assert all("remediator" in example for example in examples)


def test_the_commands_are_those_that_were_promised() -> None:
    top = {words[0] for words in every_command() if words}

    assert top == {
        *(
            "demo",
            "init",
            "serve",
            "check",
            "plan",
            "coverage",
            "new",
            "fmt",
            "docs",
            "test",
            "replay",
            "status",
            "playbooks",
            "drill",
            "runs",
            "why",
            "approve",
            "reject",
            "pause",
            "resume",
            "audit",
        ),
        *(
            "actions",
            "resolve",
            "rbac",
            "iam",
            "sudoers",
            "schema",
            "slack",
            "db",
            "healthcheck",
            "version",
        ),
    }


def test_help_is_there_at_once_because_nothing_heavy_is_imported() -> None:
    program = (
        "import sys; from remediator.cli import main; main(['--help'], standalone_mode=False);"
        "print(*sorted({m.partition('.')[0] for m in sys.modules}))"
    )
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    took = time.monotonic() - began

    loaded = set(done.stdout.decode().splitlines()[-1].split())
    assert not loaded & {"aiohttp", "pydantic", "sqlalchemy", "jinja2", "yaml", "asyncssh", "ssl"}
    assert took < 3  # 0.13 s on an idle machine; the modules above are what makes it slow


def test_the_version_is_the_packages() -> None:
    assert offline("version").stdout.startswith(f"remediator {__version__} (Python 3.")


@pytest.mark.parametrize(
    "words",
    [
        ["nothing"],
        ["runs", "nothing"],
        ["runs", "list", "--phase", "sleeping"],
        ["runs", "list", "--limit", "0"],
        ["runs", "show"],
        ["runs", "list", "--url", "ftp://x"],
        ["runs", "list", "--url", "remediator:9095"],
        ["runs", "list", "--token-file", "/nonexistent"],
        ["serve", "--log.level", "loud"],
    ],
)
def test_wrong_usage_is_exit_code_2(words: list[str]) -> None:
    assert offline(*words).exit_code == 2


def test_what_serve_refuses_begins_with_the_errors_whatever_was_warned_of_before(
    tmp_path: Path,
) -> None:
    playbook = 'name: x\nmatch: [alertname="X"]\ntarget: host/a\nsteps: [{no.such: {}}]\n'
    (tmp_path / "remediator.yaml").write_text("store: postgresql://u:p@h/d\nplaybooks: [x.yaml]\n")
    (tmp_path / "x.yaml").write_text(playbook)

    refused = offline("serve", "--config.file", str(tmp_path / "remediator.yaml"))

    assert refused.exit_code == 2
    levels = [
        line.partition("[")[0].rpartition(" ")[2] for line in refused.stderr.splitlines()[:-1]
    ]
    assert {"error", "warning"} == set(levels)
    assert levels == sorted(levels)
    assert refused.stderr.startswith("error: ")


def test_a_daemon_that_is_not_there_is_exit_code_3_with_a_hint() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"

    for words in (["runs", "list"], ["pause"], ["healthcheck"], ["why", "x"]):
        result = offline(*words, "--url", url)
        assert result.exit_code == 3, words
        assert result.stderr.startswith(f"error: cannot reach {url}"), words
        assert "hint: is the daemon running?" in result.stderr, words


async def test_a_daemon_whose_store_is_away_is_exit_code_3(tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        await daemon.store.close()

        assert (await remediator(daemon, "runs", "list")).exit_code == 3


async def test_health_is_an_exit_code(tmp_path: Path) -> None:
    async with running(tmp_path, accepting=lambda: False) as daemon:
        healthy = await remediator(daemon, "healthcheck")
        ready = await remediator(daemon, "healthcheck", "--ready")

    assert (healthy.exit_code, healthy.stdout) == (0, "healthy\n")
    assert (ready.exit_code, ready.stdout) == (1, "")
    assert "is not ready (status 503)" in ready.stderr


async def test_the_token_of_a_file_is_shown_to_the_daemon(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("secret\n")
    users = [UserKeys(name="ana", role=Role.VIEWER, tokens=["secret"])]
    authenticator = Authenticator(users=users)

    async with running(tmp_path, authenticator=lambda: authenticator) as daemon:
        without = await remediator(daemon, "runs", "list")
        with_it = await remediator(daemon, "runs", "list", "--token-file", str(token))
        too_much = await remediator(daemon, "pause", "--token-file", str(token))

    assert (without.exit_code, with_it.exit_code, too_much.exit_code) == (1, 0, 1)
    assert "hint: give a token with --token-file" in without.stderr
    assert "ana is viewer and this needs operator" in too_much.stderr


@pytest.mark.parametrize("content", ["", "two\nlines", "t\x00ken", "tökén"])
def test_a_file_that_holds_no_token_is_exit_code_2(tmp_path: Path, content: str) -> None:
    token = tmp_path / "token"
    token.write_text(content, encoding="utf-8")

    result = offline("runs", "list", "--token-file", str(token))

    assert result.exit_code == 2
    assert "holds no token" in result.stderr


class Elsewhere(http.server.BaseHTTPRequestHandler):
    """Sends everybody to another place, and remembers what it was shown."""

    seen: list[str]

    def do_GET(self) -> None:
        self.server.seen.append(self.headers.get("Authorization", ""))  # type: ignore[attr-defined]
        self.send_response(302)
        self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/other")  # type: ignore[attr-defined]
        self.end_headers()

    def log_message(self, *unused: object) -> None:
        """Say nothing."""


def test_a_redirect_is_not_followed_so_that_the_token_stays_with_the_daemon(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("secret")
    with http.server.HTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        server.seen = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}"

        result = offline("runs", "list", "--url", url, "--token-file", str(token))

        server.shutdown()
        thread.join()
        assert result.exit_code == 3
        assert server.seen == ["Bearer secret"]  # type: ignore[attr-defined]
        assert "does not answer like remediator" in result.stderr


async def test_ids_cannot_break_out_of_their_place_in_the_path(tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        await keep(daemon.store, a_waiting_run())

        for word in ("../status", "run_1/../../status", "run_1?x=1", "run_1#x", "run_1/events"):
            result = await remediator(daemon, "runs", "show", word)
            assert result.exit_code == 1, word


async def test_the_brake_works_at_the_first_try_and_is_let_go_again(tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        on = await remediator(daemon, "pause", "--for", "2h", "--reason", "network maintenance")
        one = await remediator(daemon, "pause", "playbook/disk-space-low")
        listed = await remediator(daemon, "pause", "list")
        off = await remediator(daemon, "resume")
        left = as_json(await remediator(daemon, "pause", "list", "-o", "json"))
        again = await remediator(daemon, "resume")

    assert on.exit_code == 0
    assert on.stdout.startswith("Paused everything, until ")
    assert "To end it: remediator resume all" in on.stdout
    assert "Paused playbook/disk-space-low, until " in one.stdout
    assert "network maintenance" in listed.stdout
    assert off.stdout.startswith("Resumed everything.\nStill paused: playbook/disk-space-low")
    assert [pause["scope"] for pause in left["items"]] == ["playbook/disk-space-low"]
    assert again.exit_code == 1


async def test_a_pause_that_makes_no_sense_is_refused_with_words(tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        scope = await remediator(daemon, "pause", "everything")
        length = await remediator(daemon, "pause", "--for", "1.5h")

    assert (scope.exit_code, length.exit_code) == (1, 2)
    assert "playbook/NAME" in scope.stderr
    assert "is not a duration" in length.stderr


def test_actions_are_shown_without_a_daemon() -> None:
    listed = offline("actions", "list", "-o", "json")
    unknown = offline("actions", "show", "nothing.here")

    assert listed.exit_code == 0
    assert isinstance(json.loads(listed.stdout), list)
    assert unknown.exit_code == 1
    for action in json.loads(listed.stdout):
        shown = offline("actions", "show", action["name"])
        assert shown.exit_code == 0
        assert shown.stdout.startswith(action["name"])


def test_check_says_what_is_wrong_where_and_is_exit_code_1(tmp_path: Path) -> None:
    playbook = tmp_path / "bad.yaml"
    playbook.write_text("name: bad\nstepps: []\n")

    text = offline("check", str(playbook))
    machine = offline("check", str(playbook), "--format", "json")

    assert (text.exit_code, machine.exit_code) == (1, 1)
    assert f"{playbook}:2:1: error" in text.stdout
    assert any(problem["line"] == 2 for problem in json.loads(machine.stdout))


def test_settings_with_errors_are_exit_code_2_where_a_command_needs_them(tmp_path: Path) -> None:
    settings = tmp_path / "remediator.yaml"
    settings.write_text("hostz: {}\n")

    result = offline("resolve", "web1:9100", "--config.file", str(settings))

    assert result.exit_code == 2
    assert "remediator.yaml:1:1" in result.stderr


def test_resolve_says_which_host_an_instance_is_and_by_which_rule(tmp_path: Path) -> None:
    settings = tmp_path / "remediator.yaml"
    settings.write_text("hosts:\n  resolve: [{label: ssh_host}]\n  allow: ['web\\d+']\n")
    base = ("resolve", "10.0.0.7:9100", "--config.file", str(settings))

    found = offline(*base, "--label", "ssh_host=web1", "-o", "json")
    shown = offline(*base, "--label", "ssh_host=web1")
    refused = offline(*base, "--label", "ssh_host=db1")
    wrong = offline(*base, "--label", "ssh_host")

    assert json.loads(found.stdout)["host"] == "web1"
    assert shown.stdout.splitlines()[-1] == "10.0.0.7:9100 is host/web1"
    assert (refused.exit_code, wrong.exit_code) == (1, 2)
    assert "not allowed" in refused.stderr


def test_nothing_is_coloured_when_piped() -> None:
    for words in (["version"], ["actions", "list"], ["check"]):
        assert "\x1b" not in offline(*words).output


async def test_commands_at_the_same_time_do_not_disturb_the_daemon(tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        await keep(daemon.store, a_waiting_run())
        answers = await asyncio.gather(*(daemon.get("/api/v1/runs/run_1") for _ in range(20)))

    assert {answer.status for answer in answers} == {200}
