"""Build what looks at AWS and what changes it from the settings. boto3 loads with the first call."""

from __future__ import annotations

from collections.abc import Mapping

from remediator.core.spelling import canonical_host
from remediator.integrations.aws.api import Aws, AwsWrites, Prices, Terms
from remediator.integrations.aws.gateway.absent import AbsentAws
from remediator.integrations.aws.settings import AwsPrices, AwsSettings


def aws_sides(settings: AwsSettings, addresses: Mapping[str, str]) -> tuple[Aws, AwsWrites]:
    """Return the half that looks and the half that acts: one pool of threads, one set of clients."""
    from remediator.integrations.aws.gateway.blocking import Blocking
    from remediator.integrations.aws.gateway.calls import AwsLooker, AwsWrites
    from remediator.integrations.aws.gateway.clients import Clients

    if not settings.regions:
        return AbsentAws(), AbsentAws()
    terms, clients = terms_of(settings, addresses), Clients(endpoint_url=settings.endpoint_url)
    blocking = Blocking("aws")
    return AwsLooker(terms, clients, blocking), AwsWrites(terms, clients, blocking)


def terms_of(aws: AwsSettings, addresses: Mapping[str, str]) -> Terms:
    """Return what actions need to know of the settings' `aws`, and of the hosts' addresses."""
    return Terms(
        regions=aws.regions,
        allow_tags=aws.allow_tags,
        instances={canonical_host(name): one for name, one in aws.instances.items()},
        instance_by=aws.instance_by,
        addresses=addresses or {},
        prices=_prices(aws.prices),
    )


def _prices(known: AwsPrices | None) -> Prices | None:
    if known is None:
        return None
    return Prices(source=known.source, currency=known.currency, gib_month=known.gib_month)
