"""Prometheus: what it answers to queries."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence

from remediator.core.errors import ActionError
from remediator.integrations.prometheus.api import PROMETHEUS, PROMETHEUS_RULES, Sample
from remediator.integrations.prometheus.past import MEMORY
from remediator.integrations.prometheus.settings import PROMETHEUS_SECTION
from remediator.integrations.prometheus.starter import starter
from remediator.ports.alert_rules import AlertRule, RuleSource
from remediator.ports.gateways import Reads
from remediator.ports.inspection import Finding, Level
from remediator.ports.integration import Connected, Inspected, Integration, Services
from remediator.ports.sections import Sections


def connect(services: Services) -> Connected:
    """Return the gateway where the settings name a server."""
    settings = services.sections[PROMETHEUS_SECTION]
    if settings is None:
        return Connected()
    from remediator.integrations.json_api import endpoints_of
    from remediator.integrations.prometheus.gateway import PrometheusGateway

    gateway = PrometheusGateway(*endpoints_of((settings.url,), settings))
    reads = Reads().having(PROMETHEUS, gateway).having(PROMETHEUS_RULES, gateway)
    return Connected(reads=reads, closers=(gateway.close,))


def servers(sections: Sections) -> list[tuple[str, str]]:
    """Return the server that the settings name."""
    settings = sections[PROMETHEUS_SECTION]
    return [("prometheus.url", settings.url)] if settings else []


async def inspect(subject: Inspected) -> Sequence[Finding]:
    """Ask one cheap query that has an answer wherever anything is scraped; then those of the playbooks."""
    settings = subject.services.sections[PROMETHEUS_SECTION]
    if settings is None:
        return ()
    from remediator.integrations.json_api import no_answer
    from remediator.integrations.prometheus.inspect import inspect_queries

    prometheus = subject.reads[PROMETHEUS]
    where = f"prometheus {settings.url}"
    try:
        samples = await prometheus.query("count(up)")
    except ActionError as error:
        return (no_answer(where, error),)
    return (_answers(samples, where), *await inspect_queries(prometheus, subject.checks, where))


def _answers(samples: Sequence[Sample], where: str) -> Finding:
    if not samples:
        hint = "checks with `promql` will not hold"
        return Finding(level=Level.WARNING, where=where, text="it has no targets", hint=hint)
    text = f"answers, with {samples[0].value:.0f} targets"
    return Finding(level=Level.OK, where=where, text=text)


def fetch_rules(reads: Reads) -> Awaitable[Sequence[AlertRule]] | None:
    """Ask the server for its alert rules, where the settings name one."""
    return reads[PROMETHEUS_RULES].alert_rules() if reads.has(PROMETHEUS_RULES) else None


def read_rule_file(file: str, raw: bytes) -> Sequence[AlertRule]:
    """Read the alert rules of a file."""
    from remediator.integrations.prometheus.knowledge.alert_rules import read_rules

    return read_rules(file, raw)


INTEGRATION = Integration(
    name="prometheus",
    sections=(PROMETHEUS_SECTION,),
    connect=connect,
    inspect=inspect,
    starter=starter,
    rules=RuleSource(read=read_rule_file, fetch=fetch_rules),
    servers=servers,
    memory=MEMORY,
)
