"""Build what looks at AWS and what changes it from the settings. boto3 loads with the first call."""

from __future__ import annotations

from collections.abc import Mapping

from remediator.integrations.aws.api import Aws, AwsWrites
from remediator.integrations.aws.gateway.absent import AbsentAws
from remediator.integrations.aws.settings import AwsSettings


def aws_sides(settings: AwsSettings, addresses: Mapping[str, str]) -> tuple[Aws, AwsWrites]:
    """Return the half that looks and the half that acts: one pool of threads, one set of clients."""
    from remediator.integrations.aws.gateway.blocking import Blocking
    from remediator.integrations.aws.gateway.calls import AwsLooker, AwsWriter
    from remediator.integrations.aws.gateway.clients import Clients

    if not settings.regions:
        return AbsentAws(), AbsentAws()
    parts = settings, Clients(endpoint_url=settings.endpoint_url), Blocking("aws"), addresses
    return AwsLooker(*parts), AwsWriter(*parts)
