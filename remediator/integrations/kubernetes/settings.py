"""The section `kubernetes`: one entry for each cluster."""

from __future__ import annotations

from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Annotated

from pydantic import Field, StrictStr

from remediator.documents.model_reader import Shape, Word
from remediator.documents.value_types import File, Words
from remediator.ports.sections import Section, SectionReading


class GitOps(StrEnum):
    """What to do with workloads that Argo CD or Flux owns, and would put back."""

    REFUSE = "refuse"
    WARN = "warn"
    ALLOW = "allow"


class KubernetesSettings(Shape):
    """One cluster. Without `kubeconfig` and `context` it is the one we run in.

    `namespaces` are glob patterns; none allows no namespace, only what has none, such as nodes.
    """

    name: Annotated[StrictStr, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")]
    kubeconfig: File | None = None
    context: Word | None = None
    namespaces: Words = ()
    gitops: GitOps = GitOps.REFUSE

    def allows(self, namespace: str) -> bool:
        """Say whether the settings let us touch what is in a namespace."""
        return any(fnmatchcase(namespace, pattern) for pattern in self.namespaces)


def _read(
    reading: SectionReading, written: tuple[KubernetesSettings, ...]
) -> tuple[KubernetesSettings, ...]:
    for index, each in enumerate(written):
        if each.name in {earlier.name for earlier in written[:index]}:
            message = f"there are two clusters `{each.name}`"
            reading.report.error(("kubernetes", index, "name"), "duplicate-name", message)
        if not each.namespaces:
            message = f"`{each.name}` allows no namespace: playbooks may touch nothing in one"
            hint = "Name them under `namespaces`."
            reading.report.warn(("kubernetes", index), "no-namespaces", message, hint)
    return written


KUBERNETES_SECTION: Section[tuple[KubernetesSettings, ...]] = Section(
    key="kubernetes",
    shape=tuple[KubernetesSettings, ...],
    read=_read,
    absent=(),
)
