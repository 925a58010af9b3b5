"""The shipped unit's bargain with a real systemd: told when it listens, and started again when it hangs."""

import json
import signal
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.parts.require import require, require_namespaces
from tests.parts.server import free_port
from tests.parts.systemd import Systemd

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
SHIPPED = (ROOT / "deploy/systemd/remediator.service").read_text()
KEPT = ("Type=", "NotifyAccess=", "Environment=", "LimitCORE=", "TimeoutStartSec=", "ExecReload=")
IMPATIENT = "WatchdogSec=3s\nRestart=on-failure\nRestartSec=100ms\n"


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def systemd(tmp_path: Path, port: int) -> Iterator[Systemd]:
    require("systemd", root=True)
    require_namespaces()
    with Systemd(units={"remediator.service": unit(tmp_path, port)}) as running:
        yield running


def unit(folder: Path, port: int) -> str:
    """What the shipped unit agrees with systemd, for the program of this repository."""
    file = folder / "remediator.yaml"
    file.write_text(json.dumps({"data_dir": str(folder), "playbooks": []}))
    argv = f"-m remediator serve --config.file={file} --web.listen-address=127.0.0.1:{port}"
    kept = [line for line in SHIPPED.splitlines() if line.startswith(KEPT)]
    start = f"ExecStart={sys.executable} {argv}\nWorkingDirectory={ROOT}\n"
    return "[Service]\n" + start + IMPATIENT + "\n".join(kept) + "\n"


def is_ready(port: int) -> bool:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/-/ready", timeout=5) as answer:
        return bool(answer.status == 200)


def shown(systemd: Systemd, key: str) -> str:
    return systemd.systemctl("show", "--value", f"--property={key}", "remediator")


def test_a_start_waits_until_it_listens_a_reload_comes_back_and_a_hang_is_ended(
    systemd: Systemd, port: int
) -> None:
    systemd.systemctl("start", "remediator")
    assert is_ready(port)
    first = shown(systemd, "MainPID")

    systemd.systemctl("reload", "remediator")
    time.sleep(4)  # longer than the watchdog waits
    assert (shown(systemd, "MainPID"), shown(systemd, "ActiveState")) == (first, "active")

    systemd.systemctl("kill", f"--signal={signal.SIGSTOP.name}", "remediator")
    deadline = time.monotonic() + 90
    while shown(systemd, "MainPID") in (first, "0") or shown(systemd, "ActiveState") != "active":
        assert time.monotonic() < deadline, systemd.log()
        time.sleep(0.1)
    assert is_ready(port)
    assert shown(systemd, "NRestarts") == "1"

    systemd.systemctl("stop", "remediator")
    assert shown(systemd, "Result") == "success"
