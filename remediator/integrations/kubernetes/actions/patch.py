"""`kubernetes.patch`: a merge patch that the playbook declares, on the target or on an object beside it.

For what has no verb of its own, such as switching on a circuit breaker in an Istio DestinationRule. What is patched is
declared; labels may fill in values and the name, never a key.
"""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator

from remediator.core.change import Change, Nothing
from remediator.core.errors import Permanent
from remediator.core.plaintext import one_line
from remediator.core.target import Target
from remediator.integrations.kubernetes.actions.frozen_patch import Wanted, frozen, patching
from remediator.integrations.kubernetes.actions.objects import gitops_words
from remediator.integrations.kubernetes.api import EVENTS, KINDS, Cluster, Ref, Resource, ref_of
from remediator.integrations.kubernetes.knowledge.merge_patch import operations_of, shown, words_of
from remediator.integrations.kubernetes.rights import cluster_rights, target_rights
from remediator.ports.action import Request
from remediator.ports.parameters import Parameters
from remediator.ports.rights import Right, Use

_OPEN_METADATA = {"annotations", "labels"}
_FORBIDDEN_KEYS = {"apiVersion", "kind", "status"}
_FORBIDDEN_GROUPS = {"rbac.authorization.k8s.io", "admissionregistration.k8s.io"}
_RESOURCE = r"^[a-z][a-z0-9]{0,62}(\.v[a-z0-9]{1,20}(\.[a-z0-9][a-z0-9.-]{0,200})?)$"
_MOST_WORDS = 400


class PatchParameters(Parameters):
    """Merge `merge` into the target, or into the object `name` of a `resource` (PLURAL.VERSION.GROUP) beside it."""

    merge: Annotated[dict[str, object], Field(min_length=1)]
    resource: Annotated[str, Field(pattern=_RESOURCE)] | None = None
    name: Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$")] | None = None

    @field_validator("merge")
    @classmethod
    def _changes_what_may_be_changed(cls, merge: dict[str, object]) -> dict[str, object]:
        metadata = merge.get("metadata", {})
        closed = sorted(set(merge) & _FORBIDDEN_KEYS)
        if not isinstance(metadata, dict) or set(metadata) - _OPEN_METADATA:
            raise ValueError("of metadata, a patch may change labels and annotations only")
        if closed:
            raise ValueError(f"a patch may not change {', '.join(closed)}")
        return merge

    @model_validator(mode="after")
    def _names_both_or_neither(self) -> Self:
        if (self.resource is None) is not (self.name is None):
            raise ValueError("say resource and name together")
        if self.resource is not None and _is_forbidden(resource_of(self.resource)):
            raise ValueError(f"{self.resource} is not for playbooks: it holds secrets or rights")
        return self


async def propose(cluster: Cluster, request: Request) -> Change | Nothing:
    """Return the change that makes the object what the playbook declares."""
    parameters = PatchParameters.of(request.parameters)
    target, ref = request.target, _ref(parameters, request.target)
    found = await cluster.get(ref)
    if found is None:
        detail = f"there is no {ref.resource.plural} {ref.name} in {ref.namespace or 'the cluster'}"
        raise Permanent(detail, target=str(target))
    operations = operations_of(found, parameters.merge)
    owned = gitops_words(cluster, found, target) if operations else ""
    beside = f" ({ref.resource.plural} {ref.name})" if parameters.resource else ""
    plan = Wanted(
        action="kubernetes.patch",
        target=target,
        patch=parameters.merge,
        summary=one_line(f"patch {target}{beside}: {words_of(operations)}{owned}", _MOST_WORDS),
        before={each["path"]: shown(each["value"]) for each in operations if each["op"] == "test"},
        after={each["path"]: each.get("value") for each in operations if each["op"] != "test"},
        undo_hint="the values that were there are put back",
        resource=ref.resource if parameters.resource else None,
        name=ref.name,
    )
    return await frozen(cluster, request, found, plan)


def resource_of(text: str) -> Resource:
    """Read `destinationrules.v1.networking.istio.io`, kubectl's spelling; `configmaps.v1` is of the core group."""
    plural, _, rest = text.partition(".")
    version, _, group = rest.partition(".")
    return Resource(group=group, version=version, plural=plural)


def _ref(parameters: PatchParameters, target: Target) -> Ref:
    if parameters.resource is None or parameters.name is None:
        return ref_of(target)
    if target.namespace is None:
        raise Permanent("the target has no namespace to look in", target=str(target))
    resource = resource_of(parameters.resource)
    return Ref(resource=resource, namespace=target.namespace, name=parameters.name)


def _is_forbidden(resource: Resource) -> bool:
    return resource.plural == "secrets" or resource.group in _FORBIDDEN_GROUPS


def _rights(use: Use) -> tuple[Right, ...]:
    named = use.parameters.get("resource")
    events = cluster_rights(EVENTS, "create")
    if isinstance(named, str) and "{{" not in named:
        return (*cluster_rights(resource_of(named), "get", "patch"), *events)
    return (*target_rights(use, "get", "patch"), *events)


ACTIONS = (
    patching(
        "kubernetes.patch",
        propose,
        doc="Merge a declared patch into the target or a declared object beside it.",
        parameters=PatchParameters,
        targets=tuple(KINDS),
        example="kubernetes.patch: {merge: {spec: {minReadySeconds: 10}}}",
        rights=_rights,
        literal=("merge",),
    ),
)
