"""What must be granted at AWS, as IAM words it, and which of it the playbooks need."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from remediator.ports.rights import Need

_TOO_MUCH_OF_AWS = re.compile(r"\*|^(iam|sts|kms|organizations):|:(Delete|Terminate)")


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudRight:
    """One AWS action, as IAM words it (`ec2:ModifyVolume`); `is_tagged` where a tag on the resource can limit it."""

    action: str
    is_tagged: bool = False

    @property
    def words(self) -> str:
        """`ec2:ModifyVolume`."""
        return self.action

    @property
    def is_too_much(self) -> bool:
        """Whether it deletes, or makes more of itself."""
        return bool(_TOO_MUCH_OF_AWS.search(self.action))


def cloud_rights(*actions: str, is_tagged: bool = False) -> tuple[CloudRight, ...]:
    """Return one right per AWS action."""
    return tuple(CloudRight(action=action, is_tagged=is_tagged) for action in actions)


def cloud_needs(needs: Iterable[Need]) -> Mapping[CloudRight, tuple[str, ...]]:
    """Return the rights at AWS with the playbooks that need them."""
    found: dict[CloudRight, tuple[str, ...]] = {}
    for need in needs:
        if isinstance(need.right, CloudRight):
            found[need.right] = (*found.get(need.right, ()), need.playbook)
    return {right: tuple(dict.fromkeys(found[right])) for right in sorted(found, key=_cloud_order)}


def _cloud_order(right: CloudRight) -> tuple[bool, str]:
    return right.is_tagged, right.action
