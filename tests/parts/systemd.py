"""A real systemd as PID 1 of a namespace, with only our units; for `systemctl` and its ids."""

import time
from collections.abc import Mapping
from pathlib import Path

from tests.parts.namespace import Namespace
from tests.parts.require import find
from tests.parts.server import PartFailed

START_SECONDS = 20
TARGETS = ("sysinit", "basic", "shutdown", "umount", "sockets", "paths", "timers", "slices")
TARGET = "[Unit]\nDescription={name}\nDefaultDependencies=no\n"
SETUP = """\
{setup}
mount --bind {directory}/units {vendor}
mkdir -p /etc/systemd/system
mount -t tmpfs -o mode=755 tmpfs /etc/systemd/system
mount -t tmpfs -o mode=755 tmpfs {generators}
export container=remediator-test SYSTEMD_LOG_TARGET=console SYSTEMD_LOG_LEVEL=info"""
VENDOR = Path("/lib/systemd/system").resolve()
SLEEPER = "[Service]\nExecStart=/bin/sleep infinity\n"


class Systemd(Namespace):
    """A namespace whose init is systemd. `units` are unit files by name; nothing is enabled.

    The distribution's units are hidden: `sysinit.target` and friends are empty, so a service with
    default dependencies starts at once.
    """

    def __init__(self, *, units: Mapping[str, str] | None = None, setup: str = ":") -> None:
        super().__init__()
        self._words["setup"] = SETUP.format(
            setup=setup,
            directory=self.directory,
            vendor=VENDOR,
            generators=VENDOR.with_name("system-generators"),
        )
        init = f"{find('systemd')} --system --unit=host.target --show-status=no </dev/null"
        self._words["init"] = init
        self._units = self.directory / "units"
        self._units.mkdir()
        texts = _empty_targets() | _message_bus() | dict(units or {"web.service": SLEEPER})
        for name, text in texts.items():
            (self._units / name).write_text(text)

    def start(self) -> None:
        super().start()
        deadline = time.monotonic() + START_SECONDS
        while (state := self._state()) != "running":
            if time.monotonic() > deadline:
                self.stop()
                raise PartFailed(f"systemd is {state or 'silent'}\n{self.log()}")
            time.sleep(0.05)

    def add_unit(self, name: str, text: str) -> None:
        """Add or replace a unit file and let systemd read it."""
        (self._units / name).write_text(text)
        self.systemctl("daemon-reload")

    def systemctl(self, *words: str) -> str:
        """What `systemctl` prints inside; raise PartFailed if it fails."""
        return self.run(["systemctl", *words]).strip()

    def _state(self) -> str:
        return self.exec(["systemctl", "is-system-running"]).stdout.strip()


def _empty_targets() -> dict[str, str]:
    first = TARGET.format(name="host") + "Wants=dbus.socket\n"
    rest = {f"{name}.target": TARGET.format(name=name) for name in TARGETS}
    return {"host.target": first, **rest}


def _message_bus() -> dict[str, str]:
    """Without a bus, `systemctl` answers root only."""
    units = [VENDOR / "dbus.socket", VENDOR / "dbus.service"]
    return {unit.name: unit.read_text() for unit in units if unit.exists()}
