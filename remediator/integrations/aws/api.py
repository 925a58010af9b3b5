"""What we ask of AWS: calls by the names of its API, with answers as the SDK gives them.

Looking and changing are two protocols. A rehearsal (`DryRun`) changes nothing and belongs to looking: it lets AWS say
whether we may before people are asked. The gateway `aws` is an `Aws`, in the acting set an `AwsHands`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from remediator.integrations.aws.settings import AwsSettings
from remediator.ports.gateways import ReadKey, WriteKey

LEAST_TIMEOUT = timedelta(seconds=30)
"""How long a change may go unanswered; a step that has less could not be made safely (`Action.least_timeout`)."""

Item = Mapping[str, Any]
"""One thing in an answer, as the API reference names its fields; times are datetimes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call: the SDK's names of service and operation (`ec2`, `modify_volume`), and the API's of arguments."""

    service: str
    operation: str
    region: str
    arguments: Mapping[str, object] = field(default_factory=dict)


class Aws(Protocol):
    """AWS, to look at. Every method raises Transient or Permanent; nothing was changed."""

    @property
    def settings(self) -> AwsSettings:
        """What the settings say."""
        ...

    @property
    def addresses(self) -> Mapping[str, str]:
        """The addresses of hosts by name, as some section of the settings has them."""
        ...

    async def find(self, call: Call, key: str) -> Sequence[Item]:
        """Return what a describing call lists under a key of its answer, all pages; nothing where AWS knows no such
        thing."""
        ...

    async def rehearse(self, call: Call) -> None:
        """Ask EC2 whether a change would be allowed (`DryRun`): an answer is yes, Permanent names what is missing."""
        ...


class AwsWrites(Aws, Protocol):
    """AWS, to change."""

    async def write(self, call: Call, *, not_after: datetime) -> Item:
        """Call once, never repeated. Raise Transient (not sent, throttled, or in the wrong state for now), Permanent
        (refused), Uncertain (sent, no answer) or Stale (`not_after` has passed, or what was to be made is there)."""
        ...


_NO_AWS = "this daemon does not know AWS: set aws.regions in the settings"
AWS: ReadKey[Aws] = ReadKey("aws", _NO_AWS)
AWS_WRITES: WriteKey[AwsWrites] = WriteKey("aws", _NO_AWS)
