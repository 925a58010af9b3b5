"""What observer and executor bring home and what is said of a run, secrets of strangers masked before it is stored.

What a change needs to be applied, its intent and version, is left as it is: it is what people sign. Where it is shown,
it is masked there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from remediator.core.alert import Alert
from remediator.core.change import Change, Nothing
from remediator.core.errors import ActionError
from remediator.core.events import Event, Evidence, Proposed, UndoProposed
from remediator.core.masking import Mask


def masked_proposal(mask: Mask, found: Change | Nothing) -> Change | Nothing:
    """Mask what people read of a proposal."""
    return mask.told(found) if isinstance(found, Nothing) else masked_change(mask, found)


def masked_change(mask: Mask, found: Change) -> Change:
    """Mask what people read of a change."""
    return replace(
        found,
        summary=mask(found.summary),
        before=mask.inside(found.before),
        after=mask.inside(found.after),
        undo_hint=mask(found.undo_hint),
    )


def masked_alert(mask: Mask, alert: Alert) -> Alert:
    """Mask what people read of an alert. Its labels say which alert it is, and stay; they are masked when told."""
    annotations = mask.inside(alert.annotations)
    return alert if annotations == alert.annotations else replace(alert, annotations=annotations)


def masked_event(mask: Mask, event: Event) -> Event:
    """Mask what an event says; its change, where it has one, was masked when it was proposed."""
    if isinstance(event, Proposed):
        return event
    if isinstance(event, UndoProposed):
        return replace(event, reason=mask(event.reason))
    return mask.told(event)


def masked_evidence(mask: Mask, found: Evidence) -> Evidence:
    """Mask what a probe found; its lines are one text, for a private key goes over many."""
    title, problem = mask(found.title), mask(found.problem)
    return replace(found, title=title, lines=mask.lines(found.lines), problem=problem)


@contextmanager
def masked_errors(mask: Mask) -> Iterator[None]:
    """Mask what an action's error quotes."""
    try:
        yield
    except ActionError as error:
        detail = mask(error.detail)
        if detail == error.detail:
            raise
        raise type(error)(detail, target=error.target) from error
