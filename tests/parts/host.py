"""A whole small machine: systemd, journald, sshd, Docker and a node exporter around a small /var.

Everything runs in one namespace whose /var is a small loop-mounted ext4, so journals and images
fill a real disk, an alert says `mountpoint="/var"`, and cleaning up really frees space.
"""

import subprocess
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from tests.parts.dockerd import Dockerd
from tests.parts.journald import Journald
from tests.parts.loopfs import LoopFs
from tests.parts.node_exporter import NodeExporter
from tests.parts.server import PartFailed
from tests.parts.sshd import Sshd
from tests.parts.systemd import Systemd

SETUP = """\
mount --move {small} /var
mkdir -p /var/lib/docker /var/log/journal /var/cache /var/spool
mkdir -m 1777 /var/tmp
ln -s /run /var/run
ln -s /run/lock /var/lock"""


class Host:
    """`disk` is its /var, to measure and fill; `sshd` is the way in, `exec` and `run` look inside.

    With `sudo` the SSH user is a throw-away account that may use `sudo -n`, else it is root.
    """

    mountpoint = "/var"

    def __init__(
        self,
        *,
        mebibytes: int = 512,
        docker: bool = False,
        sudo: bool = False,
        login_shell: str | None = None,
        units: Mapping[str, str] | None = None,
    ) -> None:
        self._docker, self._sudo, self._login_shell = docker, sudo, login_shell
        self.disk = LoopFs(mebibytes)
        setup = SETUP.format(small=self.disk.path)
        self.systemd = Systemd(units=units, setup=setup)
        self._stack = ExitStack()
        self.dockerd: Dockerd | None = None

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(self.disk)
            stack.enter_context(self.systemd)
            self.journald = stack.enter_context(Journald(self.systemd))
            self.node_exporter = stack.enter_context(NodeExporter(wrap=self.systemd.wrap))
            self.sshd = stack.enter_context(self._new_sshd())
            if self._docker:
                self.dockerd = stack.enter_context(self._new_dockerd())
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def exec(self, argv: Sequence[str], *, seconds: float = 60) -> subprocess.CompletedProcess[str]:
        """Run a command inside, not through SSH, and return all there is to know about it."""
        return self.systemd.exec(argv, seconds=seconds)

    def run(self, argv: Sequence[str]) -> str:
        """What a command prints inside; raise PartFailed if it fails."""
        return self.systemd.run(argv)

    def fill_journal(self, mebibytes: int) -> None:
        """Write so much into the journal; all but the newest 8 MiB end up in archived files."""
        self.journald.fill(mebibytes)

    def add_dangling_image(self, mebibytes: int, *, days_old: int = 30) -> str:
        """Load an untagged image, by default an old one; returns its id."""
        if self.dockerd is None:
            raise PartFailed("this host has no Docker: Host(docker=True)")
        return self.dockerd.import_image(None, mebibytes, days_old=days_old)

    def _new_sshd(self) -> Sshd:
        return Sshd(login_shell=self._login_shell, sudo=self._sudo, wrap=self.systemd.wrap)

    def _new_dockerd(self) -> Dockerd:
        socket = Path("/run/docker.sock")
        return Dockerd(Path("/var/lib/docker"), socket=socket, wrap=self.systemd.wrap)
