"""What a pod template takes its values from: the ConfigMaps and Secrets without which its pods do not start. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from remediator.integrations.kubernetes.api import CONFIG_MAPS, SECRETS, Resource

Object = Mapping[str, Any]
_KEYS = {
    "configMap": (CONFIG_MAPS, "ConfigMap"),
    "configMapRef": (CONFIG_MAPS, "ConfigMap"),
    "configMapKeyRef": (CONFIG_MAPS, "ConfigMap"),
    "secret": (SECRETS, "Secret"),
    "secretRef": (SECRETS, "Secret"),
    "secretKeyRef": (SECRETS, "Secret"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One ConfigMap or Secret of the workload's namespace."""

    resource: Resource
    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


def sources_of(template: Object) -> tuple[Source, ...]:
    """Return what a template names and cannot do without; what is `optional` is left out."""
    return tuple(dict.fromkeys(_sources(template.get("spec") or {})))


def _sources(spec: Object) -> Iterator[Source]:
    for container in (*(spec.get("initContainers") or ()), *(spec.get("containers") or ())):
        for each in container.get("envFrom") or ():
            yield from _named(each)
        for each in container.get("env") or ():
            yield from _named(each.get("valueFrom") or {})
    for volume in spec.get("volumes") or ():
        yield from _named(volume)
        for each in (volume.get("projected") or {}).get("sources") or ():
            yield from _named(each)


def _named(found: Object) -> Iterator[Source]:
    for key, (resource, kind) in _KEYS.items():
        written = found.get(key) or {}
        name = written.get("name") or written.get("secretName")
        if name and not written.get("optional"):
            yield Source(resource=resource, kind=kind, name=name)
