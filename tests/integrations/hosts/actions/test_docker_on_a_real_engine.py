"""docker.prune on a real Docker engine with real containers, through a real sshd."""

import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from remediator.core.change import Nothing
from remediator.core.errors import Missing, Transient
from remediator.core.events import Observation
from remediator.integrations.hosts.actions.docker.containers import is_moved_on
from remediator.integrations.hosts.actions.docker.prune import ACTIONS
from remediator.integrations.hosts.gateway.shell import SshShell
from remediator.testing.action_contract import ActionCase
from tests.bound import reads_of, writes_of
from tests.integrations.hosts.fakes import request
from tests.integrations.hosts.ssh_parts import settings_for, shell_for
from tests.parts.dockerd import Dockerd
from tests.parts.require import find, require
from tests.parts.sshd import Sshd

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
PRUNE = ACTIONS[0]
PATH = "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
MEBIBYTE = 1024 * 1024
TOOLS = ("sh", "env", "timeout", "cat", "df", "test", "find", "ls", "true")


@pytest.fixture(scope="module")
def dockerd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dockerd]:
    require("dockerd", "docker", "busybox", root=True)
    root = tmp_path_factory.mktemp("docker")
    with Dockerd(root) as part:
        archive = part.directory / "busybox.tar"
        busybox = Path(str(find("busybox"))).resolve()
        words = ["tar", "-C", str(busybox.parent), "-cf", str(archive), busybox.name]
        subprocess.run(words, check=True)
        part.docker("import", str(archive), "box:1")
        yield part
    subprocess.run(
        ["umount", root], capture_output=True, check=False
    )  # on itself, where left mounted


@pytest.fixture
async def shell(sshd: Sshd, tmp_path: Path) -> AsyncIterator[SshShell]:
    settings = settings_for(sshd, f"/run/receipts/{tmp_path.name}", path=PATH)
    async with shell_for(settings) as one:
        yield one


def case(dockerd: Dockerd, shell: SshShell, **parameters: Any) -> ActionCase:
    wanted = request(PRUNE, docker_host=f"unix://{dockerd.socket}", **parameters)
    return ActionCase(
        action=PRUNE,
        request=wanted,
        reads=reads_of(looker=shell),
        writes=writes_of(shell=shell),
        state=lambda: None,
    )


def run(dockerd: Dockerd, name: str, seconds: float, *flags: str) -> None:
    """Start a container that leaves a file of 1 MiB and ends after so long."""
    line = f"busybox head -c {MEBIBYTE} /dev/zero >/data; busybox sleep {seconds}"
    words = ["run", "--detach", "--network=none", f"--name={name}", *flags, "box:1"]
    dockerd.docker(*words, "/busybox", "sh", "-c", line.replace("busybox ", "/busybox "))


def names(dockerd: Dockerd) -> set[str]:
    return set(dockerd.docker("container", "ls", "--all", "--format", "{{.Names}}").split())


def wait_for_end(dockerd: Dockerd, *containers: str) -> None:
    dockerd.docker("container", "wait", *containers)


async def test_a_container_that_ran_long_and_has_just_stopped_is_kept_with_its_data(
    dockerd: Dockerd, shell: SshShell
) -> None:
    """All are made over a minute ago, so that Docker's own prune by age would take each of them."""
    run(dockerd, "old-job", 0, "--volume=/v")
    run(dockerd, "kept-job", 0, "--label=keep=please")
    run(dockerd, "again-job", 0)
    run(dockerd, "long-service", 64)
    run(dockerd, "runs-on", 600)
    dockerd.docker("container", "create", "--name=never-ran", "--network=none", "box:1", "/busybox")
    wait_for_end(dockerd, "old-job", "kept-job", "again-job", "long-service")
    one = case(dockerd, shell, what=["containers"], older_than="1m")

    change, ticket = await one.change(), one.ticket()
    planned = names(dockerd)
    dockerd.docker("container", "start", "again-job")
    wait_for_end(dockerd, "again-job")
    volumes = dockerd.docker("volume", "ls", "--quiet")
    await one.applier().apply(change, ticket)
    sight = await one.proposer().observe(change, ticket)
    left = names(dockerd)
    dockerd.docker("container", "rm", "--force", *left)

    assert "that stopped over 1m ago (2: " in change.summary
    assert change.estimate == pytest.approx(2 * MEBIBYTE, abs=64 * 1024)
    assert planned - left == {"old-job"}
    assert sight.observation is Observation.APPLIED
    assert volumes != ""
    assert dockerd.docker("volume", "ls", "--quiet") == volumes


async def test_a_container_that_is_started_in_the_last_moment_is_left_running(
    dockerd: Dockerd, shell: SshShell
) -> None:
    """Docker refuses to remove what runs, because nothing is removed by force."""
    run(dockerd, "sleeper", 600)
    running = dockerd.docker("container", "ls", "--quiet", "--no-trunc")
    run(dockerd, "gone", 0)
    wait_for_end(dockerd, "gone")
    gone = dockerd.docker("container", "ls", "--all", "--quiet", "--no-trunc", "--filter=name=gone")
    words = ["docker", "--host", f"unix://{dockerd.socket}", "container", "rm", running, gone]
    one = case(dockerd, shell, what=["containers"], older_than="1m")
    ticket = one.ticket()
    output = await shell.change(
        one.request.target,
        words,
        token=ticket.token,
        fence=ticket.fence,
        not_after=ticket.not_after,
        timeout=ticket.timeout,
    )
    left = names(dockerd)
    dockerd.docker("container", "rm", "--force", "sleeper")

    assert is_moved_on(output), output
    assert left == {"sleeper"}


async def test_images_with_a_name_are_no_estimate_for_dangling_ones(
    dockerd: Dockerd, shell: SshShell
) -> None:
    dockerd.import_image("shop:1", 7, days_old=30)
    nothing = case(dockerd, shell, what=["images"], older_than="1d")
    every = case(dockerd, shell, what=["images"], older_than="1d", all_images=True)

    proposed = await nothing.proposer().propose(nothing.request)
    change = await every.change()
    dockerd.import_image(None, 3, days_old=30)
    dangling = await nothing.change()

    assert isinstance(proposed, Nothing), proposed
    assert change.estimate == pytest.approx(7 * MEBIBYTE, rel=0.02)
    assert dangling.estimate == pytest.approx(3 * MEBIBYTE, rel=0.02)
    measure = await nothing.applier().apply(dangling, nothing.ticket())
    assert measure.summary.startswith("freed ")
    assert isinstance(await nothing.proposer().propose(nothing.request), Nothing)


async def test_an_engine_that_is_down_is_tried_again_by_every_generation_of_clients(
    dockerd: Dockerd, sshd: Sshd, tmp_path: Path
) -> None:
    clients = [one for one in ("/usr/bin", "/usr/local/bin") if Path(one, "docker").exists()]
    assert clients
    for folder in clients:
        settings = settings_for(sshd, f"/run/receipts/{tmp_path.name}", path=f"{folder}:{PATH}")
        async with shell_for(settings) as shell:
            wanted = request(PRUNE, docker_host="unix:///run/no-such-docker.sock")
            with pytest.raises(Transient, match=r"docker: .*(onnect to the [dD]ocker)"):
                await PRUNE.proposer(reads_of(looker=shell)).propose(wanted)


async def test_a_host_without_docker_says_so(sshd: Sshd, tmp_path: Path) -> None:
    for tool in TOOLS:
        (tmp_path / tool).symlink_to(str(find(tool)))
    tmp_path.chmod(0o755)
    settings = settings_for(sshd, f"/run/receipts/{tmp_path.name}", path=str(tmp_path))
    async with shell_for(settings) as shell:
        with pytest.raises(Missing, match=r"docker(:| is not installed)"):
            await PRUNE.proposer(reads_of(looker=shell)).propose(request(PRUNE))


async def test_a_prune_beside_another_one_is_told_by_docker_in_the_words_we_know(
    dockerd: Dockerd, shell: SshShell
) -> None:
    """Two at once: whichever loses ends as busy, not as failed; where neither meets the other, both end well."""
    for _ in range(3):
        dockerd.import_image(None, 20, days_old=30)
    one = case(dockerd, shell, what=["images"], older_than="1d")
    change = await one.change()
    words = ["docker", "--host", f"unix://{dockerd.socket}", "image", "prune", "--force"]
    other = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        time.sleep(0.05)
        await one.applier().apply(change, one.ticket())
    except Transient as busy:
        assert "already running" in busy.detail
    finally:
        other.wait()
