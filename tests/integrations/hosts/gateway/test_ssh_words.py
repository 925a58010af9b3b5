"""Quoting for the login shell: words received are words sent, under every shell that hosts have."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from remediator.core.errors import Permanent
from remediator.core.target import Target
from remediator.integrations.hosts.gateway.quoting import remote_line, under_limit
from remediator.integrations.hosts.gateway.shell import SshLooker
from tests.integrations.hosts.ssh_parts import open_directory, settings_for
from tests.integrations.shell.hostile import hostile_words
from tests.parts.account import busybox_ash
from tests.parts.require import require
from tests.parts.sshd import Sshd

pytestmark = pytest.mark.slow  # many real stores and sockets: more than a minute has room for

PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
ECHO = [sys.executable, "-I", "-c", "import json, sys; print(json.dumps(sys.argv[1:]))"]
BATCH = 20


def batches(words: Sequence[str]) -> Iterator[list[str]]:
    for start in range(0, len(words), BATCH):
        yield list(words[start : start + BATCH])


@pytest.fixture
def canary(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "canary"
    yield path
    assert not path.exists(), "a word was run"


def shells(directory: Path) -> dict[str, str]:
    require("dash", "busybox")
    return {"dash": "/bin/dash", "bash": "/bin/bash", "ash": busybox_ash(directory)}


@pytest.mark.parametrize("shell", ["dash", "bash", "ash"])
def test_hostile_words_arrive_as_they_were_sent(shell: str, tmp_path: Path, canary: Path) -> None:
    program = shells(tmp_path)[shell]
    words = hostile_words(str(canary))
    assert len(words) >= 300

    for batch in batches(words):
        line = remote_line([*ECHO, *batch], path=PATH)
        done = subprocess.run(
            [program, "-c", line], capture_output=True, cwd=tmp_path, check=True, timeout=20
        )

        assert json.loads(done.stdout) == batch


@pytest.mark.slow
@pytest.mark.parametrize("shell", ["dash", "bash", "ash"])
async def test_hostile_words_arrive_over_a_real_sshd(shell: str) -> None:
    require("sshd", "ssh-keygen", root=True)
    with open_directory() as directory, Sshd(login_shell=shells(directory)[shell]) as sshd:
        canary = directory / "canary"  # where the account could write it
        looker = SshLooker(settings_for(sshd, "/nowhere"))
        try:
            for batch in batches(hostile_words(str(canary))):
                output = await looker.look(
                    Target("host", "web1"),
                    ["/usr/bin/python3", *ECHO[1:], *batch],
                    timeout=timedelta(seconds=20),
                )
                assert json.loads(output.stdout) == batch, output.stderr
        finally:
            await looker.close()
        assert not canary.exists(), "a word was run"


@pytest.mark.parametrize(
    ("word", "reason"),
    [("a\0b", "NUL"), ("\ud800", "Unicode"), ("x" * 130_000, "130")],
)
def test_what_no_command_line_can_hold_is_refused(word: str, reason: str) -> None:
    with pytest.raises(Permanent, match=reason):
        remote_line(["echo", word], path=PATH)


def test_the_environment_holds_only_what_we_put_there() -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", remote_line(["env"], path=PATH)],
        capture_output=True,
        text=True,
        check=True,
        env={"LD_PRELOAD": "", "SECRET": "x", "PATH": PATH},
    )

    assert done.stdout.split() == [f"PATH={PATH}", "LC_ALL=C"]


@pytest.mark.parametrize(
    ("seconds", "sudo", "words"),
    [
        (60, False, "timeout -k 5 60 df"),
        (0.2, False, "timeout -k 5 1 df"),
        (59.1, True, "sudo -n timeout -k 5 60 df"),
    ],
)
def test_every_command_has_a_time_limit_of_its_own(seconds: float, sudo: bool, words: str) -> None:
    assert under_limit(["df"], timedelta(seconds=seconds), sudo=sudo) == words.split()


def test_no_command_is_no_command() -> None:
    with pytest.raises(Permanent, match="no command"):
        under_limit([], timedelta(seconds=1), sudo=False)
