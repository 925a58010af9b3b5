"""What intake takes from the inbox at once: notifications that were read, in portions that one transaction can bear."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from remediator.core.alert import Alert, AlertGroup, Oddity, RefusedAlert
from remediator.ports.store import Notification

CHUNK = 100
MOST_CHARACTERS = 512 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One notification and what was read in it; `error` says why nothing was."""

    notification: Notification
    group: AlertGroup | None = None
    error: str = ""
    refused: tuple[RefusedAlert, ...] = ()

    def __post_init__(self) -> None:
        if self.group is not None:
            object.__setattr__(self, "refused", self.group.refused)

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """The alerts that are to be admitted."""
        return self.group.alerts if self.group else ()

    @property
    def is_large(self) -> bool:
        """Say whether this is more than one transaction should bear."""
        return len(self.alerts) > CHUNK or len(self.notification.body) > MOST_CHARACTERS

    def refusal(self, number: int, alert: Alert, reason: str) -> RefusedAlert:
        """Return that one alert was read and could not be admitted."""
        return RefusedAlert(
            number=len(self.refused) + len(self.alerts) + number,
            oddity=Oddity.ADMISSION,
            reason=reason,
            fingerprint=alert.fingerprint,
            name=alert.name,
        )


@dataclass(slots=True)
class Batch:
    """Notifications for one transaction."""

    items: list[Item] = field(default_factory=list)
    _alerts: int = 0
    _characters: int = 0

    def add(self, item: Item) -> None:
        """Put one more in."""
        self.items.append(item)
        self._alerts += len(item.alerts)
        self._characters += len(item.notification.body)

    @property
    def is_full(self) -> bool:
        """Say whether no more should be put in."""
        return self._alerts >= CHUNK or self._characters >= MOST_CHARACTERS


def pieces(alerts: Sequence[Alert]) -> Iterator[tuple[Alert, ...]]:
    """Cut a large group into portions, by number and by size."""
    piece: list[Alert] = []
    characters = 0
    for alert in alerts:
        size = _size(alert)
        if piece and (len(piece) == CHUNK or characters + size > MOST_CHARACTERS):
            yield tuple(piece)
            piece, characters = [], 0
        piece.append(alert)
        characters += size
    if piece:
        yield tuple(piece)


def _size(alert: Alert) -> int:
    maps = (alert.labels, alert.annotations)
    return sum(len(name) + len(value) for each in maps for name, value in each.items())
