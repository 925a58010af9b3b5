"""Who rules an object: tools of GitOps and operators as they mark it, and those who only look like it."""

from typing import Any

import pytest

from remediator.integrations.kubernetes.knowledge.gitops import operator_of, owner_of


def owned(
    annotations: dict[str, str] | None = None,
    labels: dict[str, str] | None = None,
    managers: tuple[str, ...] = (),
) -> dict[str, Any]:
    writers = [{"manager": name, "operation": "Update"} for name in managers]
    return {
        "metadata": {"annotations": annotations, "labels": labels, "managedFields": writers or None}
    }


TRACKING = "argocd.argoproj.io/tracking-id"
HELM_LIKE = {"app.kubernetes.io/instance": "shop", "app.kubernetes.io/managed-by": "Helm"}
KUSTOMIZED = {
    "kustomize.toolkit.fluxcd.io/name": "apps",
    "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
}
OWNED = [
    (owned({TRACKING: "pay:apps/Deployment:x/y"}), "Argo CD (application pay)"),
    (owned(None, {"argocd.argoproj.io/instance": "pay"}), "Argo CD (application pay)"),
    (owned(None, HELM_LIKE, ("argocd-controller",)), "Argo CD (application shop)"),
    (owned(None, KUSTOMIZED), "Flux (Kustomization flux-system/apps)"),
    (owned(None, {"helm.toolkit.fluxcd.io/name": "db"}), "Flux (HelmRelease db)"),
    (
        owned({"helm.toolkit.fluxcd.io/reconcile": "disabled"}, KUSTOMIZED),
        "Flux (Kustomization flux-system/apps)",
    ),
]
CONFIG_SYNC = {"configmanagement.gke.io/managed": "enabled"}
SYNC_LABELS = {
    "app.kubernetes.io/managed-by": "configmanagement.gke.io",
    "configmanagement.gke.io/sync-kind": "RepoSync",
    "configmanagement.gke.io/sync-name": "pay",
}
SET = "objectset.rio.cattle.io/id"
OWNED += [
    (
        owned(None, {"example.com/app": "pay"}, ("argocd-controller",)),
        "Argo CD (application by a label of its own)",
    ),
    (owned(CONFIG_SYNC), "Config Sync (RootSync root-sync)"),
    (owned(None, SYNC_LABELS), "Config Sync (RepoSync pay)"),
    (owned({SET: "default-pay-app"}), "Fleet or Rancher (object set default-pay-app)"),
    (
        owned(None, {"fleet.cattle.io/managed": "gitrepo/fleet-default/pay"}),
        "Fleet (source gitrepo/fleet-default/pay)",
    ),
    (owned(None, {"kapp.k14s.io/app": "1700000000"}), "kapp (app 1700000000)"),
    (
        owned({"apps.open-cluster-management.io/hosting-subscription": "pay/sub"}),
        "Open Cluster Management (subscription pay/sub)",
    ),
    (
        owned(None, {"addonmanager.kubernetes.io/mode": "Reconcile"}),
        "the addon manager (mode Reconcile)",
    ),
]
FREE = [
    {"metadata": {"name": "api"}},
    {},
    owned({}, {}),
    owned(None, HELM_LIKE, ("helm", "kubectl-client-side-apply")),
    owned(None, {"app": "api"}, ("argocd-server",)),
    owned({"configmanagement.gke.io/managed": "disabled"}, SYNC_LABELS),
    owned(None, {"addonmanager.kubernetes.io/mode": "EnsureExists"}),
    owned({"kustomize.toolkit.fluxcd.io/reconcile": "disabled"}, KUSTOMIZED),
]


@pytest.mark.parametrize(("found", "words"), OWNED)
def test_an_owner_is_named_with_what_it_calls_the_object(found: Any, words: str) -> None:
    assert str(owner_of(found)) == words


@pytest.mark.parametrize("found", FREE)
def test_nobody_owns_what_carries_no_mark_of_theirs(found: Any) -> None:
    assert owner_of(found) is None


def made_by(api_version: str, kind: str) -> dict[str, Any]:
    return {
        "metadata": {"ownerReferences": [{"apiVersion": api_version, "kind": kind, "name": "k8s"}]}
    }


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (made_by("monitoring.coreos.com/v1", "Prometheus"), "Prometheus k8s"),
        (made_by("keda.sh/v1alpha1", "ScaledObject"), "ScaledObject k8s"),
        (
            made_by("operators.coreos.com/v1alpha1", "ClusterServiceVersion"),
            "ClusterServiceVersion k8s",
        ),
        (owned(None, {"olm.owner": "etcd.v1"}), "ClusterServiceVersion etcd.v1"),
        (made_by("apps/v1", "StatefulSet"), ""),
        (owned(None, None), ""),
    ],
)
def test_what_an_operator_made_is_told_from_what_kubernetes_made(found: Any, words: str) -> None:
    assert operator_of(found) == words
