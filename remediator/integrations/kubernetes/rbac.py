"""Writes the rights that playbooks need as Kubernetes roles; used by `remediator rbac`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import yaml

from remediator.integrations.kubernetes.needs import EVERYWHERE, Granted, is_pattern
from remediator.integrations.kubernetes.rights import ClusterRight
from remediator.integrations.kubernetes.settings import KubernetesSettings

NAME = "remediator"
_GROUP = "rbac.authorization.k8s.io"
_VERBS = ("get", "list", "watch", "create", "update", "patch", "delete")


def rbac_text(granted: Granted, cluster: KubernetesSettings, account: tuple[str, str]) -> str:
    """Return roles and bindings for one service account (namespace, name), with comments, as YAML."""
    documents = [
        document
        for namespace, rights in granted.items()
        if rights
        for document in (_role(namespace, rights), _binding(namespace, account))
    ]
    notes = "".join(f"# {note}\n" for note in _notes(granted, cluster))
    return notes + yaml.safe_dump_all(documents, sort_keys=False) if documents else notes


def rules(rights: Iterable[ClusterRight]) -> list[Mapping[str, list[str]]]:
    """Return RBAC's rules: one per API group and set of verbs."""
    verbs: dict[tuple[str, str], set[str]] = {}
    for right in rights:
        name = "/".join(filter(None, (right.resource.plural, right.subresource)))
        verbs.setdefault((right.resource.group, name), set()).add(right.verb)
    merged: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (group, name), words in sorted(verbs.items()):
        merged.setdefault((group, tuple(sorted(words, key=_verb_order))), []).append(name)
    return [
        {"apiGroups": [group], "resources": names, "verbs": list(words)}
        for (group, words), names in merged.items()
    ]


def _notes(granted: Granted, cluster: KubernetesSettings) -> Iterator[str]:
    where = f" in the cluster {cluster.name}" if cluster.name else ""
    yield f"What the loaded playbooks need{where}, and nothing else; written by `remediator rbac`."
    if not any(granted.values()):
        yield "They need nothing there."
    patterns = [each for each in cluster.namespaces if is_pattern(each)]
    if patterns and cluster.name:
        yield f"RBAC knows no patterns, so {', '.join(patterns)} became all namespaces: write names to narrow it."
    if not cluster.name:
        yield "For all namespaces: give --config.file, and it is for those that the settings allow."


def _role(namespace: str, rights: Mapping[ClusterRight, object]) -> Mapping[str, object]:
    return {
        "apiVersion": f"{_GROUP}/v1",
        "kind": "Role" if namespace else "ClusterRole",
        "metadata": _metadata(namespace),
        "rules": rules(rights),
    }


def _binding(namespace: str, account: tuple[str, str]) -> Mapping[str, object]:
    kind = "Role" if namespace else "ClusterRole"
    subject = {"kind": "ServiceAccount", "namespace": account[0], "name": account[1]}
    return {
        "apiVersion": f"{_GROUP}/v1",
        "kind": f"{kind}Binding",
        "metadata": _metadata(namespace),
        "roleRef": {"apiGroup": _GROUP, "kind": kind, "name": NAME},
        "subjects": [subject],
    }


def _metadata(namespace: str) -> Mapping[str, str]:
    return {"name": NAME} if namespace == EVERYWHERE else {"name": NAME, "namespace": namespace}


def _verb_order(verb: str) -> tuple[int, str]:
    return (_VERBS.index(verb) if verb in _VERBS else len(_VERBS), verb)
