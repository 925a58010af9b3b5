"""Gateways for tests, by the names of their keys."""

from remediator.integrations.alertmanager.api import ALERTMANAGER
from remediator.integrations.aws.api import AWS, AWS_WRITES
from remediator.integrations.http.api import HTTP, TCP
from remediator.integrations.kubernetes.api import KUBERNETES, KUBERNETES_WRITES
from remediator.integrations.postgres.api import POSTGRES, POSTGRES_WRITES
from remediator.integrations.prometheus.api import PROMETHEUS
from remediator.integrations.shell.api import COMMANDS, LOOKER, SHELL
from remediator.integrations.slack.gateway.workspace import SLACK
from remediator.ports.gateways import Reads, Writes

_READS = {
    key.name: key
    for key in (
        ALERTMANAGER,
        AWS,
        COMMANDS,
        HTTP,
        KUBERNETES,
        LOOKER,
        POSTGRES,
        PROMETHEUS,
        SLACK,
        TCP,
    )
}
_WRITES = {key.name: key for key in (AWS_WRITES, KUBERNETES_WRITES, POSTGRES_WRITES, SHELL)}


def reads_of(**gateways: object) -> Reads:
    """What looks; None stands for one that is not set."""
    reads = Reads()
    for name, gateway in gateways.items():
        reads = reads if gateway is None else reads.having(_READS[name], gateway)
    return reads


def writes_of(**gateways: object) -> Writes:
    """What changes things."""
    writes = Writes()
    for name, gateway in gateways.items():
        writes = writes.having(_WRITES[name], gateway)
    return writes
