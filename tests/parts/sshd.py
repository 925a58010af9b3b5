"""A real OpenSSH server on loopback, for the SSH gateway and for everything that runs on hosts."""

import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from tests.parts.account import Account
from tests.parts.part import Part
from tests.parts.require import find
from tests.parts.server import accepts, free_port, output

# A bash that sshd starts reads its .bashrc, unless SHLVL says that it is no outermost shell: what stands there on a
# developer's machine (pyenv takes seconds, and a lock) is not what is tested here. A throw-away account has its own.
OF_OUR_OWN_ACCOUNT = "SetEnv SHLVL=1\n"
CONFIG = """\
ListenAddress 127.0.0.1
Port {port}
HostKey {directory}/host_key
PidFile none
AuthorizedKeysFile {directory}/authorized_keys
AllowUsers {user}
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
StrictModes no
PrintMotd no
UseDNS no
LogLevel VERBOSE
MaxStartups 100:30:200
Subsystem sftp internal-sftp
"""


class Sshd(Part):
    """One server with its own host key and one authorised key.

    The user is root (with root's shell) unless `login_shell` or `sudo` ask for a throw-away
    account. `wrap` is put before the server's argv, for example to enter a namespace.
    """

    host = "127.0.0.1"

    def __init__(
        self, *, login_shell: str | None = None, sudo: bool = False, wrap: Sequence[str] = ()
    ) -> None:
        super().__init__("sshd")
        self.port = free_port()
        self._account = _new_account(login_shell, sudo=sudo)
        self.user = self._account.name if self._account else "root"
        self.private_key_path = self.directory / "user_key"
        self.known_hosts_path = self.directory / "known_hosts"
        self._wrap = tuple(wrap)

    def start(self) -> None:
        if self._account and not self._account.is_running:
            self._account.start()
        Path("/run/sshd").mkdir(exist_ok=True)
        self._write_keys()
        config = self.directory / "sshd_config"
        config.write_text(self._config())
        argv = [*self._wrap, _sshd(), "-D", "-e", "-f", str(config)]
        self._server.start(argv, lambda: accepts(self.port))

    def close(self) -> None:
        super().close()
        if self._account:
            self._account.close()

    def cut(self) -> int:
        """Kill every session's sshd in the middle; commands live on. Returns how many were cut."""
        _, *sessions = self._sshds()
        for pid in sessions:
            with suppress(ProcessLookupError):  # its parent's death may have been its own
                os.kill(pid, signal.SIGKILL)
        return len(sessions)

    def freeze(self) -> None:
        """Stop answering without closing anything: listener and sessions hang until `thaw()`."""
        self._signal_all(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal_all(signal.SIGCONT)

    def run(self, command: str, *, seconds: float = 30) -> subprocess.CompletedProcess[str]:
        """Run a command line with the stock `ssh` client, as a person at a terminal would."""
        argv = ["ssh", "-F", "none", "-p", str(self.port), "-i", str(self.private_key_path)]
        argv += ["-o", f"UserKnownHostsFile={self.known_hosts_path}", "-o", "BatchMode=yes"]
        argv += ["-o", "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=yes"]
        argv += [f"{self.user}@{self.host}", command]
        return subprocess.run(
            argv,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def _write_keys(self) -> None:
        for name in ("host_key", "user_key"):
            if not (self.directory / name).exists():
                path = str(self.directory / name)
                output(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", path])
        shutil.copy(self.directory / "user_key.pub", self.directory / "authorized_keys")
        public = (self.directory / "host_key.pub").read_text().split()[:2]
        self.known_hosts_path.write_text(f"[{self.host}]:{self.port} {' '.join(public)}\n")

    def _config(self) -> str:
        text = CONFIG.format(port=self.port, directory=self.directory, user=self.user)
        text += "" if self._account else OF_OUR_OWN_ACCOUNT
        return text + _without_penalties(text, self.directory)

    def _sshds(self) -> list[int]:
        """The listener, then its sessions' sshds; `wrap` may have put another program before."""
        family = [self.pid, *_descendants(self.pid)]
        return [pid for pid in family if _program(pid).startswith("sshd")]

    def _signal_all(self, number: signal.Signals) -> None:
        for pid in self._sshds():
            with suppress(ProcessLookupError):  # a session may end at any moment
                os.kill(pid, number)


def _without_penalties(config: str, directory: Path) -> str:
    """OpenSSH 9.8 and later lock a source out after failed logins, which tests do on purpose."""
    line = "PerSourcePenalties no\n"
    trial = directory / "trial_config"
    trial.write_text(config + line)
    done = subprocess.run([_sshd(), "-t", "-f", str(trial)], capture_output=True, check=False)
    return line if done.returncode == 0 else ""


def _new_account(login_shell: str | None, *, sudo: bool) -> Account | None:
    if login_shell is None and not sudo:
        return None
    return Account(login_shell or "/bin/bash", sudo=sudo)


def _sshd() -> str:
    found = find("sshd")
    assert found is not None, "require('sshd') first"
    return found


def _descendants(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [one for child in map(int, children) for one in (child, *_descendants(child))]


def _program(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""
