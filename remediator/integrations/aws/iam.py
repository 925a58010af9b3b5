"""Writes the rights that playbooks need as an IAM policy; used by `remediator iam`.

Looks are for everything, as most of EC2's can be limited to nothing less; changes only for what carries one of the
settings' `allow_tags`, where the action says that a tag can limit it. A snapshot is new, and must be made with the tag.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from remediator.integrations.aws.rights import CloudRight
from remediator.integrations.aws.settings import AwsSettings

_SNAPSHOTS = "arn:aws:ec2:*::snapshot/*"
_LOOK = re.compile(r"\w+:(Describe|Get|List)")


def iam_text(rights: Iterable[CloudRight], aws: AwsSettings) -> str:
    """Return the policy as JSON."""
    known = tuple(rights)
    statements = [*_anywhere(known, aws), *_changes(known, aws), *_snapshots(known, aws)]
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=2)


def _anywhere(rights: Iterable[CloudRight], aws: AwsSettings) -> Iterator[Mapping[str, object]]:
    actions = sorted(right.action for right in rights if not right.is_tagged)
    looks = [action for action in actions if _LOOK.match(action)]
    makes = [action for action in actions if action not in looks]
    for sid, found in (("RemediatorLooks", looks), ("RemediatorMakes", makes)):
        if found:
            yield _statement(sid, found, condition=_regions(aws))


def _changes(rights: Iterable[CloudRight], aws: AwsSettings) -> Iterator[Mapping[str, object]]:
    actions = sorted(right.action for right in rights if right.is_tagged)
    if not actions:
        return
    if not aws.allow_tags:
        yield _statement("RemediatorChanges", actions, condition=_regions(aws))
    for number, tag in enumerate(_tags(aws, "aws:ResourceTag"), start=1):
        yield _statement(f"RemediatorChanges{number}", actions, condition=tag)


def _snapshots(rights: Iterable[CloudRight], aws: AwsSettings) -> Iterator[Mapping[str, object]]:
    if "ec2:CreateSnapshot" not in {right.action for right in rights} or not aws.allow_tags:
        return
    for number, tag in enumerate(_tags(aws, "aws:RequestTag"), start=1):
        sid = f"RemediatorSnapshots{number}"
        yield _statement(sid, ["ec2:CreateSnapshot"], resource=_SNAPSHOTS, condition=tag)
    made = {"StringEquals": {"ec2:CreateAction": "CreateSnapshot"}}
    sid = "RemediatorSnapshotTags"
    yield _statement(sid, ["ec2:CreateTags"], resource=_SNAPSHOTS, condition=made)


def _tags(aws: AwsSettings, key: str) -> Iterator[Mapping[str, object]]:
    """Yield one condition per allowed tag: any one of them is enough."""
    for name, value in sorted(aws.allow_tags.items()):
        where = _regions(aws).get("StringEquals", {})
        yield {"StringEquals": {**where, f"{key}/{name}": value}}


def _regions(aws: AwsSettings) -> Mapping[str, Any]:
    if not aws.regions:
        return {}
    return {"StringEquals": {"aws:RequestedRegion": list(aws.regions)}}


def _statement(
    sid: str, actions: list[str], *, resource: str = "*", condition: Mapping[str, object]
) -> Mapping[str, object]:
    statement = {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resource}
    return {**statement, "Condition": condition} if condition else statement
