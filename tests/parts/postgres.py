"""A real PostgreSQL with fsync on, for the store's contract and for chaos tests."""

import itertools
import os
import pwd
import signal
import subprocess
from pathlib import Path
from typing import Literal

from tests.parts.part import Part
from tests.parts.require import find
from tests.parts.server import free_port, output

USER = "remediator"
STOP_SIGNALS = {
    "smart": signal.SIGTERM,
    "fast": signal.SIGINT,
    "immediate": signal.SIGQUIT,
    "kill": signal.SIGKILL,
}
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "200",
    "shared_buffers": "32MB",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "log_min_messages": "warning",
    "password_encryption": "scram-sha-256",
}


class Postgres(Part):
    """One cluster; `stop("immediate")` and `start()` are a crash and a restart."""

    def __init__(self) -> None:
        super().__init__("postgres")
        self.port = free_port()
        self._numbers = itertools.count(1)
        self._initialised = False

    @property
    def pid(self) -> int:
        return self._server.pid

    def start(self) -> None:
        """Start, or start again on the same port with the same databases."""
        self._initialise()
        settings = {**SETTINGS, "port": str(self.port), "unix_socket_directories": self.directory}
        words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        argv = [*_as_postgres(), _binary("postgres"), "-D", str(self.directory / "cluster"), *words]
        self._server.start(argv, self.answers, env=_clean_environment())

    def stop(self, mode: Literal["smart", "fast", "immediate", "kill"] = "fast") -> None:
        self._server.stop(STOP_SIGNALS[mode])

    def answers(self) -> bool:
        """Whether a query is answered right now."""
        return self._psql("postgres", "select 1", check=False).returncode == 0

    def new_database(self) -> str:
        """A fresh empty database; the URL has no password (trust on loopback)."""
        name = f"test_{os.getpid()}_{next(self._numbers)}"
        self.query("postgres", f'create database "{name}"')
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{name}"

    def query(self, database: str, statement: str) -> str:
        """What psql prints for one statement, unaligned and without headers."""
        return self._psql(database, statement, check=True).stdout.strip()

    def _psql(
        self, database: str, statement: str, *, check: bool
    ) -> subprocess.CompletedProcess[str]:
        argv = [_binary("psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]
        argv += ["-h", "127.0.0.1", "-p", str(self.port), "-U", USER, "-d", database]
        argv += ["-c", statement]
        return subprocess.run(
            argv, capture_output=True, text=True, check=check, timeout=30, env=_clean_environment()
        )

    def _initialise(self) -> None:
        if self._initialised:
            return
        if os.geteuid() == 0:
            account = pwd.getpwnam("postgres")
            os.chown(self.directory, account.pw_uid, account.pw_gid)
        words = [
            "--auth=trust",
            "--no-locale",
            "--encoding=UTF8",
            "--no-sync",
            f"--username={USER}",
        ]
        cluster = str(self.directory / "cluster")
        output([*_as_postgres(), _binary("initdb"), "-D", cluster, *words])
        self._initialised = True


def _as_postgres() -> list[str]:
    if os.geteuid() != 0:
        return []
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]


def _binary(name: str) -> str:
    server = find("postgres")
    assert server is not None, "require('postgres') first"
    beside = Path(server).resolve().with_name(name)
    return str(beside) if beside.exists() else name


def _clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}
