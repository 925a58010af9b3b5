"""Own mounts, process ids and cgroups with an init of our choice: the shell of a test host."""

import secrets
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.parts.part import Part
from tests.parts.server import output

NAMESPACES = ("--pid", "--ipc", "--uts", "--cgroup")
ENTER = ("--mount", *NAMESPACES)

# In its own mount namespace: joins a fresh cgroup, so that an init may own the tree below it.
OUTER = """\
set -e
mount -t cgroup2 none {cgroups}
mkdir {cgroups}/{name}
echo 0 > {cgroups}/{name}/cgroup.procs
exec unshare {namespaces} --mount --propagation private --fork --kill-child --mount-proc \\
  sh {directory}/inner.sh
"""
# A fresh /run as after a boot, our own identity, and a cgroup tree whose root is ours.
INNER = """\
set -e
umount {cgroups}
umount -R /sys/fs/cgroup 2>/dev/null || true
mount -t cgroup2 none /sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/sshd /run/log /run/lock
test -e /etc/machine-id || : > /etc/machine-id
mount --bind {directory}/machine-id /etc/machine-id
{setup}
mount --make-rshared /
touch {directory}/ready
exec {init}
"""
FORGET = """\
unshare --mount sh -c 'mount -t cgroup2 none {cgroups}; for try in 1 2 3 4 5; do
find {cgroups}/{name} -depth -type d -exec rmdir {{}} + 2>/dev/null && break; sleep 0.2; done'"""


class Namespace(Part):
    """`setup` is shell that runs inside as root before `init` (a shell word list) becomes PID 1.

    All that was mounted or started inside is gone when the context closes.
    """

    def __init__(self, *, setup: str = ":", init: str = "sleep infinity") -> None:
        self.name = f"remediator-{secrets.token_hex(4)}"
        super().__init__("namespace")
        self._words = {
            "cgroups": str(self.directory / "cgroups"),
            "directory": str(self.directory),
            "name": self.name,
            "namespaces": " ".join(NAMESPACES),
            "setup": setup,
            "init": init,
        }
        self._server.last_words = FORGET.format(**self._words)

    def start(self) -> None:
        (self.directory / "cgroups").mkdir()
        (self.directory / "machine-id").write_text(secrets.token_hex(16) + "\n")
        (self.directory / "outer.sh").write_text(OUTER.format(**self._words))
        (self.directory / "inner.sh").write_text(INNER.format(**self._words))
        outer = str(self.directory / "outer.sh")
        argv = ["unshare", "--mount", "--propagation", "private", "sh", outer]
        self._server.start(argv, (self.directory / "ready").exists)

    def stop(self) -> None:
        """Kill everything inside."""
        self._server.stop(signal.SIGKILL)

    @property
    def init_pid(self) -> int:
        """PID 1 of the namespace, as seen from outside: the only child of `unshare --fork`."""
        pid = self._server.pid
        return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])

    @property
    def wrap(self) -> tuple[str, ...]:
        """Words to put before an argv so that it runs inside."""
        return ("nsenter", "--target", str(self.init_pid), *ENTER, "--")

    def run(self, argv: Sequence[str], *, stdin: str | None = None, seconds: float = 60) -> str:
        """What a command prints inside; raise PartFailed if it fails."""
        return output([*self.wrap, *argv], stdin=stdin, seconds=seconds)

    def exec(self, argv: Sequence[str], *, seconds: float = 60) -> subprocess.CompletedProcess[str]:
        """Run a command inside and return all there is to know about it."""
        words = [*self.wrap, *argv]
        return subprocess.run(words, capture_output=True, text=True, timeout=seconds, check=False)
