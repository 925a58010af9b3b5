"""The check `node`: is a node ready, as its controllers say now? One that they do not hear of is not ready."""

from __future__ import annotations

from typing import Literal

from remediator.integrations.kubernetes.checks.clustered import state_check
from remediator.integrations.kubernetes.knowledge.object_state import node_state
from remediator.ports.parameters import Parameters


class NodeParameters(Parameters):
    """Whether the node is `ready` or `not_ready`, as `kubectl get nodes` shows it."""

    state: Literal["ready", "not_ready"]


CHECKS = (
    state_check(
        "node",
        lambda _question, found: node_state(found),
        kinds=("node",),
        no_other="is no node",
        doc="The node is ready (or not), by its own condition Ready.",
        parameters=NodeParameters,
        example="node: not_ready",
    ),
)
