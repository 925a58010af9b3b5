"""The section `aws`: its shape, and as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field, StrictFloat, StrictInt, StrictStr

from remediator.documents.model_reader import Shape, Word
from remediator.documents.value_types import Url
from remediator.ports.sections import Section, SectionReading


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsPrices:
    """What things cost, for the estimates in plans; `source` says whence the operator has them."""

    source: str
    currency: str = "USD"
    gib_month: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsSettings:
    """Where AWS is called, and what may be touched there; credentials come from its own chain.

    `instance_by` are EC2's filters that find a host's instance, where `instances` does not name it.
    """

    regions: tuple[str, ...] = ()
    endpoint_url: str | None = None
    allow_tags: Mapping[str, str] = field(default_factory=lambda: {"remediator": "allowed"})
    instances: Mapping[str, str] = field(default_factory=dict)
    instance_by: tuple[str, ...] = ("private-dns-name", "private-ip-address")
    prices: AwsPrices | None = None


_REGION = r"^[a-z]{2,4}(?:-[a-z]+){1,3}-\d$"
_FILTER = r"^(?:private-dns-name|private-ip-address|ip-address|dns-name|tag:[^*?]{1,128})$"

_Price = StrictFloat | StrictInt
Region = Annotated[StrictStr, Field(pattern=_REGION)]
InstanceId = Annotated[StrictStr, Field(pattern=r"^i-[0-9a-f]{8,17}$")]
InstanceFilter = Annotated[StrictStr, Field(pattern=_FILTER)]


class PricesShape(Shape):
    """`aws.prices`."""

    source: Word
    currency: Annotated[StrictStr, Field(pattern=r"^[A-Z]{3}$")] = "USD"
    gib_month: dict[Word, Annotated[_Price, Field(ge=0, le=1000)]] = Field(default_factory=dict)


class AwsShape(Shape):
    """`aws`."""

    regions: Annotated[tuple[Region, ...], Field(max_length=50)] = ()
    endpoint_url: Url | None = None
    allow_tags: dict[Word, StrictStr] | None = None
    instances: dict[Word, InstanceId] = Field(default_factory=dict)
    instance_by: Annotated[tuple[InstanceFilter, ...], Field(max_length=10)] | None = None
    prices: PricesShape | None = None


def _read(_reading: SectionReading, shape: object) -> AwsSettings:
    """What is not said keeps its default, and `allow_tags: {}` asks for no tag."""
    defaults = AwsSettings()
    if not isinstance(shape, AwsShape):
        return defaults
    prices = shape.prices
    return AwsSettings(
        regions=tuple(dict.fromkeys(shape.regions)),
        endpoint_url=shape.endpoint_url,
        allow_tags=defaults.allow_tags if shape.allow_tags is None else shape.allow_tags,
        instances=shape.instances,
        instance_by=defaults.instance_by if shape.instance_by is None else shape.instance_by,
        prices=None if prices is None else AwsPrices(**prices.model_dump()),
    )


AWS_SECTION: Section[AwsSettings] = Section(
    key="aws", shape=AwsShape, unwritten=AwsShape(), read=_read, absent=AwsSettings()
)
