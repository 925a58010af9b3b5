"""What `remediator sudoers` prints allows exactly the commands that playbooks run, as real sudo reads it.

The shipped file is what it prints for the shipped playbooks; the wide one is for a playbook of which labels decide all
that they may.
"""

import re
import subprocess
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from remediator.core.target import Target
from remediator.integrations.hosts.actions.docker import prune
from remediator.integrations.hosts.actions.journal import vacuum
from remediator.integrations.hosts.actions.service import restart
from remediator.integrations.hosts.fake.host import MEBIBYTE, FakeHosts, FakeMachine
from remediator.integrations.hosts.gateway.quoting import under_limit
from remediator.integrations.hosts.probes import journal_errors
from remediator.integrations.hosts.probes.disk_unseen import OPEN_FILES
from remediator.integrations.shell.api import Output
from tests.bound import reads_of
from tests.deploy.commands_as_root import BEYOND, ESCAPES, GROWPART, PREFIX, REFUSED, SHIPPED, WIDE
from tests.deploy.shipped import ROOT, SUDOERS, printed, sudoers_for, wide_sudoers
from tests.integrations.hosts.fakes import WEB1, fake_case, fake_machine
from tests.parts.account import Account
from tests.parts.require import require

pytestmark = pytest.mark.slow


def installed(text: str, part: Account) -> Account:
    """The account, with a file of its own, which is removed with it."""
    place = Path("/etc/sudoers.d") / part.name
    place.touch(mode=0o440)
    place.write_text(text)
    return part


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    """A throw-away account to which the shipped file is given under its own name."""
    require("sudo", "visudo", root=True)
    with Account() as part:
        yield installed(sudoers_for(part.name), part)


@pytest.fixture(scope="module")
def wide() -> Iterator[Account]:
    """A throw-away account with the wide file."""
    require("sudo", "visudo", root=True)
    with Account() as part:
        yield installed(wide_sudoers(part.name), part)


def allows(account: Account, words: Sequence[str]) -> bool:
    as_account = ["runuser", "-u", account.name, "--", "sudo", "-n", "-l", "--", *words]
    return subprocess.run(as_account, capture_output=True, check=False).returncode == 0


def words_of(command: str) -> list[str]:
    """Split at spaces; `_` before a dot, a bracket or `%` stands for a space inside a word."""
    return [re.sub("_(?=[.(%])", " ", word) for word in command.split()]


def let_through(account: Account, commands: Sequence[str]) -> list[str]:
    return [one for one in commands if allows(account, words_of(PREFIX + one))]


def test_the_shipped_file_is_what_is_printed_for_the_shipped_playbooks() -> None:
    assert SUDOERS.read_text() == printed(str(ROOT / "playbooks"))


@pytest.mark.parametrize("file_for", [sudoers_for, wide_sudoers])
def test_visudo_accepts_what_is_printed(tmp_path: Path, file_for: Callable[[str], str]) -> None:
    require("visudo")
    (tmp_path / "file").write_text(file_for("remediator"))
    argv = ["visudo", "-cf", str(tmp_path / "file")]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_command_that_the_shipped_playbooks_run_is_allowed(account: Account) -> None:
    assert let_through(account, SHIPPED) == SHIPPED


def test_a_value_of_labels_is_allowed_as_far_as_its_action_lets_it_through(wide: Account) -> None:
    assert let_through(wide, WIDE) == WIDE


def test_open_files_may_be_listed_and_nothing_else_of_find(account: Account) -> None:
    limit = PREFIX.split()

    assert allows(account, [*limit, *OPEN_FILES])
    for more in ("-delete", "-fprint"):
        assert not allows(account, [*limit, *OPEN_FILES, more])
    assert not allows(account, [*limit, *(word.replace("stat", "cat") for word in OPEN_FILES)])


def test_every_other_command_is_refused(account: Account, wide: Account) -> None:
    assert let_through(account, [*REFUSED, *BEYOND]) == []
    assert let_through(wide, REFUSED) == []


def test_a_hundred_escapes_are_refused(account: Account, wide: Account) -> None:
    """As root on a file of one's own, above the path, at once instead of after a minute, by force, with volumes."""
    assert len(ESCAPES) > 100
    assert let_through(account, ESCAPES) == []
    assert let_through(wide, ESCAPES) == []


def test_a_program_of_ones_own_does_not_run_because_its_name_reads_like_several_words(
    wide: Account,
) -> None:
    """sudo joins words by spaces: `resize2fs /dev/sda1` may be a file `sda1` in a folder `resize2fs ` of one's own."""
    ran = wide.home / "ran"
    _, scratch, *growpart = f"{GROWPART} /dev/xvda 12".split()
    tried = [(words, 0) for one in WIDE for words in glued(words_of(one)) if "/" in words[0]]
    tried += [(["env", scratch, *words], 2) for words in glued(growpart)]
    assert (["resize2fs /dev/md127"], 0) in tried
    for words, place in tried:
        program = wide.home / words[place].rstrip("/")
        program.parent.mkdir(parents=True, exist_ok=True)
        if not program.is_dir():
            program.write_text(f"#!/bin/sh\nid -u >> {ran}\n")
            program.chmod(0o755)
        argv = ["runuser", "-u", wide.name, "--", "sudo", "-n", *PREFIX.split(), *words]
        subprocess.run(argv, cwd=wide.home, capture_output=True, check=False)

    assert not ran.exists()


def glued(words: Sequence[str]) -> list[list[str]]:
    """The words with the first two, three and so on as one."""
    return [[" ".join(words[:count]), *words[count:]] for count in range(2, len(words) + 1)]


@pytest.mark.parametrize("command", ["id", "su", "docker ps", "journalctl --disk-usage"])
def test_nothing_runs_without_a_time_limit(account: Account, command: str) -> None:
    assert not allows(account, command.split())


@pytest.mark.parametrize(
    "limit", ["-k 5 0", "-k 5 00", "-k 5 0.5", "-k 0 60", "-s KILL 60", "60", "-k 5 1000000"]
)
def test_no_other_time_limit_is_allowed(account: Account, limit: str) -> None:
    assert not allows(account, f"timeout {limit} journalctl --disk-usage".split())


async def test_every_command_that_the_program_sends_as_root_is_allowed(wide: Account) -> None:
    sent = await sent_as_root()

    assert {words[0] for words in sent} == {"docker", "journalctl", "systemctl"}
    assert {words[2] for words in sent if words[1] == "container"} == {"ls", "inspect", "rm"}
    limited = [under_limit(words, timedelta(seconds=30), sudo=False) for words in sent]
    assert [words for words in limited if not allows(wide, words)] == []


class Recorder(FakeHosts):
    """Keeps the words that a host would have run with sudo."""

    def __init__(self, machine: FakeMachine) -> None:
        super().__init__({"web1": machine})
        self.as_root: list[list[str]] = []

    async def look(
        self, target: Target, argv: Sequence[str], *, timeout: timedelta, sudo: bool = False
    ) -> Output:
        if sudo:
            self.as_root.append(list(argv))
        return await super().look(target, argv, timeout=timeout, sudo=sudo)


async def sent_as_root() -> list[list[str]]:
    """What the actions and probes of a host send as root, in every shape that there is a rule for."""
    machine = fake_machine()
    machine.docker = {"Images": MEBIBYTE, "Containers": MEBIBYTE, "Build Cache": MEBIBYTE}
    machine.units = {"nginx.service": "failed"}
    hosts = Recorder(machine)
    for module, parameters in (
        (vacuum, {"keep_size": "1M"}),
        (vacuum, {"keep_time": "1m", "path": "/var"}),
        (prune, {"older_than": "1m", "path": "/var"}),
        (restart, {"unit": "nginx.service"}),
    ):
        machine.journal, machine.expired = 2048 * MEBIBYTE, MEBIBYTE
        case = fake_case(module.ACTIONS[0], hosts, parameters=parameters, state=lambda: None)
        await case.applier().apply(await case.change(), case.ticket())
    probe = journal_errors.PROBES[0]
    wanted = probe.parameters.model_validate({"since": "10m", "unit": "nginx.service"})
    await probe.prober(reads_of(looker=hosts)).probe(WEB1, wanted, timedelta(seconds=20))
    return [*hosts.as_root, *(list(words) for _, words in hosts.commands)]
