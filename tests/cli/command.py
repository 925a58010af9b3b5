"""Runs the real command line against a real daemon that listens on loopback."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from click.testing import CliRunner, Result

from remediator.cli import main
from tests.http.daemon import Daemon

FORGET = {"REMEDIATOR_URL": None, "REMEDIATOR_TOKEN_FILE": None, "http_proxy": None}


async def remediator(daemon: Daemon, *words: str, **more: Any) -> Result:
    """Run a command that asks this daemon."""
    environment = {**FORGET, "REMEDIATOR_URL": daemon.url}
    return await asyncio.to_thread(CliRunner().invoke, main, list(words), env=environment, **more)


def offline(*words: str, **more: Any) -> Result:
    """Run a command that asks nobody, or a daemon that is not there."""
    return CliRunner().invoke(main, list(words), env={**FORGET, **more.pop("env", {})}, **more)


def as_json(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)
