"""A real systemd-journald inside a namespace, with many small archives, for the vacuum action."""

from tests.parts.namespace import Namespace
from tests.parts.part import Part
from tests.parts.require import find

SETTINGS = """\
[Journal]
Storage=persistent
Compress=no
Seal=no
ReadKMsg=no
RateLimitIntervalSec=0
ForwardToSyslog=no
ForwardToWall=no
SystemMaxUse={use}M
SystemKeepFree=1M
SystemMaxFileSize={file}M
"""
SMALLEST_USE = 64


class Journald(Part):
    """journald of one namespace, writing to that namespace's /var/log/journal.

    It archives a file every `file_mebibytes`; the journal never grows over `use_mebibytes`.
    """

    def __init__(
        self, namespace: Namespace, *, use_mebibytes: int = 4096, file_mebibytes: int = 8
    ) -> None:
        super().__init__("journald")
        self._namespace = namespace
        self._settings = SETTINGS.format(use=max(use_mebibytes, SMALLEST_USE), file=file_mebibytes)

    def start(self) -> None:
        inside = self._namespace
        inside.run(["mkdir", "-p", "/run/systemd/journald.conf.d", "/run/systemd/journal"])
        inside.run(["mkdir", "-p", "/var/log/journal"])
        inside.run(["tee", "/run/systemd/journald.conf.d/test.conf"], stdin=self._settings)
        daemon = find("systemd-journald")
        assert daemon is not None, "require('systemd-journald') first"
        self._server.start([*inside.wrap, daemon], self._answers)
        inside.run(["journalctl", "--flush"])  # until then it writes to /run

    def write(self, message: str, *, tag: str = "test") -> None:
        """Write one message and wait until it can be read."""
        self._namespace.run(["systemd-cat", "-t", tag], stdin=message + "\n")
        self._namespace.run(["journalctl", "--sync"])

    def fill(self, mebibytes: int) -> None:
        """Write unlike messages (journald keeps equal ones once) until so much was written."""
        letters = mebibytes * 1024 * 1024 * 3 // 4
        line = f"head -c {letters} /dev/urandom | base64 -w 4000 | systemd-cat -t filler"
        self._namespace.run(["sh", "-c", line], seconds=300)
        self._namespace.run(["journalctl", "--sync"])

    def usage(self) -> int:
        """Bytes of all journal files."""
        words = self._namespace.run(["du", "-sb", "/var/log/journal"]).split()
        return int(words[0])

    def _answers(self) -> bool:
        return self._namespace.exec(["journalctl", "--sync"]).returncode == 0
