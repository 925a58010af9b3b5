"""What `serve` says to people when it begins: what it loaded, where data is kept, how far it may go, what senders need.

Pure; for text logs only, as programs that read JSON want no prose.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from remediator.config.playbooks import PlaybookBook
from remediator.config.settings import Settings
from remediator.core.playbook import Mode
from remediator.core.selection import Environment
from remediator.ports.source import Source

_HOW_FAR = {
    Mode.OFF: "nothing in {}",
    Mode.DRY_RUN: "dry runs in {}",
    Mode.APPROVE: "after approval in {}",
    Mode.AUTO: "by itself in {}",
}
_NO_SETTINGS = "none: defaults. `remediator init` writes a file to begin with"
_NO_PLAYBOOKS = "none, so no alert is answered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What there is to say; `address` is where the daemon listens."""

    address: str
    settings: Settings
    book: PlaybookBook
    sources: tuple[Source, ...]

    def lines(self) -> Iterator[str]:
        """Yield the lines; without a settings file, what senders need to be told is among them."""
        yield f"remediator listens on {self._url}"
        yield f"  settings   {self.settings.file or _NO_SETTINGS}"
        yield f"  playbooks  {self._playbooks()}"
        yield f"  data       {self._data()}"
        yield f"  changes    {how_far(self.settings.environments)}"
        for source in self.sources:
            yield f"  alerts     POST {self._url}{source.path}"
        if self.settings.file is None:
            yield from self._receivers()

    @property
    def _url(self) -> str:
        return f"http{'s' if self.settings.tls else ''}://{self.address}"

    def _playbooks(self) -> str:
        names = ", ".join(sorted(self.book.by_name))
        if names:
            folders = ", ".join(str(path) for path in self.settings.playbooks)
            return f"{len(self.book)} from {folders}: {names}"
        where = "`playbooks`" if self.settings.file else "./playbooks"
        return f"{_NO_PLAYBOOKS}; put some into {where}"

    def _data(self) -> str:
        store, folder = self.settings.store, self.settings.data_dir
        return store.url if store else f"{folder.absolute()} (SQLite)"

    def _receivers(self) -> Iterator[str]:
        for source in self.sources:
            if source.receiver:
                yield ""
                yield f"To be told of alerts, paste this into the configuration of {source.kind.title()}:"
                yield ""
                yield from source.receiver(self._url + source.path).splitlines()
                yield ""


def how_far(environments: Iterable[Environment]) -> str:
    """Say what may be changed where."""
    named = tuple(environments)
    if not named:
        return "none: everything is a dry run, as no environment is named in the settings"
    said = [_HOW_FAR[each.mode].format(each.name) for each in named]
    rest = () if any(not each.match for each in named) else ("a dry run everywhere else",)
    return "; ".join((*said, *rest))
