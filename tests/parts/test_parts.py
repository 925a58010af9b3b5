"""Every real part starts, does its thing once, and leaves nothing behind."""

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web as aiohttp_web

from tests.parts.account import busybox_ash
from tests.parts.alertmanager import Alertmanager
from tests.parts.dockerd import Dockerd
from tests.parts.fixtures import require_host
from tests.parts.host import Host
from tests.parts.postgres import Postgres
from tests.parts.prometheus import Prometheus, ScrapeTarget
from tests.parts.require import require
from tests.parts.server import PartFailed, Server, free_port
from tests.parts.sshd import Sshd

pytestmark = pytest.mark.slow

MEBIBYTE = 1024 * 1024
DISK_RULE = """\
groups:
  - name: disk
    rules:
      - alert: DiskSpaceLow
        expr: node_filesystem_avail_bytes / node_filesystem_size_bytes < 0.10
        labels: {severity: warning}
"""


def eventually(question: Callable[[], Any], *, seconds: float = 20) -> Any:
    """The first true answer; an assertion error when time is up."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answer := question():
            return answer
        time.sleep(0.1)
    raise AssertionError("nothing happened in time")


@pytest.fixture
def own_sshd() -> Iterator[Sshd]:
    require("sshd", "ssh-keygen", root=True)
    with Sshd() as part:
        yield part


def test_postgres_keeps_committed_rows_over_a_crash() -> None:
    require("postgres", "initdb")
    with Postgres() as part:
        database = part.new_database().rpartition("/")[2]
        part.query(database, "create table t (n int); insert into t values (42)")

        part.stop("immediate")
        assert not part.answers()
        part.start()

        assert part.query(database, "select n from t") == "42"
        assert part.query(database, "show fsync") == "on"


def test_postgres_databases_are_apart(postgres: Postgres) -> None:
    assert postgres.new_database() != postgres.new_database()


def test_sshd_lets_its_key_in_and_knows_its_host_key(sshd: Sshd) -> None:
    done = sshd.run("id -un")

    assert (done.returncode, done.stdout.strip()) == (0, sshd.user)
    assert sshd.known_hosts_path.read_text().startswith(f"[127.0.0.1]:{sshd.port} ssh-ed25519 ")


def test_sshd_refuses_another_key(sshd: Sshd, own_sshd: Sshd) -> None:
    own_sshd.private_key_path.write_bytes(sshd.private_key_path.read_bytes())

    assert "Permission denied" in own_sshd.run("true").stderr


def test_cut_ends_the_session_but_not_the_command(own_sshd: Sshd, tmp_path: Path) -> None:
    started, finished = tmp_path / "started", tmp_path / "finished"
    codes: list[int] = []
    line = f"touch {started}; sleep 1; touch {finished}"
    client = threading.Thread(target=lambda: codes.append(own_sshd.run(line).returncode))
    client.start()
    eventually(started.exists)

    assert own_sshd.cut() > 0
    client.join()

    assert codes == [255]
    assert eventually(finished.exists)
    assert own_sshd.run("true").returncode == 0


def test_a_frozen_sshd_hangs_until_it_is_thawed(own_sshd: Sshd) -> None:
    own_sshd.freeze()
    with pytest.raises(subprocess.TimeoutExpired):
        own_sshd.run("true", seconds=1)

    own_sshd.thaw()

    assert own_sshd.run("true").returncode == 0


@pytest.mark.parametrize("shell", ["bash", "dash", "ash"])
def test_an_account_gets_the_login_shell_that_was_asked_for(shell: str, tmp_path: Path) -> None:
    require("sshd", "ssh-keygen", "dash", "busybox", root=True)
    directory = tmp_path / "shells"
    directory.mkdir()
    for parent in (directory, *list(directory.parents)[:-2]):
        parent.chmod(0o755)
    path = busybox_ash(directory) if shell == "ash" else f"/bin/{shell}"
    with Sshd(login_shell=path) as part:
        assert part.run("echo $0").stdout.strip() == shell
        assert part.run("id -u").stdout.strip() != "0"


def test_a_sudo_account_becomes_root_without_a_prompt_and_is_removed() -> None:
    require("sshd", "ssh-keygen", "sudo", root=True)
    with Sshd(sudo=True) as part:
        assert part.run("sudo -n id -u").stdout.strip() == "0"

    assert part.user not in Path("/etc/passwd").read_text()
    assert not (Path("/etc/sudoers.d") / part.user).exists()


def test_rotate_and_vacuum_frees_space_on_the_small_disk(host: Host) -> None:
    host.fill_journal(48)
    before = host.disk.available()

    done = host.sshd.run("LC_ALL=C journalctl --rotate --vacuum-size=16M")

    assert done.returncode == 0, done.stderr
    assert "freed" in done.stdout + done.stderr
    assert host.disk.available() - before > 24 * MEBIBYTE


def test_image_prune_frees_old_dangling_images_only(host: Host) -> None:
    assert host.dockerd is not None
    old, new = host.add_dangling_image(20), host.add_dangling_image(2, days_old=0)
    tagged = host.dockerd.import_image("keep:1", 2, days_old=30)
    before = host.disk.available()

    done = host.sshd.run("docker image prune --force --filter until=72h")

    assert done.returncode == 0, done.stderr
    assert host.dockerd.images() == {new, tagged}
    assert old in done.stdout
    assert host.disk.available() - before > 15 * MEBIBYTE


def test_docker_works_outside_a_host_too(tmp_path: Path) -> None:
    require("dockerd", "docker", root=True)
    with Dockerd(tmp_path / "root") as part:
        image = part.import_image("small:1", 1)

        assert part.images() == {image}
        assert part.docker("info", "--format", "{{.DockerRootDir}}") == str(tmp_path / "root")


def test_a_disk_fills_to_the_percent(host: Host) -> None:
    host.disk.fill(90)
    try:
        inside = host.run(["df", "--output=pcent,target", "/var/log/journal"]).split()[-2:]
        assert inside == ["90%", "/var"]
    finally:
        host.disk.fill(0)


def test_systemctl_restart_gives_a_unit_a_new_invocation(host: Host) -> None:
    host.systemd.systemctl("start", "web.service")
    show = "systemctl show --property=InvocationID --value web.service"
    before = host.sshd.run(show).stdout.strip()

    assert host.sshd.run("systemctl restart web.service").returncode == 0

    after = host.sshd.run(show).stdout.strip()
    assert len(before) == len(after) == 32
    assert before != after


def test_a_unit_that_cannot_start_is_reported_by_systemctl(host: Host) -> None:
    host.systemd.add_unit("broken.service", "[Service]\nType=oneshot\nExecStart=/bin/false\n")

    done = host.sshd.run("systemctl start broken.service")

    assert done.returncode == 1
    assert host.sshd.run("systemctl is-failed broken.service").stdout.strip() == "failed"


def test_units_write_to_the_journal_of_the_host(host: Host) -> None:
    host.systemd.add_unit("speak.service", "[Service]\nType=oneshot\nExecStart=/bin/echo hello\n")
    host.systemd.systemctl("start", "speak.service")
    host.run(["journalctl", "--sync"])

    assert "hello" in host.sshd.run("journalctl -u speak.service -o cat").stdout


async def test_a_full_disk_becomes_an_alert_that_reaches_a_receiver(host: Host) -> None:
    require("prometheus", "promtool", "alertmanager", "amtool")
    received: asyncio.Queue[tuple[str | None, Any]] = asyncio.Queue()

    async def receive(request: aiohttp_web.Request) -> aiohttp_web.Response:
        await received.put((request.headers.get("Authorization"), await request.json()))
        return aiohttp_web.Response(status=202)

    application = aiohttp_web.Application()
    application.router.add_post("/hook", receive)
    runner = aiohttp_web.AppRunner(application)
    await runner.setup()
    port = free_port()
    await aiohttp_web.TCPSite(runner, "127.0.0.1", port).start()
    target = ScrapeTarget(address=host.node_exporter.address, labels={"instance": "host-123:9100"})
    try:
        with (
            Alertmanager(f"http://127.0.0.1:{port}/hook", bearer_token="letmein") as alertmanager,
            Prometheus(rules=DISK_RULE, targets=[target], alertmanager=alertmanager.address),
        ):
            await asyncio.to_thread(host.disk.fill, 95)
            credentials, body = await asyncio.wait_for(received.get(), 40)
            await asyncio.to_thread(host.disk.fill, 0)
            _, resolved = await asyncio.wait_for(received.get(), 40)
    finally:
        await runner.cleanup()

    assert credentials == "Bearer letmein"
    assert (body["version"], body["status"], resolved["status"]) == ("4", "firing", "resolved")
    labels = body["alerts"][0]["labels"]
    assert (labels["instance"], labels["mountpoint"]) == ("host-123:9100", "/var")


def test_alertmanager_shows_pushed_and_silenced_alerts(alertmanager: Alertmanager) -> None:
    labels = {"alertname": "Pushed", "instance": "web1:9100"}
    alertmanager.push(labels)
    shown = eventually(lambda: [a for a in alertmanager.alerts() if a["labels"] == labels])
    assert shown[0]["status"]["state"] in ("unprocessed", "active")

    silence = alertmanager.silence(labels)

    def silenced_by() -> list[str]:
        mine = [a for a in alertmanager.alerts() if a["labels"] == labels]
        return [one for alert in mine for one in alert["status"]["silencedBy"]]

    assert eventually(silenced_by) == [silence]
    alertmanager.push(labels, lasts=timedelta(seconds=-1))
    assert eventually(lambda: not silenced_by())


def test_prometheus_answers_a_query(prometheus: Prometheus) -> None:
    assert prometheus.query("vector(1)")[0]["value"][1] == "1"


def test_a_part_that_cannot_start_says_why(tmp_path: Path) -> None:
    server = Server("broken", tmp_path)

    with pytest.raises(PartFailed, match="the reason is here"):
        server.start(["sh", "-c", "echo the reason is here; exit 3"], lambda: False)

    assert not server.is_running


def test_nothing_outlives_a_test_session_that_is_killed(tmp_path: Path) -> None:
    require_host()
    script = (
        "import sys, time\n"
        "from tests.parts.host import Host\n"
        "with Host(sudo=True) as host:\n"
        "    host.sshd.run('nohup setsid sleep 12345 >/dev/null 2>&1 &')\n"
        "    print(host.disk.path, host.sshd.user, host.systemd.name, flush=True)\n"
        "    time.sleep(60)\n"
    )
    root = str(Path(__file__).parents[2])
    session = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": root, "TMPDIR": str(tmp_path)},
        cwd=root,
    )
    assert session.stdout is not None
    path, user, namespace = session.stdout.readline().split()
    assert path in Path("/proc/mounts").read_text()

    session.kill()
    session.wait()
    session.stdout.close()

    assert eventually(lambda: path not in Path("/proc/mounts").read_text())
    assert eventually(lambda: user not in Path("/etc/passwd").read_text())
    assert eventually(lambda: not _commands_naming(namespace, "sleep\x0012345"))


def _commands_naming(*words: str) -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            text = path.read_text(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            continue
        found += [text for word in words if word in text]
    return found
