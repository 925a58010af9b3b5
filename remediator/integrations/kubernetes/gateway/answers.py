"""What a cluster's refusals mean, in plain words: the one place where its Status becomes an error. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from remediator.core.errors import ActionError, Permanent, Stale, Transient, Uncertain
from remediator.core.plaintext import one_line
from remediator.integrations.kubernetes.api import PatchType, Verb, Write

_HINT = "`remediator rbac` prints the Role that the playbooks need"
_MOVED = (404, 409, 412)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What was asked for, in RBAC's words; `name` is "" for a list."""

    verb: str
    group: str
    plural: str
    namespace: str = ""
    name: str = ""
    subresource: str = ""

    def __str__(self) -> str:
        what = self.plural + (f"/{self.subresource}" if self.subresource else "")
        group = f" (API group {self.group})" if self.group else ""
        place = f" in the namespace {self.namespace}" if self.namespace else ""
        return f"{self.verb} {what}{group}{place}"

    @property
    def object(self) -> str:
        """The object meant, for messages."""
        return "/".join(part for part in (self.plural, self.namespace, self.name) if part)


def wish_of(write: Write) -> Wish:
    """Return what a write asks for."""
    return Wish(
        verb=write.verb.value,
        group=write.ref.resource.group,
        plural=write.ref.resource.plural,
        namespace=write.ref.namespace,
        name=write.ref.name,
        subresource=write.subresource,
    )


def look_error(wish: Wish, status: int, document: object) -> Transient | Permanent:
    """Return what an unsuccessful answer to a question means."""
    text = _text(status, document)
    if status == 403:
        return _forbidden(wish, document)
    if status == 401:
        return Permanent(f"the cluster does not know who we are: {text}")
    if status == 429 or status >= 500:
        return Transient(text)
    return Permanent(f"cannot {wish}: {text}")


def rehearsal_error(write: Write, status: int, document: object) -> Transient | Permanent:
    """Return what an unsuccessful answer to a server-side dry run means; nothing was persisted."""
    if _is_moved(write, status, document):
        return Transient(
            f"{wish_of(write).object} moved while we looked: {_text(status, document)}"
        )
    return look_error(wish_of(write), status, document)


def write_error(write: Write, status: int, document: object) -> ActionError:
    """Return what an unsuccessful answer to a write means."""
    wish, text = wish_of(write), _text(status, document)
    if _is_moved(write, status, document):
        return Stale(f"{wish.object} is no longer what was looked at: {text}")
    if status == 401:
        return Transient(f"signed out, nothing was changed: {text}")
    if status == 429 or _is_webhook_failure(status, document):
        return Transient(text)
    if status >= 500:
        return Uncertain(f"perhaps it was done: {text}")
    return look_error(wish, status, document)


def _is_moved(write: Write, status: int, document: object) -> bool:
    """A JSON patch whose `test` fails is 422 without a cause; an invalid object has causes."""
    if status in _MOVED:
        return True
    is_json_patch = write.verb is Verb.PATCH and write.patch is PatchType.JSON
    return status == 422 and is_json_patch and not _details(document).get("causes")


def _is_webhook_failure(status: int, document: object) -> bool:
    """Admission comes before storage: where a webhook gave no answer, nothing was stored."""
    return status == 500 and "failed calling webhook" in _message(document)


def _forbidden(wish: Wish, document: object) -> Permanent:
    message = _message(document)
    if " cannot " not in message:  # RBAC's words; anything else is admission: a quota, a policy
        return Permanent(f"refused by the cluster's admission: {one_line(message)}")
    user = message.partition('User "')[2].partition('"')[0]
    who = f"the user {user}" if user else "our user"
    return Permanent(f"{one_line(who, 200)} may not {wish}; {_HINT}")


def _text(status: int, document: object) -> str:
    return one_line(_message(document)) or f"status {status}"


def _message(document: object) -> str:
    found = document.get("message") if isinstance(document, Mapping) else ""
    return found if isinstance(found, str) else ""


def _details(document: object) -> Mapping[str, object]:
    found = document.get("details") if isinstance(document, Mapping) else None
    return found if isinstance(found, Mapping) else {}
