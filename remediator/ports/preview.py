"""What is asked of a preview, and what it answers: what one playbook would do about one alert now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from remediator.core.alert import Alert
from remediator.core.run import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """An alert by its labels and annotations, or by the fingerprint of one that the store knows; by one playbook only
    where it is named."""

    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    fingerprint: str = ""
    playbook: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Would:
    """One playbook's word on the alert. `run` is where a dry run came to, and `ruling` what the guards and the mode say
    of its plan (allow, ask, defer, deny); neither where the playbook does not answer the alert."""

    playbook: str
    decision: str
    reason: str
    ruling: str = ""
    run: Run | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Previewed:
    """The alert that was asked about, and every playbook that could match it; where none can, the nearest."""

    alert: Alert
    would: tuple[Would, ...]
