"""Objects as URLs, and what of a name is safe in one. Pure.

An empty name would turn an object's URL into its collection's, and a DELETE there deletes all of it: refused here.
"""

from __future__ import annotations

import re
from urllib.parse import quote

from remediator.core.errors import Permanent
from remediator.integrations.kubernetes.api import Ref, Resource, Verb, Write

METHODS = {
    Verb.CREATE: "POST",
    Verb.PATCH: "PATCH",
    Verb.UPDATE: "PUT",
    Verb.DELETE: "DELETE",
}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,252}")


def version_path(group: str, version: str) -> str:
    """Return the root of one version of a group of the API."""
    return f"/apis/{group}/{version}" if group else f"/api/{version}"


def collection_path(resource: Resource, namespace: str) -> str:
    """Return the URL path of a kind of object, in one namespace or ("") in all."""
    root = version_path(resource.group, resource.version)
    if resource.is_namespaced and namespace:
        return f"{root}/namespaces/{_checked(namespace, 'namespace')}/{resource.plural}"
    return f"{root}/{resource.plural}"


def object_path(ref: Ref, subresource: str = "") -> str:
    """Return the URL path of one object; raise Permanent for a name that could be anything else."""
    if ref.resource.is_namespaced:
        _checked(ref.namespace, "namespace")
    path = f"{collection_path(ref.resource, ref.namespace)}/{_checked(ref.name, 'name')}"
    return f"{path}/{subresource}" if subresource else path


def write_path(write: Write) -> str:
    """Return where a write goes: a create without a subresource to the collection, all else to the object."""
    if write.verb is Verb.CREATE and not write.subresource:
        if write.ref.resource.is_namespaced:
            _checked(write.ref.namespace, "namespace")
        return collection_path(write.ref.resource, write.ref.namespace)
    return object_path(write.ref, write.subresource)


def described(ref: Ref) -> str:
    """Return an object in words, as `deployments api in the namespace payments`."""
    place = f" in the namespace {ref.namespace}" if ref.namespace else ""
    return f"{ref.resource.plural} {ref.name}".strip() + place


def _checked(name: str, what: str) -> str:
    if not _NAME.fullmatch(name):
        raise Permanent(f"{name[:100]!r} is not the {what} of a Kubernetes object")
    return quote(name, safe="")
