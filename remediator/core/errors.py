"""Every error of remediator, by what the caller has to do next; raised in all rooms.

The four action errors are the four things the runner can do next; Partial and Missing are Permanents that people are
told of in other words, Interrupted is a Transient like that. "No" is a value, never an error.
"""

from __future__ import annotations

from typing import Any


class RemediatorError(Exception):
    """Be the root of all errors that remediator raises on purpose."""


class InputError(RemediatorError):
    """Say that what we were given is wrong; trying again without changing it is useless."""


class InvalidAlert(InputError):
    """Refuse a notification body: the sender gets 400."""


class NothingTaken(InvalidAlert):
    """Refuse a notification of which no alert can be taken; `refused` (of core.alert) says what is odd about each."""

    def __init__(self, text: str, refused: tuple[Any, ...]) -> None:
        super().__init__(text)
        self.refused = refused


class Overloaded(RemediatorError):
    """Say that there is too much to do for this now: 503 to senders; a later try may work."""


class InvalidPlaybook(InputError):
    """Refuse a playbook; the text holds `file:line:column` of every error found."""


class InvalidSettings(InputError):
    """Refuse the settings; the text holds `file:line:column` of every error found (exit code 2)."""


class InvalidTemplate(InputError):
    """Refuse a template: bad syntax, unknown name, or a result that is too long."""


class InvalidExpression(InputError):
    """Refuse a condition: it does not compile, or could not be evaluated within its budget."""


class InvalidTarget(InputError):
    """Refuse a target: its text is malformed, unknown to the inventory, ambiguous or not allowed."""


class ActionError(RemediatorError):
    """Be the root of what an action can report; `detail` must be scrubbed of secrets already."""

    def __init__(self, detail: str, *, target: str = "") -> None:
        super().__init__(f"{target}: {detail}" if target else detail)
        self.target = target
        self.detail = detail


class Transient(ActionError):
    """Say that nothing was changed and that a later try may work."""


class Permanent(ActionError):
    """Say that nothing was changed and that trying again is useless."""


class Partial(Permanent):
    """Say that it was begun and failed, so that something may have been changed; `detail` says how far it came."""


class Missing(Permanent):
    """Say that what a step works with is not there (a program, an API): nothing was changed, and the step is left out
    unless it is `required`."""


class Interrupted(Transient):
    """Say that it was begun and stopped at something busy: what was done stays, and a later try goes on from there."""


class Uncertain(ActionError):
    """Say that it may have been changed: observe before anything else."""


class Stale(ActionError):
    """Say that the world moved since propose: plan again; an approval is void."""


class StoreError(RemediatorError):
    """Be the root of what the store can report."""


class StoreUnavailable(StoreError):
    """Say that nothing can be stored now (down, full, shutting down): 503 to senders, rest for runs."""


class LeaseLost(StoreError):
    """Say that the run belongs to somebody else now: drop it without a word."""


class DeliveryError(RemediatorError):
    """Say that a channel could not deliver a message; `retry_after` is in seconds, when known.

    `receipt` is what the next try needs of what has arrived all the same, by whichever replica.
    """

    def __init__(
        self, detail: str, *, retry_after: float | None = None, final: bool = False
    ) -> None:
        super().__init__(detail)
        self.retry_after = retry_after
        self.final = final
        self.receipt: str | None = None


class IllegalEvent(RemediatorError):
    """Say that an event does not fit the run's state: a bug, or a click that came too late."""


class Refused(RemediatorError):
    """Say no to a person: `code` is not_found, forbidden or conflict; `hint` says who can or what would help."""

    def __init__(self, code: str, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.hint = hint
