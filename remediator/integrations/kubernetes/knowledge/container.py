"""Which container of a pod is meant, and whether a command can run in it now; for shells, actions and probes. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from remediator.core.errors import Permanent, Transient

DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container"


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """One running container. Another start of it has another `container_id`, another pod of the name another `uid`."""

    name: str
    uid: str
    container_id: str

    @property
    def identity(self) -> str:
        """What tells this start of this container from every other."""
        return f"{self.uid}/{self.container_id}"


def names_of(pod: Mapping[str, Any]) -> Sequence[str]:
    """Return the names of a pod's containers, ephemeral ones last."""
    spec = pod.get("spec", {})
    kinds = ("containers", "ephemeralContainers")
    return [one["name"] for kind in kinds for one in spec.get(kind) or ()]


def chosen(pod: Mapping[str, Any], wanted: str = "") -> str:
    """Return the container that is meant: the named one, the pod's default, the only one; raise Permanent."""
    names = names_of(pod)
    wanted = wanted or (pod["metadata"].get("annotations") or {}).get(DEFAULT_CONTAINER, "")
    if wanted and wanted not in names:
        raise Permanent(f"it has no container {wanted!r}, only {', '.join(names)}")
    if not wanted and len(names) != 1:
        raise Permanent(f"say which container, as pod/NAMESPACE/NAME/CONTAINER: {', '.join(names)}")
    return wanted or names[0]


def running(pod: Mapping[str, Any], wanted: str = "") -> Container:
    """Return the container that is meant; raise Transient where no command can run in it now."""
    name = chosen(pod, wanted)
    if pod["metadata"].get("deletionTimestamp"):
        raise Transient("the pod is being deleted")
    status = status_of(pod, name)
    state = status.get("state", {})
    if "running" not in state or not status.get("containerID"):
        raise Transient(f"the container {name} is not running: {_why(state)}")
    return Container(name=name, uid=pod["metadata"]["uid"], container_id=status["containerID"])


def status_of(pod: Mapping[str, Any], container: str) -> Mapping[str, Any]:
    """Return what the node last said of a container; empty where it said nothing yet."""
    status = pod.get("status", {})
    kinds = ("containerStatuses", "ephemeralContainerStatuses")
    said = (one for kind in kinds for one in status.get(kind) or ())
    return next((one for one in said if one.get("name") == container), {})


def image_of(pod: Mapping[str, Any], container: str) -> str:
    """Return the image of a container, as its status or else its spec names it."""
    declared = {one["name"]: one.get("image", "") for one in pod["spec"]["containers"]}
    return str(status_of(pod, container).get("image") or declared.get(container, ""))


def _why(state: Mapping[str, Any]) -> str:
    for word in ("waiting", "terminated"):
        if word in state:
            return str(state[word].get("reason") or word)
    return "not started yet"
