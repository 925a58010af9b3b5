"""The check `pvc`: has a PersistentVolumeClaim its volume, and does that grow already?"""

from __future__ import annotations

from typing import Literal

from remediator.integrations.kubernetes.checks.clustered import state_check
from remediator.integrations.kubernetes.knowledge.object_state import claim_state
from remediator.ports.parameters import Parameters


class ClaimParameters(Parameters):
    """Whether the claim is `bound` to a volume of the size it asks for, that one is `resizing`, or has `failed` to."""

    state: Literal["bound", "resizing", "failed"]


CHECKS = (
    state_check(
        "pvc",
        lambda _question, found: claim_state(found),
        kinds=("pvc",),
        no_other="is no claim of a volume",
        doc="The claim has the volume it asks for, or that one is being made larger.",
        parameters=ClaimParameters,
        example="pvc: bound",
    ),
)
