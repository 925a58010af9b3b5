"""The shipped sudoers file allows exactly the commands it names, as real sudo reads it."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.shipped import SUDOERS, sudoers_for
from tests.parts.account import Account
from tests.parts.require import require

pytestmark = pytest.mark.slow

PREFIX = "timeout -k 5 60 "
ALLOWED = [
    "journalctl --disk-usage",
    "journalctl --rotate --vacuum-size=500M",
    "journalctl --rotate --vacuum-size=524288000 --vacuum-time=604800s",
    "docker image prune --force --filter until=72h",
    "docker container prune --force --filter until=259200s --filter label!=keep",
    "docker builder prune --force --filter until=72h",
    "docker system df --format {{json .}}",
    "docker info --format {{.ID}} {{.DockerRootDir}}",
    "journalctl --quiet --no-pager --no-hostname --output=short-iso --priority=err --since=-3600s"
    " --lines=20",
    "timeout -k 2 21 du -x -k -d 3 -- /var/lib/docker",
    "timeout -k 2 21 du -x -k -d 3 -- /",
    "systemctl restart -- nginx.service",
]
REFUSED = [
    "sh -c id",
    "journalctl --vacuum-size=500M",
    "journalctl --rotate --vacuum-size=500M --directory=/etc",
    "journalctl --rotate --vacuum-size=1 --vacuum-size=2 --vacuum-size=3",
    "docker image prune --force",
    "docker image prune --force --all --filter until=72h",
    "docker volume prune --force --filter until=72h",
    "docker system prune --force --filter until=72h",
    "docker image prune --force --filter until=72h --filter label!=a --all",
    "docker run --privileged -v /:/host busybox",
    "systemctl restart -- sshd.service",
    "systemctl restart -- nginx.service sshd.service",
    "systemctl restart -- nginx_service",
    "systemctl restart nginx.service",
    "journalctl --quiet --no-pager --no-hostname --output=short-iso --priority=err --since=-3600s"
    " --lines=20 --file=/etc/shadow",
    "timeout -k 2 21 du -x -k -d 3 -- /var --files0-from=/etc/shadow",
    "timeout -k 2 21 du -x -k -d 3 --files0-from=/etc/shadow",
    "timeout -k 2 21 sh -c id",
]


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    """A throw-away account to which the shipped file is given under its own name."""
    require("sudo", "visudo", root=True)
    with Account() as part:
        installed = Path("/etc/sudoers.d") / part.name  # removed with the account
        installed.touch(mode=0o440)
        installed.write_text(sudoers_for(part.name))
        yield part


def allows(account: Account, command: str) -> bool:
    words = command.replace("{json .}", "{json\0.}").split()
    argv = ["sudo", "-n", "-l", "--", *(word.replace("\0", " ") for word in words)]
    as_account = ["runuser", "-u", account.name, "--", *argv]
    return subprocess.run(as_account, capture_output=True, check=False).returncode == 0


def test_visudo_accepts_the_file() -> None:
    require("visudo")
    argv = ["visudo", "-cf", str(SUDOERS)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", ALLOWED)
def test_a_command_that_an_action_runs_is_allowed(account: Account, command: str) -> None:
    assert allows(account, PREFIX + command)


@pytest.mark.parametrize("command", REFUSED)
def test_every_other_command_is_refused(account: Account, command: str) -> None:
    assert not allows(account, PREFIX + command)


@pytest.mark.parametrize("command", ["id", "su", "docker ps", "journalctl --disk-usage"])
def test_nothing_runs_without_a_time_limit(account: Account, command: str) -> None:
    assert not allows(account, command)
