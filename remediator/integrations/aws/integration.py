"""AWS: the regions of the settings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from remediator.core.target import Target
from remediator.integrations.aws.api import AWS, AWS_WRITES
from remediator.integrations.aws.machine_names import AwsNames, same_instances
from remediator.integrations.aws.settings import AWS_SECTION
from remediator.ports.gateways import Reads, Writes
from remediator.ports.inspection import Finding
from remediator.ports.integration import Connected, Inspected, Integration, Services
from remediator.ports.sections import Sections


def connect(services: Services) -> Connected:
    """Return what looks and what acts; without regions both say what to set."""
    from remediator.integrations.aws.build import aws_sides

    looking, acting = aws_sides(services.sections[AWS_SECTION], services.addresses)
    return Connected(reads=Reads().having(AWS, looking), writes=Writes().having(AWS_WRITES, acting))


async def inspect(subject: Inspected) -> Sequence[Finding]:
    """Ask every region whether we may do what the playbooks need."""
    from remediator.integrations.aws.inspect import inspect_cloud

    settings = subject.services.sections[AWS_SECTION]
    return await inspect_cloud(subject.reads[AWS], settings, subject.needs)


def names(sections: Sections, reads: Reads) -> AwsNames:
    """Return whoever knows the names of machines at AWS."""
    return AwsNames(reads[AWS] if sections[AWS_SECTION].regions else None)


def same(sections: Sections) -> Iterator[frozenset[Target]]:
    """Return each host with its instance, as the settings have it."""
    return same_instances(sections[AWS_SECTION])


INTEGRATION = Integration(
    name="aws",
    sections=(AWS_SECTION,),
    connect=connect,
    inspect=inspect,
    same=same,
    same_by=("`aws.instances`",),
    names=names,
)
