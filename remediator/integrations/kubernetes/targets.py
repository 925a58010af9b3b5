"""How a target in Kubernetes becomes one that we may touch: one spelling for each object, in a namespace that the
settings name, in a cluster that they know.

Cooldowns, locks and history go by a target's text, so one object must not have two.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from remediator.core.errors import InvalidTarget
from remediator.core.target import Target, parse_target
from remediator.documents.regular_file import read_regular_text
from remediator.integrations.kubernetes.api import KINDS, Place, place_of
from remediator.integrations.kubernetes.settings import KubernetesSettings
from remediator.ports.targets import TargetRemark

NOTHING_REACHED = TargetRemark(
    code="no-cluster",
    message="nothing in Kubernetes can be reached: no cluster is set in the settings",
    hint="Set `kubernetes` there.",
    is_error=False,
)
POD_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")


class ClusterTargets:
    """Keeps the promise of `ports.targets.TargetKinds`, with the clusters of the settings."""

    kinds = KINDS.keys()

    def __init__(self, clusters: Sequence[KubernetesSettings] = ()) -> None:
        self._clusters = {cluster.name: cluster for cluster in clusters}

    def checked(self, target: Target, written: str) -> Target:
        """See ports.targets.TargetKinds: a label cannot choose a cluster by holding an `@`."""
        if str(target).count("@") != written.count("@"):
            raise InvalidTarget(f"{target}: a value with an @ cannot be part of a target")
        place = place_of(target)
        _check_names(target, place)
        if not self._clusters:
            return target
        cluster = self._cluster(target, place.cluster)
        _check_namespace(target, place, cluster)
        path, _, _ = target.name.partition("@")
        return Target(target.kind, path if len(self._clusters) == 1 else f"{path}@{cluster.name}")

    def remark(self, target: str, written: str) -> TargetRemark | None:
        """See ports.targets.TargetKinds."""
        if not self._clusters:
            return NOTHING_REACHED
        kind, _, path = written.partition("/")
        try:
            if target == written:
                self.checked(parse_target(target), written)
            elif not path.endswith("@"):  # else a label says which
                _, _, name = path.partition("@")
                self._cluster(Target(kind, target.partition("/")[2]), name)
        except InvalidTarget as error:
            return TargetRemark(code="cluster", message=str(error))
        return None

    def _cluster(self, target: Target, name: str) -> KubernetesSettings:
        if not name and len(self._clusters) == 1:
            return next(iter(self._clusters.values()))
        known = ", ".join(self._clusters)
        if not name:
            raise InvalidTarget(f"{target}: which cluster? write @NAME behind it: {known}")
        if name not in self._clusters:
            raise InvalidTarget(f"{target}: there is no cluster {name!r} in the settings: {known}")
        return self._clusters[name]


def own_places(file: Path = POD_NAMESPACE) -> tuple[str, ...]:
    """Return what is protected because the daemon lives there: a remedy must not end whoever applies it."""
    try:
        namespace = read_regular_text(file).strip()
    except (OSError, UnicodeDecodeError):
        return ()
    return (f"namespace/{namespace}",) if _NAME.fullmatch(namespace) else ()


def _check_names(target: Target, place: Place) -> None:
    needs_namespace = KINDS[place.kind].is_namespaced
    names = (place.namespace, place.name) if needs_namespace else (place.name,)
    container = place.rest if place.kind == "pod" else ""
    has_more = bool(place.rest) and not container
    texts = (*names, *([container] if container else ()))
    if has_more or not all(_NAME.fullmatch(text) for text in texts):
        form = "NAMESPACE/NAME" if needs_namespace else "NAME"
        raise InvalidTarget(f"{target}: expected {place.kind}/{form}, in Kubernetes' names")


def _check_namespace(target: Target, place: Place, cluster: KubernetesSettings) -> None:
    if not place.namespace or cluster.allows(place.namespace):
        return
    text = f"the namespace is not among the `namespaces` of the cluster {cluster.name}"
    raise InvalidTarget(f"{target}: {text} in the settings")
