"""The channel `webhook`: one POST of JSON per message to a URL from the settings; for pagers, chat bridges and scripts.

A receiver may get a message twice: `Idempotency-Key` (and `deduplication` in the body) is the same both times. With a
secret, `X-Remediator-Signature: sha256=HEX` is the HMAC-SHA256 of the raw body.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Mapping
from datetime import timedelta
from email.utils import parsedate_to_datetime
from json import dumps
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

from pydantic import Field

from remediator.core.errors import ActionError, DeliveryError, Permanent
from remediator.core.messages import Message
from remediator.core.plaintext import clean
from remediator.documents.regular_file import read_regular
from remediator.integrations.http.api import HTTP, Response
from remediator.ports.channel import Channel
from remediator.ports.gateways import Reads
from remediator.ports.parameters import Duration, Parameters

LONGEST_PAUSE = timedelta(hours=1)
_TRY_AGAIN = frozenset({408, 425, 429})
_KEPT_IN_KEYS = ":-_.~"


class WebhookSettings(Parameters):
    """A URL, files with a bearer token and a signing secret (read anew each time), and how long to wait."""

    url: Annotated[str, Field(min_length=1, max_length=2000)]
    bearer_token_file: str | None = None
    hmac_secret_file: str | None = None
    timeout: Duration = timedelta(seconds=10)


class WebhookDeliverer:
    """Posts messages through the gateway that knows which hosts are allowed."""

    def __init__(self, reads: Reads, settings: WebhookSettings) -> None:
        self._reads = reads  # asked each time: a reload puts another gateway there
        self._settings = settings

    async def deliver(self, message: Message, receipt: str | None) -> str:
        """See ports.channel.Deliverer. The receipt is the deduplication key."""
        if not self._reads.has(HTTP):
            raise DeliveryError("no host may be posted to: add the webhook's host to `http.allow`")
        content = body(message)
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Idempotency-Key": quote(message.deduplication, safe=_KEPT_IN_KEYS),
            **await asyncio.to_thread(self._proofs, content),
        }
        try:
            answer = await self._reads[HTTP].request(
                "POST",
                self._settings.url,
                timeout=self._settings.timeout,
                content=content,
                headers=headers,
            )
        except Permanent as error:
            raise DeliveryError(error.detail, final=True) from error
        except ActionError as error:
            raise DeliveryError(error.detail) from error
        _refuse(answer)
        return message.deduplication

    def _proofs(self, content: bytes) -> dict[str, str]:
        """Return the headers that show who we are."""
        token_file, secret_file = self._settings.bearer_token_file, self._settings.hmac_secret_file
        proofs = {}
        if token_file:
            proofs["Authorization"] = f"Bearer {_secret(token_file).decode('ascii', 'replace')}"
        if secret_file:
            digest = hmac.new(_secret(secret_file), content, hashlib.sha256).hexdigest()
            proofs["X-Remediator-Signature"] = f"sha256={digest}"
        return proofs


def body(message: Message) -> bytes:
    """Write a message down as the JSON that receivers get; texts for people are cleaned, `body` is as it was."""
    shown = {
        "kind": message.kind.value,
        "run": message.run_id,
        "thread": message.thread,
        "deduplication": message.deduplication,
        "title": clean(message.title),
        "text": clean(message.text),
        "lines": [clean(line) for line in message.lines],
        "facts": {clean(name): clean(value) for name, value in message.facts.items()},
        "to": message.to,
        "body": message.body,
    }
    return dumps(shown, default=_plain).encode()


def _plain(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else str(value)


def _secret(path: str) -> bytes:
    try:
        content = read_regular(Path(path)).strip()
    except OSError as error:
        raise DeliveryError(f"{path} cannot be read: {error.strerror}") from error
    if not content:
        raise DeliveryError(f"{path} is empty")
    return content


def _refuse(answer: Response) -> None:
    """Raise DeliveryError unless the receiver took the message."""
    if 200 <= answer.status < 300:
        return
    is_final = answer.status < 500 and answer.status not in _TRY_AGAIN
    hint = "; a redirect is not followed, set the final URL" if 300 <= answer.status < 400 else ""
    raise DeliveryError(
        f"the webhook answered {answer.status}{hint}",
        retry_after=None if is_final else _retry_after(answer),
        final=is_final,
    )


def _retry_after(answer: Response) -> float | None:
    """Read Retry-After (RFC 9110): seconds, or a moment, which is compared with the receiver's own clock."""
    text = answer.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), LONGEST_PAUSE.total_seconds())
    try:
        wait = parsedate_to_datetime(text) - parsedate_to_datetime(answer.headers.get("Date", ""))
    except (ValueError, TypeError):
        return None
    return min(max(wait, timedelta(0)), LONGEST_PAUSE).total_seconds()


def _deliverer(reads: Reads, settings: Parameters) -> WebhookDeliverer:
    return WebhookDeliverer(reads, WebhookSettings.of(settings))


CHANNELS = (
    Channel(
        name="webhook",
        doc="Post each message as JSON to a URL; its host must be under `http.allow`.",
        settings=WebhookSettings,
        shorthand="url",
        deliverer=_deliverer,
    ),
)
