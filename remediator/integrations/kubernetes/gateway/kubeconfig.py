"""Where a cluster is and who we are there, from a kubeconfig or from the pod we run in. Used by `connection`.

Files are read to their content, so that two accounts compare equal exactly where nothing was replaced on disk.
"""

from __future__ import annotations

import os
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from remediator.core.errors import Permanent
from remediator.documents.regular_file import read_regular_text
from remediator.integrations.kubernetes.settings import KubernetesSettings

POD_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_HOME = Path("~/.kube/config")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugin:
    """A program that signs us in (client-go credential plugin). `cluster` is told to it where it asks for it."""

    argv: tuple[str, ...]
    environment: tuple[tuple[str, str], ...]
    api_version: str
    cluster: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One server and one user. Texts are PEM; `server_name` is whom the certificate must name, where not the URL."""

    server: str
    authorities: str = ""
    is_verified: bool = True
    server_name: str = ""
    proxy: str = ""
    token: str = field(default="", repr=False)
    token_file: str = ""
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
    named = str(settings.kubeconfig or environment.get("KUBECONFIG") or _HOME)
    paths = [Path(part).expanduser() for part in named.split(os.pathsep) if part]
    if settings.kubeconfig is None:
        paths = [
            path for path in paths if path.exists()
        ]  # as kubectl: a list may name missing files
    if not paths:
        raise ValueError(f"there is no kubeconfig at {named}")
    return paths


def _of_files(paths: list[Path], context: str | None) -> Account:
    documents = [(path.parent, _document(path)) for path in paths]
    current = next((d["current-context"] for _, d in documents if d.get("current-context")), None)
    wanted = context or current
    if not wanted:
        raise ValueError(f"{paths[0]} has no current-context: name a context in the settings")
    _, chosen = _named(documents, "context", wanted)
    folder, cluster = _named(documents, "cluster", chosen.get("cluster"))
    home, user = _named(documents, "user", chosen["user"]) if chosen.get("user") else (folder, {})
    if not isinstance(cluster.get("server"), str):
        raise ValueError(f"the cluster {chosen.get('cluster')!r} has no server")
    if "auth-provider" in user:
        raise ValueError("`auth-provider` is gone from Kubernetes: use a credential plugin, `exec`")
    authorities = _pem(folder, cluster, "certificate-authority")
    return Account(
        server=cluster["server"].rstrip("/"),
        authorities=authorities,
        is_verified=not cluster.get("insecure-skip-tls-verify", False),
        server_name=cluster.get("tls-server-name") or "",
        proxy=cluster.get("proxy-url") or "",
        token=str(user.get("token") or "").strip(),
        token_file=str(home / user["tokenFile"]) if user.get("tokenFile") else "",
        certificate=_pem(home, user, "client-certificate"),
        key=_pem(home, user, "client-key"),
        plugin=_plugin(home, user["exec"], cluster) if user.get("exec") else None,
    )


def _document(path: Path) -> Mapping[str, object]:
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


def _pem(folder: Path, entry: Mapping[str, Any], key: str) -> str:
    if inline := entry.get(f"{key}-data"):
        return b64decode(inline).decode()
    return read_regular_text(folder / entry[key]) if entry.get(key) else ""


def _plugin(folder: Path, written: Mapping[str, Any], cluster: Mapping[str, object]) -> Plugin:
    command = str(written.get("command") or "")
    if not command:
        raise ValueError("the user's `exec` has no command")
    if "/" in command:  # kubectl looks beside the kubeconfig, and else in PATH
        command = str(folder / command)
    environment = tuple((e["name"], e["value"]) for e in written.get("env") or ())
    return Plugin(
        argv=(command, *map(str, written.get("args") or ())),
        environment=environment,
        api_version=str(written.get("apiVersion") or "client.authentication.k8s.io/v1"),
        cluster=dict(cluster) if written.get("provideClusterInfo") else None,
    )
