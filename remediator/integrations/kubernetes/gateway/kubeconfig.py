"""Where a cluster is and who we are there, from a kubeconfig or from the pod we run in. Used by `connection`.

Files are read to their content, so that two accounts compare equal exactly where nothing was replaced on disk.
"""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import yaml

from remediator.core.errors import Permanent
from remediator.documents.regular_file import read_regular_text
from remediator.integrations.kubernetes.gateway.kubeconfig_entries import (
    ClusterEntry,
    Context,
    PluginEntry,
    User,
)

if TYPE_CHECKING:
    from remediator.integrations.kubernetes.settings import KubernetesSettings

POD_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_HOME = Path("~/.kube/config")
_HEADER_SAFE = (
    "!#$&'*+-.^_`|~"  # what a header's name may hold beside letters and digits (RFC 9110)
)
_TOLD = {
    *("server", "tls_server_name", "insecure_skip_tls_verify", "proxy_url", "disable_compression"),
}
_PLUGIN_EXTENSION = "client.authentication.k8s.io/exec"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugin:
    """A program that signs us in (client-go credential plugin). `cluster` is told to it where it asks for it."""

    argv: tuple[str, ...]
    environment: tuple[tuple[str, str], ...]
    api_version: str
    cluster: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One server and one user. Texts are PEM; `server_name` is whom the certificate must name, where not the URL.

    `impersonated` are the headers that say as whom we act. A token file goes before `token`, as in client-go.
    """

    server: str
    authorities: str = ""
    is_verified: bool = True
    server_name: str = ""
    proxy: str = ""
    token: str = field(default="", repr=False)
    token_file: str = ""
    username: str = ""
    password: str = field(default="", repr=False)
    impersonated: tuple[tuple[str, str], ...] = ()
    certificate: str = ""
    key: str = field(default="", repr=False)
    plugin: Plugin | None = None


def read_account(
    settings: KubernetesSettings,
    environment: Mapping[str, str] = os.environ,
    pod: Path = POD_ACCOUNT,
) -> Account:
    """Read who we are in a cluster; raise Permanent with what to set. Blocks on files."""
    try:
        if settings.kubeconfig is None and settings.context is None:
            return _of_pod(environment, pod)
        return _of_files(_files(settings, environment), settings.context)
    except (OSError, UnicodeDecodeError, ValueError, yaml.YAMLError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        place = f"{error.filename}: " if isinstance(error, OSError) and error.filename else ""
        raise Permanent(f"cannot sign in: {place}{reason}"[:500], target=settings.name) from error


def _of_pod(environment: Mapping[str, str], pod: Path) -> Account:
    host = environment.get("KUBERNETES_SERVICE_HOST", "")
    port = environment.get("KUBERNETES_SERVICE_PORT", "443")
    if not host:
        raise ValueError("this is no pod: name a kubeconfig or a context in the settings")
    return Account(
        server=f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}",
        authorities=read_regular_text(pod / "ca.crt"),
        token_file=str(pod / "token"),
    )


def _files(settings: KubernetesSettings, environment: Mapping[str, str]) -> list[Path]:
    paths = _named_files(settings, environment)
    if settings.kubeconfig is None:
        paths = [
            path for path in paths if path.exists()
        ]  # as kubectl: a list may name missing files
    if not paths:
        named = environment.get("KUBECONFIG") or str(_HOME)
        raise ValueError(f"there is no kubeconfig at {named}")
    return paths


def _named_files(settings: KubernetesSettings, environment: Mapping[str, str]) -> list[Path]:
    named = str(settings.kubeconfig or environment.get("KUBECONFIG") or _HOME)
    return [Path(part).expanduser() for part in named.split(os.pathsep) if part]


def _of_files(paths: list[Path], context: str | None) -> Account:
    documents = [(path.parent, _document(path)) for path in paths]
    current = next((d["current-context"] for _, d in documents if d.get("current-context")), None)
    wanted = context or current
    if not wanted:
        raise ValueError(f"{paths[0]} has no current-context: name a context in the settings")
    folder, written = _named(documents, "context", wanted)
    chosen = Context.read(written, f"context {wanted!r}")
    place, written = _named(documents, "cluster", chosen.cluster)
    cluster = ClusterEntry.read(written, f"cluster {chosen.cluster!r}")
    home, written = _named(documents, "user", chosen.user) if chosen.user else (folder, {})
    return _account((place, cluster), (home, User.read(written, f"user {chosen.user!r}")))


def _account(where: tuple[Path, ClusterEntry], who: tuple[Path, User]) -> Account:
    (folder, cluster), (home, user) = where, who
    authorities = _pem(folder, cluster.certificate_authority, cluster.certificate_authority_data)
    return Account(
        server=cluster.server.rstrip("/"),
        authorities=authorities,
        is_verified=not cluster.insecure_skip_tls_verify,
        server_name=cluster.tls_server_name,
        proxy=cluster.proxy_url,
        token=user.token.strip(),
        token_file=str(home / user.token_file) if user.token_file else "",
        username=user.username,
        password=user.password,
        impersonated=tuple(_impersonated(user)),
        certificate=_pem(home, user.client_certificate, user.client_certificate_data),
        key=_pem(home, user.client_key, user.client_key_data),
        plugin=_plugin(home, user.exec, _told(cluster, authorities)) if user.exec else None,
    )


def kubeconfig_problem(settings: KubernetesSettings) -> str | None:
    """Return why nobody can sign in by what is written; None where one can, or where there is no such file here."""
    if settings.kubeconfig is None and settings.context is None:
        return None
    if not any(path.exists() for path in _named_files(settings, os.environ)):
        return None
    try:
        read_account(settings)
    except Permanent as error:
        return error.detail
    return None


def _impersonated(user: User) -> Iterator[tuple[str, str]]:
    """Yield the headers of "User Impersonation" (Kubernetes' documentation); a header for each group."""
    if user.as_:
        yield "Impersonate-User", user.as_
    if user.as_uid:
        yield "Impersonate-Uid", user.as_uid
    for group in user.as_groups:
        yield "Impersonate-Group", group
    for name, values in user.as_user_extra.items():
        for value in values:
            yield f"Impersonate-Extra-{quote(name, safe=_HEADER_SAFE)}", value


def _document(path: Path) -> Mapping[str, Any]:
    document = yaml.safe_load(read_regular_text(path))
    if not isinstance(document, dict):
        raise ValueError(f"{path} is not a kubeconfig")
    return document


def _named(
    documents: list[tuple[Path, Mapping[str, Any]]], kind: str, name: object
) -> tuple[Path, Mapping[str, Any]]:
    for folder, document in documents:
        for entry in document.get(f"{kind}s") or ():
            if isinstance(entry, dict) and entry.get("name") == name:
                return folder, entry.get(kind) or {}
    raise ValueError(f"the kubeconfig has no {kind} {name!r}")


def _pem(folder: Path, file: str, inline: str) -> str:
    if inline:
        return b64decode(inline).decode()
    return read_regular_text(folder / file) if file else ""


def _plugin(folder: Path, written: PluginEntry, told: Mapping[str, Any]) -> Plugin:
    command = written.command
    if "/" in command:  # kubectl looks beside the kubeconfig, and else in PATH
        command = str(folder / command)
    return Plugin(
        argv=(command, *written.args),
        environment=tuple((each.name, each.value) for each in written.env),
        api_version=written.api_version,
        cluster=told if written.provide_cluster_info else None,
    )


def _told(cluster: ClusterEntry, authorities: str) -> Mapping[str, Any]:
    """Return what a plugin is told of a cluster: no paths, and its own extension as `config` (KEP-541)."""
    told: dict[str, Any] = cluster.model_dump(by_alias=True, include=_TOLD, exclude_defaults=True)
    if authorities:
        told["certificate-authority-data"] = b64encode(authorities.encode()).decode()
    for extension in cluster.extensions:
        if extension.get("name") == _PLUGIN_EXTENSION:
            told["config"] = extension.get("extension")
    return told
