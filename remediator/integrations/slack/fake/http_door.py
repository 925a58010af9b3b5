"""Slack's requests to an app's own URL: signed, form-encoded, answered within three seconds.

https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from urllib.parse import urlencode

import aiohttp

from remediator.integrations.slack.fake.call import App


def form_of(payload: Mapping[str, object]) -> bytes:
    """Encode a payload as Slack does: commands as fields, all else as JSON in the field `payload`."""
    is_command = "command" in payload
    return urlencode(payload if is_command else {"payload": json.dumps(payload)}).encode()


def signed_headers(app: App, body: bytes, at: float) -> dict[str, str]:
    """Return the headers of a request at that time."""
    moment = str(int(at))
    base = b"v0:" + moment.encode() + b":" + body
    digest = hmac.new(app.signing_secret.encode(), base, hashlib.sha256).hexdigest()
    return {
        "Content-Type": "application/x-www-form-urlencoded",
        "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        "Accept": "application/json,*/*",
        "X-Slack-Request-Timestamp": moment,
        "X-Slack-Signature": f"v0={digest}",
    }


async def send(
    url: str, body: bytes, headers: Mapping[str, str], patience: float
) -> tuple[int, str]:
    """Post; return status and body of the answer. Raise TimeoutError or aiohttp.ClientError."""
    limit = aiohttp.ClientTimeout(total=patience)
    async with (
        aiohttp.ClientSession(timeout=limit) as session,
        session.post(url, data=body, headers=headers, allow_redirects=False) as response,
    ):
        return response.status, await response.text()
