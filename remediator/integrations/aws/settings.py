"""The section `aws`."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, StrictFloat, StrictInt, StrictStr

from remediator.core.spelling import canonical_host
from remediator.documents.model_reader import Shape, Word
from remediator.documents.value_types import UNSAID, Url
from remediator.ports.sections import Section

_REGION = r"^[a-z]{2,4}(?:-[a-z]+){1,3}-\d$"
_FILTER = r"^(?:private-dns-name|private-ip-address|ip-address|dns-name|tag:[^*?]{1,128})$"

_Price = StrictFloat | StrictInt
Region = Annotated[StrictStr, Field(pattern=_REGION)]
InstanceId = Annotated[StrictStr, Field(pattern=r"^i-[0-9a-f]{8,17}$")]
InstanceFilter = Annotated[StrictStr, Field(pattern=_FILTER)]


def _spelled(instances: dict[str, str]) -> dict[str, str]:
    return {canonical_host(name): instance for name, instance in instances.items()}


class AwsPrices(Shape):
    """What things cost: an estimate for people, never a reason to act. `source` says whence the operator has it."""

    source: Word
    currency: Annotated[StrictStr, Field(pattern=r"^[A-Z]{3}$")] = "USD"
    gib_month: dict[Word, Annotated[_Price, Field(ge=0, le=1000)]] = Field(default_factory=dict)


class AwsSettings(Shape):
    """Where AWS is called, and what may be touched there; credentials come from its own chain.

    A resource is touched only where one of `allow_tags` is on it; `{}` asks for none. `instances` names the instances
    of hosts; others are looked for by `instance_by`, EC2's filters in order, with the host's name and its address.
    """

    regions: Annotated[
        tuple[Region, ...],
        Field(max_length=50),
        AfterValidator(lambda found: tuple(dict.fromkeys(found))),
    ] = ()
    endpoint_url: Url | None = None
    allow_tags: Annotated[dict[Word, StrictStr], UNSAID] = Field(
        default_factory=lambda: {"remediator": "allowed"}
    )
    instances: Annotated[dict[Word, InstanceId], AfterValidator(_spelled)] = Field(
        default_factory=dict
    )
    instance_by: Annotated[tuple[InstanceFilter, ...], Field(max_length=10), UNSAID] = (
        "private-dns-name",
        "private-ip-address",
    )
    prices: AwsPrices | None = None

    def named(self, name: str, region: str) -> str:
        """Return a target's name for a thing in a region: `@REGION` stands there where there are several."""
        return name if len(self.regions) == 1 else f"{name}@{region}"


AWS_SECTION: Section[AwsSettings] = Section(key="aws", shape=AwsSettings, absent=AwsSettings())
