"""One cluster as `kubernetes.api` promises it: an object that looks, and one that can also write."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from remediator.core.errors import ActionError, Permanent, Transient, Uncertain
from remediator.integrations.kubernetes.api import (
    EVENTS,
    PODS,
    Object,
    Permission,
    Ref,
    Resource,
    Verb,
    Write,
)
from remediator.integrations.kubernetes.gateway.answers import (
    Wish,
    look_error,
    rehearsal_error,
    wish_of,
    write_error,
)
from remediator.integrations.kubernetes.gateway.connection import Answer, Connection, Question
from remediator.integrations.kubernetes.gateway.paths import (
    METHODS,
    collection_path,
    object_path,
    write_path,
)
from remediator.integrations.kubernetes.gateway.versions import Versions
from remediator.integrations.kubernetes.settings import KubernetesSettings

PAGE = 100
_MOST_PAGES = 1000
_MOST_LISTED = 128 * 1024 * 1024
_LARGEST_LOG = 64 * 1024 * 1024
REHEARSAL = (("dryRun", "All"),)
_REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


class ClusterLooker:
    """Keep the promise of `ports.kubernetes.Cluster`: there is no way to change anything here."""

    def __init__(self, settings: KubernetesSettings, connection: Connection) -> None:
        self.name = settings.name
        self.gitops = settings.gitops.value
        self.settings = settings
        self.connection = connection
        self._versions = Versions(self._discovered)

    async def get(self, ref: Ref, *, subresource: str = "") -> Object | None:
        """See ports.kubernetes.Cluster."""
        self._check(ref.resource, ref.namespace)
        resource = await self._versions.served(ref.resource)
        if resource is None:
            return None
        path = object_path(replace(ref, resource=resource), subresource)
        answer = await self.connection.ask(Question(method="GET", path=path))
        if answer.status == 404:
            return None
        return self._object(answer, _wish("get", ref, subresource))

    async def list(
        self, resource: Resource, namespace: str, *, labels: str = "", fields: str = ""
    ) -> Sequence[Object]:
        """See ports.kubernetes.Cluster. Of a kind that the cluster does not serve there are none."""
        if namespace:
            self._check(resource, namespace)
        served = await self._versions.served(resource)
        if served is None:
            return ()
        wish = Wish(verb="list", group=resource.group, plural=resource.plural, namespace=namespace)
        selectors = (("labelSelector", labels), ("fieldSelector", fields))
        query = tuple((key, value) for key, value in selectors if value)
        return await self._pages(collection_path(served, namespace), query, wish)

    async def rehearse(self, write: Write) -> Object:
        """See ports.kubernetes.Cluster."""
        if write.verb is Verb.DELETE:
            # Of a DELETE with a body the server reads the options there alone: `dryRun` in the URL would delete.
            options = write.body if isinstance(write.body, Mapping) else {}
            write = replace(write, body={**options, "dryRun": ["All"]})
        answer = await self.connection.ask(await self._question(write, REHEARSAL))
        if answer.status >= 300:
            raise self._named(rehearsal_error(write, answer.status, answer.document))
        return self._object(answer, wish_of(write))

    async def logs(
        self,
        namespace: str,
        pod: str,
        container: str,
        *,
        previous: bool = False,
        since: timedelta | None = None,
        limit: int = 256 * 1024,
    ) -> str:
        """See ports.kubernetes.Cluster."""
        self._check(PODS, namespace)
        ref = Ref(resource=PODS, namespace=namespace, name=pod)
        # `limitBytes` keeps the beginning, not the end: the lines are cut there, the bytes here.
        query = {"container": container, "tailLines": str(max(limit // 16, 1))}
        if previous:
            query["previous"] = "true"
        if since is not None:
            query["sinceSeconds"] = str(max(int(since.total_seconds()), 1))
        path = object_path(ref, "log")
        answer = await self.connection.ask(
            Question(method="GET", path=path, query=tuple(query.items()), most=_LARGEST_LOG)
        )
        if answer.status in (400, 404):  # not started yet, no earlier container, or gone
            return ""
        if answer.status >= 300:
            raise self._named(look_error(_wish("get", ref, "log"), answer.status, answer.document))
        return answer.raw[-limit:].decode(errors="replace")

    async def may(self, permission: Permission) -> bool:
        """See ports.kubernetes.Cluster."""
        attributes = {
            "verb": permission.verb,
            "group": permission.resource.group,
            "resource": permission.resource.plural,
            "subresource": permission.subresource,
            "namespace": permission.namespace,
            "name": permission.name,
        }
        body = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": {k: v for k, v in attributes.items() if v}},
        }
        answer = await self.connection.ask(Question(method="POST", path=_REVIEWS, body=body))
        wish = Wish(verb="create", group="authorization.k8s.io", plural="selfsubjectaccessreviews")
        status = self._object(answer, wish).get("status")
        return isinstance(status, Mapping) and status.get("allowed") is True

    async def _question(self, write: Write, more: tuple[tuple[str, str], ...]) -> Question:
        """Return a write as a request; raise Permanent for what is not allowed or not served."""
        self._check(write.ref.resource, write.ref.namespace)
        served = await self._versions.served(write.ref.resource)
        if served is None:
            text = f"the cluster serves no {write.ref.resource.plural}.{write.ref.resource.group}"
            raise self._named(Permanent(text))
        body = await self._body(write, served)
        is_patch = write.verb is Verb.PATCH
        query = () if write.verb is Verb.DELETE else (("fieldManager", "remediator"),)
        return Question(
            method=METHODS[write.verb],
            path=write_path(replace(write, ref=replace(write.ref, resource=served))),
            query=(*query, *more),
            body=body,
            content_type=write.patch.value if is_patch else "application/json",
        )

    async def _body(self, write: Write, served: Resource) -> object:
        """Return a write's body, with the `apiVersion` that this cluster takes where the body names one."""
        body = write.body
        if not isinstance(body, Mapping) or "apiVersion" not in body:
            return body
        if write.subresource == "eviction":
            return {**body, "apiVersion": await self._versions.eviction()}
        is_ours = str(body["apiVersion"]).rpartition("/")[0] == served.group
        version = f"{served.group}/{served.version}".lstrip("/")
        return {**body, "apiVersion": version} if is_ours else body

    async def _pages(
        self, path: str, query: tuple[tuple[str, str], ...], wish: Wish
    ) -> tuple[Object, ...]:
        found: list[Object] = []
        token, size = "", 0
        for _ in range(_MOST_PAGES):
            page = (*query, ("limit", str(PAGE)), *((("continue", token),) if token else ()))
            answer = await self.connection.ask(Question(method="GET", path=path, query=page))
            if answer.status == 404:
                return ()
            if answer.status == 410:  # a slow reader's pages are forgotten after five minutes
                raise self._named(Transient("the list changed while it was read"))
            items, token = self._page(self._object(answer, wish))
            found += items
            size += len(answer.raw)
            if not token:
                return tuple(found)
            if size > _MOST_LISTED:
                break
        raise self._named(Transient(f"the list of {wish.plural} is too large to be read"))

    def _page(self, document: Object) -> tuple[Sequence[Object], str]:
        items, metadata = document.get("items") or [], document.get("metadata") or {}
        token = metadata.get("continue") or "" if isinstance(metadata, Mapping) else None
        is_list = isinstance(items, list) and all(isinstance(each, Mapping) for each in items)
        if not is_list or not isinstance(token, str):
            raise self._named(Transient("the answer is not a list of objects"))
        return items, token

    async def _discovered(self, path: str) -> Mapping[str, object] | None:
        answer = await self.connection.ask(Question(method="GET", path=path))
        if answer.status == 404:
            return None
        return self._object(answer, Wish(verb="get", group="", plural=path))

    def _check(self, resource: Resource, namespace: str) -> None:
        """Raise Permanent for a namespace of which the settings know nothing; RBAC may say no beyond that."""
        is_node_story = resource == EVENTS and namespace == "default"  # where events on nodes live
        if not resource.is_namespaced or is_node_story or self.settings.allows(namespace):
            return
        text = f"the namespace {namespace!r} is not among this cluster's `namespaces`"
        raise self._named(Permanent(f"{text} in the settings"))

    def _object(self, answer: Answer, wish: Wish) -> Object:
        document = answer.document
        if answer.status >= 300:
            raise self._named(look_error(wish, answer.status, document))
        if not isinstance(document, Mapping):
            raise self._named(Transient("the answer is no JSON object"))
        return document

    def _named(self, error: ActionError) -> ActionError:
        return type(error)(error.detail, target=self.name)


class ClusterWriter(ClusterLooker):
    """Keep the promise of `ports.kubernetes.ClusterHands`."""

    async def write(self, write: Write, *, timeout: timedelta) -> Object:
        """See ports.kubernetes.ClusterHands. The server gives up when we do (`timeout` in the URL)."""
        began = time.monotonic()
        question = await self._prepared(write, timeout.total_seconds())
        left = timeout.total_seconds() - (time.monotonic() - began)
        limit = (("timeout", f"{max(int(left), 1)}s"),)
        question = replace(question, query=(*question.query, *limit))
        answer = await self.connection.send(question, timeout=timedelta(seconds=max(left, 0.1)))
        document = answer.document
        if answer.status >= 300:
            raise self._named(write_error(write, answer.status, document))
        if not isinstance(document, Mapping):
            raise self._named(Uncertain("it was taken, but the answer is no JSON object"))
        return document

    async def _prepared(self, write: Write, seconds: float) -> Question:
        """Look up and sign in, all within the time that the write has: it must not be sent after that."""
        try:
            async with asyncio.timeout(seconds):
                question = await self._question(write, ())
                await self.connection.open()
                return question
        except TimeoutError as error:
            raise self._named(Transient("no answer in time, nothing was sent")) from error


def _wish(verb: str, ref: Ref, subresource: str) -> Wish:
    return Wish(
        verb=verb,
        group=ref.resource.group,
        plural=ref.resource.plural,
        namespace=ref.namespace,
        name=ref.name,
        subresource=subresource,
    )
