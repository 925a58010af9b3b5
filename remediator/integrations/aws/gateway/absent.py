"""What stands where AWS is not set up: it says so, and what to set, to whoever needs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NoReturn

from remediator.core.errors import Missing
from remediator.integrations.aws.api import Call, Item
from remediator.integrations.aws.settings import AwsSettings


class AbsentAws:
    """An AWS for a daemon that has no regions."""

    settings = AwsSettings()
    addresses: Mapping[str, str] = {}

    async def find(self, call: Call, key: str) -> Sequence[Item]:
        """See ports.aws.Aws."""
        _refuse()

    async def rehearse(self, call: Call) -> None:
        """See ports.aws.Aws."""
        _refuse()

    async def write(self, call: Call, *, not_after: datetime) -> Item:
        """See ports.aws.AwsHands."""
        _refuse()


def _refuse() -> NoReturn:
    raise Missing("this daemon does not know AWS: set aws.regions in the settings")
