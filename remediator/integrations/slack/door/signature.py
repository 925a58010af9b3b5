"""The proof that a request comes from Slack: signature over the raw body, a fresh time stamp, never seen before.

https://docs.slack.dev/authentication/verifying-requests-from-slack. Slack's own verifier raises on hostile headers (a
time stamp that is no number, a signature that is not ASCII) and on undecodable bodies; here all that is 401.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from hashlib import sha256

from remediator.http.refusal import HttpRefusal
from remediator.ports.door import Headers
from remediator.ports.store import Store

WINDOW = timedelta(minutes=5)
REMEMBERED = 2 * WINDOW
SIGNATURE, TIMESTAMP = "X-Slack-Signature", "X-Slack-Request-Timestamp"
_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}", re.ASCII)
_TIMESTAMP = re.compile(r"[0-9]{1,12}", re.ASCII)


def check_signature(secret: str, headers: Headers, body: bytes, now: datetime) -> str:
    """Return the one thing that no other request has, for `check_first`; raise HttpRefusal(401)."""
    timestamp = _only(headers, TIMESTAMP, _TIMESTAMP)
    signature = _only(headers, SIGNATURE, _SIGNATURE)
    if abs(now.timestamp() - int(timestamp)) > WINDOW.total_seconds():
        raise unsigned()
    if not _is_signed(secret, timestamp, signature, body, now):
        raise unsigned()
    return sha256(signature.encode() + body).hexdigest()


async def check_first(store: Store, key: str, now: datetime) -> None:
    """Raise HttpRefusal(401) where this very request was here before, at whatever replica."""
    if not await store.submit(lambda tx: tx.remember(f"slack-request/{key}", now + REMEMBERED)):
        raise unsigned()


def unsigned() -> HttpRefusal:
    """Return the one answer to everything that is wrong with a request's proof."""
    hint = (
        "only Slack can call this: is `slack.signing_secret_file` your app's, and the clock right?"
    )
    return HttpRefusal(401, "unauthorized", "this is not a fresh request signed by Slack", hint)


def _only(headers: Headers, name: str, shape: re.Pattern[str]) -> str:
    values = headers.getall(name, ())
    if len(values) != 1 or not shape.fullmatch(values[0]):
        raise unsigned()
    return values[0]


def _is_signed(secret: str, timestamp: str, signature: str, body: bytes, now: datetime) -> bool:
    from slack_sdk.signature import Clock, SignatureVerifier

    class OurClock(Clock):
        def now(self) -> float:
            return now.timestamp()

    try:
        return SignatureVerifier(secret, OurClock()).is_valid(body, timestamp, signature)
    except UnicodeDecodeError:
        return False
