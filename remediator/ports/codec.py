"""How runs, events and messages are written down as JSON and read again; used by the store, the API and telemetry."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace
from functools import cache
from typing import Annotated, TypeVar, cast

from pydantic import Field, TypeAdapter

from remediator.core.events import Admitted, Event
from remediator.core.guards import GUARDS
from remediator.core.messages import Message
from remediator.core.order import Order
from remediator.core.run import Run
from remediator.core.site_events import SiteEvent

T = TypeVar("T")
_TaggedEvent = Annotated[Event, Field(discriminator="kind")]
_TaggedSiteEvent = Annotated[SiteEvent, Field(discriminator="kind")]


def adapter(kind: type[T]) -> TypeAdapter[T]:
    """Return the (cached) reader and writer of a type."""
    return cast("TypeAdapter[T]", _made(cast("Hashable", kind)))


@cache
def _made(kind: Hashable) -> TypeAdapter[object]:
    return TypeAdapter(cast("type[object]", kind))


def _events() -> TypeAdapter[Event]:
    return cast("TypeAdapter[Event]", _made(cast("Hashable", _TaggedEvent)))


def _site_events() -> TypeAdapter[SiteEvent]:
    return cast("TypeAdapter[SiteEvent]", _made(cast("Hashable", _TaggedSiteEvent)))


def encode_run(run: Run) -> str:
    """Write a run down as JSON."""
    return adapter(Run).dump_json(run).decode()


def decode_run(text: str) -> Run:
    """Read a run back, its guards' settings with their types."""
    run = adapter(Run).validate_json(text)
    return replace(run, order=_revived(run.order))


def encode_event(event: Event) -> str:
    """Write an event down as JSON."""
    return _events().dump_json(event).decode()


def decode_event(text: str) -> Event:
    """Read an event back."""
    event = _events().validate_json(text)
    if isinstance(event, Admitted):
        return replace(event, order=_revived(event.order))
    return event


def encode_site_event(event: SiteEvent) -> str:
    """Write an event of the site down as JSON."""
    return _site_events().dump_json(event).decode()


def decode_site_event(text: str) -> SiteEvent:
    """Read an event of the site back."""
    return _site_events().validate_json(text)


def encode_message(message: Message) -> str:
    """Write a message down as JSON."""
    return adapter(Message).dump_json(message).decode()


def decode_message(text: str) -> Message:
    """Read a message back."""
    return adapter(Message).validate_json(text)


def plain(value: object) -> dict[str, object]:
    """Return a dataclass of ours as JSON-like Python: what the API shows."""
    kind: type[object] = type(value)
    document: dict[str, object] = adapter(kind).dump_python(value, mode="json")
    return document


def _revived(order: Order) -> Order:
    kinds = {guard.name: guard.settings for guard in GUARDS}
    guards: dict[str, object] = {
        name: adapter(kinds[name]).validate_python(raw)
        for name, raw in order.guards.items()
        if name in kinds
    }
    return replace(order, guards=guards)
