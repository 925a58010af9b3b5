"""Which rights in AWS the playbooks need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from remediator.integrations.aws.rights import CloudRight
from remediator.ports.rights import Need


def cloud_needs(needs: Iterable[Need]) -> Mapping[CloudRight, tuple[str, ...]]:
    """Return the rights at AWS with the playbooks that need them."""
    found: dict[CloudRight, tuple[str, ...]] = {}
    for need in needs:
        if isinstance(need.right, CloudRight):
            found[need.right] = (*found.get(need.right, ()), need.playbook)
    return {right: tuple(dict.fromkeys(found[right])) for right in sorted(found, key=_cloud_order)}


def _cloud_order(right: CloudRight) -> tuple[bool, str]:
    return right.is_tagged, right.action
