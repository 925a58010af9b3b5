"""The section `kubernetes`: its shape, and as values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import Field, StrictStr

from remediator.documents.shapes import Shape, Word
from remediator.documents.words import (
    Path_,
    Words,
)


class GitOps(StrEnum):
    """What to do with workloads that Argo CD or Flux owns, and would put back."""

    REFUSE = "refuse"
    WARN = "warn"
    ALLOW = "allow"


@dataclass(frozen=True, slots=True, kw_only=True)
class KubernetesSettings:
    """One cluster, by kubeconfig and context, or the one we run in."""

    name: str
    kubeconfig: Path | None = None
    context: str | None = None
    namespaces: tuple[str, ...] = ()
    gitops: GitOps = GitOps.REFUSE


class KubernetesShape(Shape):
    """One entry of `kubernetes`."""

    name: Annotated[StrictStr, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")]
    kubeconfig: Path_ | None = None
    context: Word | None = None
    namespaces: Words = ()
    gitops: GitOps = GitOps.REFUSE
