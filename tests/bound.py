"""Gateways for tests, by the names of their keys."""

from remediator.channels.slack.side import SLACK
from remediator.ports.alertmanager import ALERTMANAGER
from remediator.ports.aws import AWS, AWS_HANDS
from remediator.ports.gateways import Reads, Writes
from remediator.ports.http import HTTP, TCP
from remediator.ports.kubernetes import KUBERNETES, KUBERNETES_HANDS
from remediator.ports.prometheus import PROMETHEUS
from remediator.ports.shell import COMMANDS, LOOKER, SHELL

_READS = {
    key.name: key
    for key in (ALERTMANAGER, AWS, COMMANDS, HTTP, KUBERNETES, LOOKER, PROMETHEUS, SLACK, TCP)
}
_WRITES = {key.name: key for key in (AWS_HANDS, KUBERNETES_HANDS, SHELL)}


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
