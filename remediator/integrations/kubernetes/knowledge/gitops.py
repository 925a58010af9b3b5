"""Who else rules a Kubernetes object: Argo CD or Flux, read from the object itself.

Such a tool puts back what a rollback or a scale changes, so actions ask here first (`actions/objects.py`), and the
check `gitops` names the owner.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_ARGO_TRACKING = "argocd.argoproj.io/tracking-id"
_ARGO_LABELS = ("argocd.argoproj.io/instance", "app.kubernetes.io/instance")
_ARGO_MANAGERS = frozenset(
    {"argocd-controller", "argocd-application-controller", "argocd-server"},
)
_FLUX = {
    "kustomize.toolkit.fluxcd.io": "Kustomization",
    "helm.toolkit.fluxcd.io": "HelmRelease",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """The tool that reconciles an object, and what it calls the thing it comes from."""

    tool: str
    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.tool} ({self.kind} {self.name})"


def owner_of(found: Mapping[str, Any]) -> Owner | None:
    """Return who reconciles an object, or None; Flux's `reconcile: disabled` sets one object free."""
    metadata = found.get("metadata") or {}
    return _argo(metadata) or _flux(metadata)


def _argo(metadata: Mapping[str, Any]) -> Owner | None:
    """Find Argo CD by its tracking annotation, or by a label of an object that it is known to have written.

    The label `app.kubernetes.io/instance` alone says nothing: Helm charts carry it too.
    """
    tracking = (metadata.get("annotations") or {}).get(_ARGO_TRACKING, "")
    if tracking:
        return Owner(tool="Argo CD", kind="application", name=tracking.partition(":")[0])
    labels = metadata.get("labels") or {}
    writers = {entry.get("manager") for entry in metadata.get("managedFields") or ()}
    known = _ARGO_LABELS if writers & _ARGO_MANAGERS else _ARGO_LABELS[:1]
    name = next((labels[label] for label in known if labels.get(label)), "")
    return Owner(tool="Argo CD", kind="application", name=name) if name else None


def _flux(metadata: Mapping[str, Any]) -> Owner | None:
    labels, annotations = metadata.get("labels") or {}, metadata.get("annotations") or {}
    for group, kind in _FLUX.items():
        name, namespace = labels.get(f"{group}/name"), labels.get(f"{group}/namespace")
        if name and annotations.get(f"{group}/reconcile") != "disabled":
            full = f"{namespace}/{name}" if namespace else name
            return Owner(tool="Flux", kind=kind, name=full)
    return None
