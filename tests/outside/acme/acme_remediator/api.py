"""What a shelf of lamps is asked and told. A lamp is a target `lamp/NAME`, a file on the shelf."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from remediator.sdk import ReadKey, WriteKey


class Lamps(Protocol):
    """Looks."""

    def is_lit(self, name: str) -> bool: ...


class Switches(Protocol):
    """Switches lamps on."""

    def light(self, name: str) -> None: ...


class Shelf:
    """Lamps that are files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def is_lit(self, name: str) -> bool:
        return (self._folder / name).exists()


class Panel(Shelf):
    """The shelf's switches."""

    def light(self, name: str) -> None:
        (self._folder / name).touch()


@dataclass(frozen=True)
class SwitchRight:
    """What the panel's key must open."""

    words: str = "switch it on"
    is_too_much: bool = False


_MISSING = "there is no shelf of lamps: add `acme` to the settings"
LAMPS: ReadKey[Lamps] = ReadKey("acme", _MISSING)
SWITCHES: WriteKey[Switches] = WriteKey("acme", _MISSING)
