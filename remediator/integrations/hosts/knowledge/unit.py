"""A systemd unit at two moments: whether it only went on crashing and starting, or the world has moved. Pure.

Every start gives a unit another InvocationID, so that in a restart loop it moves by itself every few seconds. What
tells the loop from a person: systemd counts its own starts in NRestarts, and a start by hand begins at none again (see
`service_start` in systemd's `src/core/service.c`). Used by `service.restart` and the check `unit`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_WELL_AFTER = 10.0
_ROUNDS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """What systemd says about a unit; no invocation where it never ran since boot.

    `restarts` are systemd's own since a start by hand, None where it is too old to count them. `active_since` and
    `looked_at` are seconds of the host's own clock since boot, None where they are not known. `file` is the digest of
    its unit file with all drop-ins, "" where they cannot be read. `result` is why it ended, in systemd's word.
    """

    loaded: str
    active: str
    sub: str
    invocation: str
    boot: str
    restarts: int | None = None
    active_since: float | None = None
    looked_at: float | None = None
    file: str = ""
    result: str = ""

    @property
    def is_given_up(self) -> bool:
        """Whether systemd says that it was started too often. After an exit code that stays its only word."""
        return self.result == "start-limit-hit"

    @property
    def may_be_refused(self) -> bool:
        """Whether systemd may refuse to start it, because it was started too often (StartLimitBurst)."""
        return self.active == "failed"

    @property
    def state(self) -> str:
        """The unit's state in words."""
        return f"{self.active} ({self.sub})"

    @property
    def version(self) -> str:
        """What a plan is made from."""
        return f"{self.boot}/{self.invocation}"

    def as_facts(self) -> Mapping[str, Any]:
        """Return what a change keeps as the state before."""
        facts = {"state": self.state, "invocation": self.invocation, "restarts": self.restarts}
        more = {"looked_at": self.looked_at, "unit_file": self.file}
        return facts | {name: value for name, value in more.items() if value}


def show_words(name: str, *more: str) -> list[str]:
    """Return the command that tells a unit's state, and `more` of its properties; `parse_properties` reads it."""
    properties = ",".join(("LoadState", "ActiveState", "SubState", *more))
    return ["systemctl", "show", f"--property={properties}", "--", name]


def parse_properties(text: str) -> Mapping[str, str]:
    """Read the `Name=value` lines of `systemctl show`."""
    pairs = (line.partition("=") for line in text.splitlines())
    return {name: value.strip() for name, equals, value in pairs if equals}


def why_moved(version: str, before: Mapping[str, Any], unit: Unit) -> str | None:
    """Return why a unit is not what a plan of this version was made for, or None where it is, or only went on in its
    loop; `before` is what `as_facts` said then."""
    boot, _, invocation = version.rpartition("/")
    if boot != unit.boot:
        return "the host was booted since"
    was, file = before.get("restarts"), before.get("unit_file")
    if file and unit.file and file != unit.file:
        return "its unit file was changed since"
    if invocation == unit.invocation:
        return None
    if was is None or unit.restarts is None or unit.restarts <= was:
        return "the unit was started anew since"
    return _why_well(before.get("looked_at"), unit.restarts - was, unit)


def is_of_the_loop(before: Mapping[str, Any], unit: Unit) -> bool:
    """Say whether a new invocation may be systemd's own start, and so proves nobody's."""
    was = before.get("restarts")
    return was is not None and unit.restarts is not None and unit.restarts > was


def _why_well(planned_at: float | None, rounds: int, unit: Unit) -> str | None:
    """A unit is well that has run longer than three rounds of its loop took; where that is not known, it may be."""
    if unit.active != "active":
        return None
    if planned_at is None or unit.active_since is None or unit.looked_at is None:
        return "the unit was started anew since and runs"
    runs = unit.looked_at - unit.active_since
    round_takes = max(0.0, unit.active_since - planned_at) / rounds
    if runs < max(_WELL_AFTER, _ROUNDS * round_takes):
        return None
    return f"the unit has come back by itself and runs since {runs:.0f} s"
