"""libfaketime: a wall clock for one program, set from outside while that runs. Monotonic clocks stay as they are."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

_PLACES = ("/usr/lib", "/usr/local/lib", "/lib")
_NAME = "faketime/libfaketimeMT.so.1"


class FakeTime:
    """The wall clock of whatever is started by `argv`."""

    def __init__(self, directory: Path) -> None:
        self._file = directory / "faketime.rc"
        self.set(timedelta(0))

    def set(self, offset: timedelta) -> None:
        """Put the clock so far from the real time, from now on."""
        waiting = self._file.with_suffix(".new")
        waiting.write_text(f"{offset.total_seconds():+.0f}\n")
        waiting.replace(self._file)

    def argv(self, *words: str) -> Sequence[str]:
        """Return what starts a program under this clock."""
        given = {
            "LD_PRELOAD": str(library()),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_DONT_RESET": "1",
        }
        return ["env", *(f"{name}={value}" for name, value in given.items()), *words]


def library() -> Path:
    """Return the library that is preloaded."""
    return next(path for place in _PLACES for path in Path(place).glob(f"**/{_NAME}"))
