"""Who else rules a Kubernetes object, read from the object itself: a tool that keeps it as it stands in a repository,
or an operator that made it.

Such a tool puts back what a rollback or a scale changes, so actions ask here first (`actions/objects.py`), and the
check `gitops` names the owner. An operator's own source is a resource in the cluster: of it there is only a warning.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

_Marks = Mapping[str, str]

_ARGO_TRACKING = "argocd.argoproj.io/tracking-id"
_ARGO_LABELS = ("argocd.argoproj.io/instance", "app.kubernetes.io/instance")
_ARGO_CONTROLLERS = frozenset({"argocd-controller", "argocd-application-controller"})
_ARGO_MANAGERS = _ARGO_CONTROLLERS | {"argocd-server"}
_FLUX = {
    "kustomize.toolkit.fluxcd.io": "Kustomization",
    "helm.toolkit.fluxcd.io": "HelmRelease",
}
_BUILT_IN = ("v1", "apps/v1", "batch/v1", "autoscaling/v1", "autoscaling/v2")


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
    labels, annotations = metadata.get("labels") or {}, metadata.get("annotations") or {}
    if owner := _argo(metadata):
        return owner
    found_by = (reader(labels, annotations) for reader in _READERS)
    return next((owner for owner in found_by if owner), None)


def operator_of(found: Mapping[str, Any]) -> str:
    """Return the custom resource or the operator that made an object, "" for none and for Kubernetes' own kinds."""
    metadata = found.get("metadata") or {}
    for reference in metadata.get("ownerReferences") or ():
        if reference.get("apiVersion") not in _BUILT_IN:
            return f"{reference.get('kind', 'an operator')} {reference.get('name', '')}".strip()
    labels = metadata.get("labels") or {}
    if name := labels.get("olm.owner"):
        return f"{labels.get('olm.owner.kind', 'ClusterServiceVersion')} {name}"
    return ""


def _argo(metadata: Mapping[str, Any]) -> Owner | None:
    """Find Argo CD by its tracking annotation, or by a label of an object that it is known to have written.

    The label `app.kubernetes.io/instance` alone says nothing: Helm charts carry it too. Which label it uses is a
    setting of its own (`application.instanceLabelKey`), so what its controller wrote is its own by any label.
    """
    tracking = (metadata.get("annotations") or {}).get(_ARGO_TRACKING, "")
    if tracking:
        return Owner(tool="Argo CD", kind="application", name=tracking.partition(":")[0])
    labels = metadata.get("labels") or {}
    writers = {entry.get("manager") for entry in metadata.get("managedFields") or ()}
    known = _ARGO_LABELS if writers & _ARGO_MANAGERS else _ARGO_LABELS[:1]
    name = next((labels[label] for label in known if labels.get(label)), "")
    if not name and writers & _ARGO_CONTROLLERS:
        name = "by a label of its own"
    return Owner(tool="Argo CD", kind="application", name=name) if name else None


def _flux(labels: _Marks, annotations: _Marks) -> Owner | None:
    for group, kind in _FLUX.items():
        name, namespace = labels.get(f"{group}/name"), labels.get(f"{group}/namespace")
        if name and annotations.get(f"{group}/reconcile") != "disabled":
            full = f"{namespace}/{name}" if namespace else name
            return Owner(tool="Flux", kind=kind, name=full)
    return None


def _config_sync(labels: _Marks, annotations: _Marks) -> Owner | None:
    """Config Sync's reference, "labels and annotations"; `managed: disabled` sets one object free."""
    managed = annotations.get("configmanagement.gke.io/managed")
    by_label = labels.get("app.kubernetes.io/managed-by") == "configmanagement.gke.io"
    if managed == "disabled" or not (managed or by_label):
        return None
    marks = {**annotations, **labels}
    kind = marks.get("configmanagement.gke.io/sync-kind", "RootSync")
    name = marks.get("configmanagement.gke.io/sync-name") or "root-sync"
    return Owner(tool="Config Sync", kind=kind, name=name)


def _fleet(labels: _Marks, annotations: _Marks) -> Owner | None:
    """Fleet since 2026 by its label (rancher/dashboard#13269), before by the object set that it keeps (fleet#2156)."""
    if managed := labels.get("fleet.cattle.io/managed"):
        return Owner(tool="Fleet", kind="source", name=managed)
    if bundle := annotations.get("objectset.rio.cattle.io/id"):
        return Owner(tool="Fleet or Rancher", kind="object set", name=bundle)
    return None


def _kapp(labels: _Marks, annotations: _Marks) -> Owner | None:
    app = labels.get("kapp.k14s.io/app")
    return Owner(tool="kapp", kind="app", name=app) if app else None


def _hub(labels: _Marks, annotations: _Marks) -> Owner | None:
    name = annotations.get("apps.open-cluster-management.io/hosting-subscription")
    return Owner(tool="Open Cluster Management", kind="subscription", name=name) if name else None


def _addons(labels: _Marks, annotations: _Marks) -> Owner | None:
    """The addon manager of GKE, AKS and kops keeps what carries `Reconcile` as its files say."""
    if labels.get("addonmanager.kubernetes.io/mode") != "Reconcile":
        return None
    return Owner(tool="the addon manager", kind="mode", name="Reconcile")


_READERS: tuple[Callable[[_Marks, _Marks], Owner | None], ...] = (
    _flux,
    _config_sync,
    _fleet,
    _kapp,
    _hub,
    _addons,
)
