"""What must be granted at AWS, as IAM words it."""

from __future__ import annotations

import re
from dataclasses import dataclass

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
