"""Log lines: one record, one line, as JSON or for people, with secrets masked. Set up by the app, again at a reload."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from remediator.core.errors import InvalidSettings
from remediator.core.masking import Mask
from remediator.core.plaintext import clean, one_line
from remediator.core.scrubber import Scrubber

_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}
_TALKATIVE = (
    *("aiohttp.access", "alembic", "asyncio", "asyncssh", "boto3", "botocore", "kubernetes"),
    *("slack_bolt", "slack_sdk", "sqlalchemy", "urllib3"),
)
# It writes a traceback for every client that hangs up or sends no HTTP; failures of our own are `http_failed`.
_ABOUT_CLIENTS = "aiohttp.server"
_LONGEST_VALUE = 2000
_BARE = re.compile(r"[\w./:@+-]+", re.ASCII)


def setup_logging(
    *, level: str, log_format: str, secrets: Sequence[str] = (), mask: Mask | None = None
) -> None:
    """Write log lines (`text` or `json`) to standard error from now on, with these secrets, and what looks like one,
    masked; may be repeated.

    SDKs speak only from WARNING on: below, they write headers and bodies.
    """
    if level.lower() not in _LEVELS:
        raise InvalidSettings(f"{level!r} is not a log level: {', '.join(_LEVELS)}")
    channel = logging.StreamHandler(sys.stderr)
    channel.setFormatter(LineFormatter(Scrubber(secrets), as_json=log_format == "json", mask=mask))
    root = logging.getLogger()
    for old in [h for h in root.handlers if isinstance(h.formatter, LineFormatter)]:
        root.removeHandler(old)
    root.addHandler(channel)
    root.setLevel(logging.WARNING)
    logging.getLogger("remediator").setLevel(_LEVELS[level.lower()])
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger(_ABOUT_CLIENTS).setLevel(logging.CRITICAL)


class LineFormatter(logging.Formatter):
    """One line for each record: JSON, or `key=value` for people, with a traceback indented below."""

    def __init__(self, scrubber: Scrubber, *, as_json: bool, mask: Mask | None = None) -> None:
        super().__init__()
        self._scrubber = scrubber
        self._mask = mask or Mask()
        self._as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, scrubbed."""
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"time": f"{moment[:23]}Z", "level": record.levelname.lower()}
        line |= self._mask.texts(self._scrubber.inside(self._said(record)))
        trace = self.formatException(record.exc_info) if record.exc_info else ""
        trace = self._mask(self._scrubber(trace))
        if self._as_json:
            line |= {"traceback": trace} if trace else {}
            return json.dumps(line)
        below = "".join(f"\n    {clean(text)}" for text in trace.splitlines())
        return " ".join(_pair(k, v) for k, v in line.items()) + below

    @staticmethod
    def _said(record: logging.LogRecord) -> dict[str, object]:
        given = getattr(record, "fields", None)
        if given is None:
            return {"event": "log", "logger": record.name, "message": record.getMessage()}
        taken = {"time", "level", "event"}
        return {"event": record.msg} | {k + "_" * (k in taken): v for k, v in given.items()}


def _pair(key: str, value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    text = one_line(text, _LONGEST_VALUE)
    quoted = text if _BARE.fullmatch(text) else json.dumps(text, ensure_ascii=False)
    return f"{key}={quoted}"
