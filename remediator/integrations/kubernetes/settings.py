"""The section `kubernetes`: its shape, and as values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import Field, StrictStr

from remediator.documents.model_reader import Shape, Word
from remediator.documents.value_types import Path_, Words
from remediator.ports.sections import Section, SectionReading


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


def _read(reading: SectionReading, shape: object) -> tuple[KubernetesSettings, ...]:
    shapes = shape if isinstance(shape, tuple) else ()
    known = [each for each in shapes if isinstance(each, KubernetesShape)]
    for index, each in enumerate(known):
        if each.name in {earlier.name for earlier in known[:index]}:
            message = f"there are two clusters `{each.name}`"
            reading.report.error(("kubernetes", index, "name"), "duplicate-name", message)
        if not each.namespaces:
            message = f"`{each.name}` allows no namespace: playbooks may touch nothing in one"
            hint = "Name them under `namespaces`."
            reading.report.warn(("kubernetes", index), "no-namespaces", message, hint)
    return tuple(_cluster(reading.folder, each) for each in known)


def _cluster(folder: Path, shape: KubernetesShape) -> KubernetesSettings:
    written = shape.kubeconfig
    return KubernetesSettings(
        name=shape.name,
        kubeconfig=folder / Path(written).expanduser() if written else None,
        context=shape.context,
        namespaces=shape.namespaces,
        gitops=shape.gitops,
    )


KUBERNETES_SECTION: Section[tuple[KubernetesSettings, ...]] = Section(
    key="kubernetes",
    shape=tuple[KubernetesShape, ...],
    unwritten=(),
    read=_read,
    absent=(),
)
