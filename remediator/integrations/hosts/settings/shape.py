"""The shape of `hosts`."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, StrictStr

from remediator.documents.model_reader import Flag, Shape, Word
from remediator.documents.value_types import (
    Path_,
    Port,
    Words,
)


class SshShape(Shape):
    """`hosts.ssh`."""

    user: Word | None = None
    port: Port | None = None
    config_file: Path_ | None = None
    known_hosts: Path_ | None = None
    private_key_file: Path_ | None = None
    certificate_file: Path_ | None = None
    passphrase_file: Path_ | None = None
    sudo: Flag = False
    receipts: Annotated[StrictStr, Field(pattern=r"^/[A-Za-z0-9/._-]+$")] = (
        "/var/lib/remediator/receipts"
    )


class HostsShape(Shape):
    """`hosts`."""

    resolve: list[Any] | None = None
    allow: Words | None = None
    same: Annotated[
        tuple[Annotated[Words, Field(min_length=2)], ...], Field(max_length=10_000)
    ] = ()
    ssh: SshShape = SshShape()


class RewriteShape(Shape):
    """A rule `rewrite` under `hosts.resolve`."""

    match: Word
    to: Word
