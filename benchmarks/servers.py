"""Start the servers that are measured, each as a process of its own: the daemon, and a bare aiohttp handler."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent
BARE = """
import sys
from aiohttp import web
async def take(request):
    body = await request.read()
    return web.json_response({"bytes": len(body)}, status=202)
app = web.Application(client_max_size=16 * 1024 * 1024)
app.router.add_post("/webhooks/alertmanager", take)
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)
"""


def has_postgres() -> bool:
    return bool(shutil.which("postgres") or list(Path("/usr/lib/postgresql").glob("*/bin/initdb")))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(12_000):
        if process.poll() is not None:
            raise SystemExit(f"the server on port {port} ended with {process.returncode}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.01)
    raise SystemExit(f"nothing listens on port {port}")


@contextmanager
def running(argv: list[str], port: int) -> Iterator[subprocess.Popen[bytes]]:
    environment = os.environ | {"PYTHONPATH": str(HERE.parent)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed program has its bytecode
    process = subprocess.Popen(
        argv, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_for_port(port, process)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


@contextmanager
def bare_server() -> Iterator[int]:
    port = free_port()
    with running([sys.executable, "-c", BARE, str(port)], port):
        yield port


@contextmanager
def daemon(
    settings: str = "", playbook: str = "", database: Path | None = None
) -> Iterator[tuple[int, subprocess.Popen[bytes], Path]]:
    """Run `remediator serve` in a fresh directory; yield its port, its process and that directory."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "remediator.yaml"
        if database:
            (Path(folder) / "site").mkdir(mode=0o700)
            shutil.copy(database, Path(folder) / "site" / "remediator.sqlite3")
        if playbook:
            (Path(folder) / "playbooks").mkdir()
            (Path(folder) / "playbooks" / "playbook.yaml").write_text(playbook)
        file.write_text(f"listen: 127.0.0.1:{port}\ndata_dir: {folder}/site\n{settings}")
        argv = [sys.executable, "-m", "remediator", "serve", "--config.file", str(file)]
        with running([*argv, "--log.level", "error"], port) as process:
            yield port, process, Path(folder)


def load(port: int, *, connections: int, seconds: float, first: int = 0, most: int = 10**9):
    """Run the load generator as a process and return its figures."""
    argv = [sys.executable, str(HERE / "load.py")]
    words = [str(w) for w in (port, connections, seconds, first, most)]
    return json.loads(subprocess.run([*argv, *words], check=True, capture_output=True).stdout)


def get(port: int, path: str):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
        return json.loads(answer.read())


def resident_megabytes(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024


def open_files(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
