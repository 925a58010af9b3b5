"""What a newcomer does first: check the shipped playbooks, start the daemon without settings, point an alert at it."""

import json
import re
import signal
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.alerts import a_group, an_alert
from tests.acceptance.command import PYTHON, ROOT, environment, run_cli
from tests.acceptance.site import Site
from tests.parts import web
from tests.parts.server import Server, free_port
from tests.parts.sshd import Sshd

pytestmark = pytest.mark.slow


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """`remediator serve` in an empty directory, without a settings file."""
    address = f"127.0.0.1:{free_port()}"
    argv = [PYTHON, "-m", "remediator", "serve", "--web.listen-address", address]
    server = Server("serve", tmp_path)
    words = ["env", f"--chdir={tmp_path}", *argv]
    server.start(words, lambda: web.answers(f"http://{address}/-/ready"), env=environment())
    yield f"http://{address}"
    server.stop(signal.SIGTERM)
    print(server.log())


def test_the_shipped_playbooks_are_fine(tmp_path: Path) -> None:
    done = run_cli("check", "--strict", str(ROOT / "playbooks"), cwd=tmp_path)

    assert done.returncode == 0, done.stdout + done.stderr


def test_a_playbook_with_a_mistake_is_refused_at_its_place(tmp_path: Path) -> None:
    text = (ROOT / "playbooks" / "disk-space-low.yaml").read_text()
    path = tmp_path / "wrong.yaml"
    path.write_text(text.replace("journal.vacuum: {", "journal.vacum: {"))

    done = run_cli("check", str(path), cwd=tmp_path)

    number = next(n for n, line in enumerate(text.splitlines(), 1) if "journal.vacuum: {" in line)
    assert done.returncode == 1
    assert f"wrong.yaml:{number}:" in done.stdout
    assert "Did you mean `journal.vacuum`?" in done.stdout


def test_serve_without_settings_keeps_its_state_and_shows_it_at_the_command_line(
    url: str, tmp_path: Path
) -> None:
    content = json.dumps(a_group([an_alert({"alertname": "Sick", "instance": "a:1"})])).encode()
    request = urllib.request.Request(
        f"{url}/webhooks/alertmanager", content, {"Content-Type": "application/json"}
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=10) as answer:
        assert answer.status == 202

    for words in (["runs", "list"], ["healthcheck"]):
        done = run_cli(*words, "--url", url, cwd=tmp_path)
        assert done.returncode == 0, (words, done.stdout, done.stderr)
    state = tmp_path / "remediator-data"
    assert state.stat().st_mode & 0o777 == 0o700
    assert all(path.stat().st_mode & 0o077 == 0 for path in state.iterdir())


def test_what_is_installed_is_listed_without_a_daemon(tmp_path: Path) -> None:
    done = run_cli("actions", "list", cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    for name in ("journal.vacuum", "docker.prune", "service.restart", "host.command"):
        assert name in done.stdout


def test_an_environment_that_nobody_named_is_a_dry_run(sshd: Sshd, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    playbook = {
        "match": ['alertname="Sick"'],
        "requires": ["instance"],
        "target": "host/{{ labels.instance | host }}",
        "mode": "auto",
        "steps": [{"host.command": {"name": "touch"}, "irreversible": "allow"}],
        "verify": {"all": [{"alert": "resolved"}]},
    }
    settings = {"environments": [], "commands": {"touch": {"argv": ["touch", str(canary)]}}}
    with Site(sshd=sshd, playbooks={"fix": playbook}, settings=settings) as site:
        fingerprint = site.alert({"alertname": "Sick", "instance": "web1:9100"})
        run = site.wait_for_run(phase="closed")

        assert (run["mode"], run["outcome"]) == ("dry_run", "dry_run")
        assert [change["action"] for change in run["plan"]["changes"]] == ["host.command"]
        assert "environment unknown" in site.cli("why", fingerprint).stdout
        assert not canary.exists()


def test_every_command_of_the_readme_exists(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text()
    blocks = re.findall(r"```sh\n(.*?)```", readme, re.DOTALL)
    lines = {line for block in blocks for line in block.splitlines()}
    commands = {
        tuple(re.findall(r"^remediator ([a-z]+)(?: (list|show)\b)?", line)) for line in lines
    }
    named = sorted({found for group in commands for found in group})

    assert ("serve", "") in named
    for words in named:
        done = run_cli(*filter(None, words), "--help", cwd=tmp_path)
        assert done.returncode == 0, (words, done.stderr)


def test_commands_say_what_is_wrong_when_there_is_no_daemon(tmp_path: Path) -> None:
    done = run_cli("runs", "list", "--url", f"http://127.0.0.1:{free_port()}", cwd=tmp_path)

    assert done.returncode == 3
    assert "is the daemon running?" in done.stderr
    assert "Traceback" not in done.stderr
