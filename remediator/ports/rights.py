"""What an action, a check or a probe must be allowed to do outside: declared beside it, so that nobody guesses.

`remediator rbac` and `remediator iam` print the rights of the loaded playbooks; `check --online` asks for each.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from remediator.ports.kubernetes import KINDS, Resource

_TOO_MUCH_OF_AWS = re.compile(r"\*|^(iam|sts|kms|organizations):|:(Delete|Terminate)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One use in a playbook: the kind of its target ("" where a template decides) and its parameters as written.

    Texts in `parameters` may still hold `{{ … }}`.
    """

    kind: str
    parameters: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterRight:
    """One verb on one resource, as RBAC words it; its namespaces are those of the playbooks' targets."""

    verb: str
    resource: Resource
    subresource: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudRight:
    """One AWS action, as IAM words it (`ec2:ModifyVolume`); `is_tagged` where a tag on the resource can limit it."""

    action: str
    is_tagged: bool = False


Right = ClusterRight | CloudRight
Rights = Callable[[Use], tuple[Right, ...]]


def no_rights(_use: Use) -> tuple[Right, ...]:
    """Return nothing: what works on hosts, or asks only what the settings already let it."""
    return ()


def cluster_rights(
    resource: Resource, *verbs: str, subresource: str = ""
) -> tuple[ClusterRight, ...]:
    """Return one right per verb: `cluster_rights(PODS, "get", "list")`."""
    return tuple(
        ClusterRight(verb=verb, resource=resource, subresource=subresource) for verb in verbs
    )


def target_rights(use: Use, *verbs: str, subresource: str = "") -> tuple[ClusterRight, ...]:
    """Return one right per verb on the kind of object that the use is about; nothing where that is no object."""
    resource = KINDS.get(use.kind)
    return cluster_rights(resource, *verbs, subresource=subresource) if resource else ()


def cloud_rights(*actions: str, is_tagged: bool = False) -> tuple[CloudRight, ...]:
    """Return one right per AWS action."""
    return tuple(CloudRight(action=action, is_tagged=is_tagged) for action in actions)


def is_too_much(right: Right) -> bool:
    """Say whether nobody who answers alerts should have this right: then it is never printed, whoever declares it."""
    if isinstance(right, CloudRight):
        return bool(_TOO_MUCH_OF_AWS.search(right.action))
    resource = right.resource
    return (
        right.verb in ("*", "escalate", "bind", "impersonate", "deletecollection")
        or resource.plural in ("*", "secrets", "serviceaccounts")
        or resource.group in ("*", "rbac.authorization.k8s.io")
    )


def right_words(right: Right) -> str:
    """Return a right for people: `create pods/eviction`, `patch deployments.apps`, `ec2:ModifyVolume`."""
    if isinstance(right, CloudRight):
        return right.action
    resource = right.resource
    group = f".{resource.group}" if resource.group else ""
    subresource = f"/{right.subresource}" if right.subresource else ""
    return f"{right.verb} {resource.plural}{group}{subresource}"
