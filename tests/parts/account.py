"""A throw-away Unix account with a chosen login shell; used by `sshd.py`."""

import secrets
import shutil
from pathlib import Path

from tests.parts.part import Part
from tests.parts.server import output


class Account(Part):
    """A user that exists while the context is open; with `sudo`, root without a password."""

    def __init__(self, shell: str = "/bin/bash", *, sudo: bool = False) -> None:
        super().__init__("account")
        self.name = f"remediator-{secrets.token_hex(4)}"
        self.home = self.directory / "home"
        self._shell, self._sudo = shell, sudo
        self._sudoers = Path("/etc/sudoers.d") / self.name
        self._server.last_words = f"rm -f {self._sudoers}; userdel --force {self.name}"

    def start(self) -> None:
        self._server.start(["sleep", "infinity"], lambda: True)
        words = ["--home-dir", str(self.home), "--create-home", "--shell", self._shell]
        output(["useradd", *words, self.name])
        output(["usermod", "--password", "*", self.name])  # a locked account may not use a key
        if self._sudo:
            self._sudoers.touch(mode=0o440)
            self._sudoers.write_text(f"{self.name} ALL=(root) NOPASSWD: ALL\n")


def busybox_ash(directory: Path) -> str:
    """A path in `directory` that, used as a login shell, is busybox's ash."""
    link = directory / "ash"
    if not link.exists():
        link.symlink_to(shutil.which("busybox") or "/bin/busybox")
    return str(link)
