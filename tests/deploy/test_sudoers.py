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
    "dumpe2fs -h /dev/nvme0n1p1",
    "blkid -p -s UUID -o value -- /dev/mapper/vg-var",
    "lvs --reportformat json --units b --nosuffix --segments"
    " -o vg_name,lv_name,segtype,lv_size,vg_free,vg_extent_size /dev/mapper/vg-var",
    "pvs --reportformat json --units b --nosuffix -o pv_name,pv_uuid,pv_size,dev_size /dev/sda2",
    "growpart /dev/nvme0n1 1",
    "pvresize /dev/sda2",
    "lvextend -l +100%FREE vg/var",
    "resize2fs /dev/mapper/vg-var",
    "xfs_growfs -n /srv/pg-data",
    "xfs_growfs /",
]
REFUSED = [
    "dumpe2fs /dev/sda1",
    "growpart /dev/sda 1 --update=off",
    "growpart --fudge 0 /dev/sda 1",
    "lvextend -l +100%FREE vg/var /dev/sdb",
    "lvextend -L +1G vg/var",
    "lvextend -l +100%FREE --config x/y",
    "lvreduce -l 1 vg/var",
    "resize2fs /dev/sda1 1G",
    "resize2fs -M /dev/sda1",
    "xfs_growfs -d -D 1 /srv",
    "lvs --config devices{dir=/x} /dev/sda2",
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
