"""Who rules an object: Argo CD and Flux as they mark it, and those who only look like it."""

from typing import Any

import pytest

from remediator.integrations.kubernetes.knowledge.gitops import owner_of


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
FREE = [
    {"metadata": {"name": "api"}},
    {},
    owned({}, {}),
    owned(None, HELM_LIKE, ("helm", "kubectl-client-side-apply")),
    owned(None, {"app": "api"}, ("argocd-controller",)),
    owned({"kustomize.toolkit.fluxcd.io/reconcile": "disabled"}, KUSTOMIZED),
]


@pytest.mark.parametrize(("found", "words"), OWNED)
def test_an_owner_is_named_with_what_it_calls_the_object(found: Any, words: str) -> None:
    assert str(owner_of(found)) == words


@pytest.mark.parametrize("found", FREE)
def test_nobody_owns_what_carries_no_mark_of_theirs(found: Any) -> None:
    assert owner_of(found) is None
