"""One call of Slack's Web API: the SDK's client, the time limit, and the one place where its errors are translated.

Used by `api` only. The SDK and aiohttp load at the first call. Nothing is repeated here: an answer that was lost may
have been a message that was posted, and the courier knows how to wait.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import proxy_bypass

from remediator.core.errors import DeliveryError
from remediator.core.plaintext import one_line
from remediator.integrations.slack.gateway.errors import (
    OVERSIZED_OR_MALFORMED,
    TEMPORARY,
    SlackAway,
    SlackRefusal,
)

if TYPE_CHECKING:
    import aiohttp
    from slack_sdk.web.async_client import AsyncWebClient
    from slack_sdk.web.async_slack_response import AsyncSlackResponse

LONGEST_PAUSE = 3600.0
_TOKENS = re.compile(r"\bx(?:ox[a-z]|app)(?:\.[a-z]+)?-[\w-]+|https?://[^\s/@]*@")
_WORD = re.compile(r"[a-z0-9_]{1,80}")


class Calls:
    """The Web API by one token. Every call raises SlackRefusal or SlackAway, and nothing else."""

    def __init__(self, *, token: str, api_url: str, timeout: timedelta) -> None:
        self._token = token
        self._api_url = api_url
        self._timeout = timeout.total_seconds()
        self._client: AsyncWebClient | None = None
        self._session: aiohttp.ClientSession | None = None
        self._is_closed = False

    async def ask(
        self, call: Callable[[AsyncWebClient], Awaitable[AsyncSlackResponse]]
    ) -> AsyncSlackResponse:
        """Make a call with the SDK's client."""
        import aiohttp
        from slack_sdk.errors import SlackClientError

        try:
            async with asyncio.timeout(self._timeout):
                return await call(self._web())
        except TimeoutError as error:
            raise SlackAway(f"Slack did not answer within {self._timeout:g} s") from error
        except SlackClientError as error:
            raise self._translated(error) from None  # its text holds the whole answer
        except (aiohttp.ClientError, OSError, ValueError, AttributeError, TypeError) as error:
            # the SDK trips over answers that are no JSON object with the last three
            raise SlackAway(f"Slack gave no usable answer ({self._told(error)})") from error

    async def send(self, url: str, body: Mapping[str, object]) -> int:
        """POST JSON to a URL that Slack gave us, without our token; return the status."""
        import aiohttp

        proxy = self._web().proxy
        try:
            async with (
                asyncio.timeout(self._timeout),
                self._open().post(url, json=body, proxy=proxy, allow_redirects=False) as answer,
            ):
                return answer.status
        except (aiohttp.ClientError, OSError, ValueError) as error:  # OSError: also TimeoutError
            raise SlackAway(f"Slack gave no usable answer ({self._told(error)})") from error

    async def close(self) -> None:
        """Close the connections, for good: who still holds this after a reload is to ask its successor."""
        self._is_closed = True
        session, self._session, self._client = self._session, None, None
        if session is not None:
            await session.close()

    def _open(self) -> aiohttp.ClientSession:
        import aiohttp

        if self._is_closed:
            raise SlackAway("the connection to Slack was closed: stopping, or settings read again")
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=self._timeout)
            )
        return self._session

    def _web(self) -> AsyncWebClient:
        from slack_sdk.web.async_client import AsyncWebClient

        session = self._open()
        if self._client is None or self._client.session is not session:
            self._client = AsyncWebClient(
                token=self._token,
                base_url=self._api_url,
                session=session,
                retry_handlers=[],
                logger=_silent(),
            )
            if proxy_bypass(urlsplit(self._api_url).hostname or ""):
                self._client.proxy = None  # the SDK does not know NO_PROXY
        return self._client

    def _translated(self, error: Exception) -> DeliveryError:
        from slack_sdk.web.async_slack_response import AsyncSlackResponse

        response = getattr(error, "response", None)
        if not isinstance(response, AsyncSlackResponse):
            return SlackAway(f"Slack gave no usable answer ({type(error).__name__})")
        said: Any = response.data
        code = said.get("error") if isinstance(said, dict) else None
        if response.status_code == 429:
            return SlackAway("Slack asks us to wait (429)", retry_after=_retry_after(response))
        if code in TEMPORARY:
            return SlackAway(f"Slack says {code}", retry_after=_retry_after(response))
        if response.status_code >= 500 or not isinstance(code, str):
            return SlackAway(f"Slack gave no usable answer (HTTP {response.status_code})")
        return self._refusal(code, said)

    def _refusal(self, code: str, said: Mapping[str, object]) -> SlackRefusal:
        word = code if _WORD.fullmatch(code) else "an unknown error"
        needed = said.get("needed")
        more = said.get("response_metadata")
        messages = more.get("messages") if isinstance(more, dict) else None
        detail = f"needs {needed}" if word == "missing_scope" and needed else ""
        if word in OVERSIZED_OR_MALFORMED and isinstance(messages, list):
            detail = "; ".join(map(str, messages[:3]))
        return SlackRefusal(
            word, final=word in OVERSIZED_OR_MALFORMED, detail=self._scrubbed(detail)
        )

    def _told(self, error: Exception) -> str:
        reason = self._scrubbed(str(error))
        return f"{type(error).__name__}: {reason}" if reason else type(error).__name__

    def _scrubbed(self, text: str) -> str:
        known = text.replace(self._token, "[secret]") if self._token else text
        return one_line(_TOKENS.sub("[secret]", known), 200)


def text_in(answer: AsyncSlackResponse, key: str) -> str:
    """Return a text of an answer; raise SlackAway where there is none."""
    value = answer.get(key)
    if not isinstance(value, str) or not value:
        raise SlackAway(f"Slack gave no usable answer (no {key} in it)")
    return value


def mapping_in(answer: AsyncSlackResponse, key: str) -> Mapping[str, object]:
    """Return an object of an answer; raise SlackAway where there is none."""
    value = answer.get(key)
    if not isinstance(value, dict):
        raise SlackAway(f"Slack gave no usable answer (no {key} in it)")
    return value


def _retry_after(response: AsyncSlackResponse) -> float | None:
    headers = {name.lower(): value for name, value in response.headers.items()}
    text = str(headers.get("retry-after", "")).strip()
    return min(float(text[:9]), LONGEST_PAUSE) if text.isascii() and text.isdigit() else None


def _silent() -> logging.Logger:
    """Return a logger that stays quiet whatever the daemon's level is: the SDK logs whole messages at DEBUG."""
    logger = logging.getLogger("remediator.slack.sdk")
    logger.setLevel(logging.WARNING)
    return logger
