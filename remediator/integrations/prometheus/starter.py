"""The rules that `remediator init` writes: what the first playbooks answer, and who watches the watcher."""

from __future__ import annotations

from collections.abc import Mapping

NAME = "prometheus-rules.yaml"


def starter() -> Mapping[str, str]:
    """Return the file by its name."""
    from importlib.resources import files  # no daemon needs it

    return {NAME: files(__package__).joinpath(NAME).read_text(encoding="utf-8")}
