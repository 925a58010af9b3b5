"""What we show a cluster at the door, and for how long: tokens of files and plugins. Used by `connection`."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from json import dumps, loads
from pathlib import Path
from signal import SIGKILL
from typing import Any

from remediator.core.errors import Permanent, Transient
from remediator.core.plaintext import one_line
from remediator.documents.regular_file import read_regular_text
from remediator.integrations.kubernetes.gateway.kubeconfig import Account, Plugin

FILE_SECONDS = 60.0
"""How long a token file's content is trusted (client-go: a minute)."""
PLUGIN_SECONDS = 30.0
EARLY_SECONDS = 60.0
"""So long before a token's end it is asked for anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """An Authorization header's value ("" for none), a client certificate, and how many seconds both are good."""

    authorization: str = field(default="", repr=False)
    certificate: str = ""
    key: str = field(default="", repr=False)
    seconds: float = float("inf")


async def credentials_of(account: Account, now: datetime) -> Credentials:
    """Return what to show; raise Transient (a plugin failed) or Permanent (no file, no program, nonsense)."""
    own = Credentials(certificate=account.certificate, key=account.key)
    if account.token:
        return replace(own, authorization=_bearer(account.token))
    if account.token_file:
        token = await asyncio.to_thread(_token_in, account.token_file)
        return replace(own, authorization=_bearer(token), seconds=FILE_SECONDS)
    if account.plugin:
        return _of_plugin(await _answer(account.plugin), own, now)
    return own


def _bearer(token: str) -> str:
    if not token.isascii() or not token.isprintable():
        raise Permanent("the token to sign in with has characters that no token has")
    return f"Bearer {token}"


def _token_in(file: str) -> str:
    try:
        token = read_regular_text(Path(file)).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Permanent(f"cannot read the token file {file}") from error
    if not token:
        raise Transient(f"the token file {file} is empty")
    return token


def _of_plugin(status: Mapping[str, Any], own: Credentials, now: datetime) -> Credentials:
    token, certificate = status.get("token"), status.get("clientCertificateData")
    if not token and not certificate:
        raise Permanent("the credential plugin gave neither a token nor a certificate")
    seconds = float("inf")
    if ends := status.get("expirationTimestamp"):
        left = (datetime.fromisoformat(ends) - now).total_seconds()
        seconds = max(left - EARLY_SECONDS, 0.0)
    return Credentials(
        authorization=_bearer(token) if token else "",
        certificate=certificate or own.certificate,
        key=status.get("clientKeyData") or own.key,
        seconds=seconds,
    )


async def _answer(plugin: Plugin) -> Mapping[str, object]:
    name = Path(plugin.argv[0]).name
    raw = await _output(plugin, name)
    try:
        status = loads(raw)["status"]
        if not isinstance(status, dict):
            raise TypeError
    except (ValueError, KeyError, TypeError) as error:
        raise Permanent(f"the credential plugin {name} answered no ExecCredential") from error
    return status


async def _output(plugin: Plugin, name: str) -> bytes:
    spec: dict[str, object] = {"interactive": False}
    if plugin.cluster is not None:
        spec["cluster"] = plugin.cluster
    credential = {"apiVersion": plugin.api_version, "kind": "ExecCredential", "spec": spec}
    environment = {**os.environ, **dict(plugin.environment)}
    environment["KUBERNETES_EXEC_INFO"] = dumps(credential)
    try:
        started = await asyncio.create_subprocess_exec(
            *plugin.argv,
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        raise Permanent(f"cannot start the credential plugin {name}: {error.strerror}") from error
    stdout, stderr = await _spoken(started, name)
    if started.returncode != 0:
        words = one_line(stderr.decode(errors="replace")) or f"exit code {started.returncode}"
        raise Transient(f"the credential plugin {name} failed: {words}")
    return stdout


async def _spoken(started: asyncio.subprocess.Process, name: str) -> tuple[bytes, bytes]:
    """Return all that a plugin says; one that hangs is ended with all that it started."""
    try:
        async with asyncio.timeout(PLUGIN_SECONDS):
            return await started.communicate()
    except TimeoutError as error:
        raise Transient(f"the credential plugin {name} gave no answer in time") from error
    finally:
        if started.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(started.pid, SIGKILL)
            await started.wait()
