"""Which playbooks answer an alert, and why the others do not. Used by intake for every firing alert, and by `why`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from fnmatch import fnmatchcase

from remediator.core.alert import Alert
from remediator.core.guards.protected import is_protected as is_named
from remediator.core.matcher import Matcher
from remediator.core.playbook import Mode, Playbook, lowest
from remediator.core.target import Target


class Decision(StrEnum):
    """What was decided for one alert and one playbook; NO_PLAYBOOK is said once, of an alert that none matches."""

    NO_PLAYBOOK = "no_playbook"
    NOT_MATCHED = "not_matched"
    SKIPPED = "skipped"
    OFF = "off"
    BLOCKED = "blocked"
    DRY_RUN = "dry_run"
    WAITING = "waiting"
    RUN = "run"


class Refusal(StrEnum):
    """Why an alert that a playbook matches gets no run. People are told; it stands in the decision's `by`."""

    LABEL = "label"  # one that the playbook requires is missing
    SCRAPER = "scraper"  # a label names who was scraped, and not what is sick
    TARGET = "target"  # not allowed, not known, ambiguous or no name
    ORDER = "order"  # a template fails, or a value does not fit a parameter


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """A part of the world and the highest mode that playbooks have there; an empty `match` means everything."""

    name: str
    match: tuple[Matcher, ...]
    mode: Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What the alerts of one source may set off: playbooks by patterns of their names, targets by `KIND/NAME` patterns
    (None: every target), and only alerts that all matchers hold for."""

    playbooks: tuple[str, ...] = ("*",)
    targets: tuple[str, ...] | None = None
    match: tuple[Matcher, ...] = ()


EVERYTHING = Reach()


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """One playbook considered for one alert. `decision` is RUN (or DRY_RUN) where it was selected, in `mode`."""

    playbook: Playbook
    decision: Decision
    reason: str
    mode: Mode = Mode.OFF
    environment: str = ""
    refusal: Refusal | None = None

    @property
    def is_selected(self) -> bool:
        """Whether a run should be admitted."""
        return self.decision in (Decision.RUN, Decision.DRY_RUN)


class Index:
    """Playbooks filed under the values that their equality matchers want, so that many cost no more than few."""

    def __init__(self, playbooks: Iterable[Playbook]) -> None:
        self.playbooks = tuple(playbooks)
        self._filed: dict[tuple[str, str], list[Playbook]] = {}
        self._labels: set[str] = set()
        self._anywhere: list[Playbook] = []
        for playbook in self.playbooks:
            for alternative in playbook.match:
                self._file(playbook, alternative)

    def candidates(self, labels: Mapping[str, str]) -> tuple[Playbook, ...]:
        """Return every playbook that could match these labels, by name, each once."""
        found = {playbook.name: playbook for playbook in self._anywhere}
        for label in self._labels & labels.keys():
            found.update((p.name, p) for p in self._filed.get((label, labels[label]), ()))
        return tuple(found[name] for name in sorted(found))

    def _file(self, playbook: Playbook, alternative: tuple[Matcher, ...]) -> None:
        anchor = _anchor(alternative)
        if anchor is None:
            self._anywhere.append(playbook)
            return
        self._labels.add(anchor.label)
        for value in anchor.literals():
            self._filed.setdefault((anchor.label, value), []).append(playbook)


def _anchor(alternative: tuple[Matcher, ...]) -> Matcher | None:
    """Return the matcher to file under: one with a list of values, the alert's name before all others."""
    usable = [m for m in alternative if m.literals() and "" not in m.literals()]
    return min(usable, key=lambda m: (m.label != "alertname", len(m.literals())), default=None)


def select(
    playbook: Playbook,
    alert: Alert,
    environments: Iterable[Environment],
    reach: Reach = EVERYTHING,
    source: str = "",
) -> Selection:
    """Decide for one playbook. `reach` is what the alert's source may set off: asked first, so that a source without
    the right to a playbook cannot make its expressions work. The target is asked about later: `out_of_reach`."""
    if not any(fnmatchcase(playbook.name, pattern) for pattern in reach.playbooks):
        return _passed(playbook, Decision.SKIPPED, f"source {source} may not set off this playbook")
    if beyond := next((m for m in reach.match if not m.matches(alert.labels)), None):
        reason = f"source {source} may set off nothing by this alert: it is limited to {beyond}"
        return _passed(playbook, Decision.SKIPPED, reason)
    if failed := _first_failed(playbook, alert.labels):
        actual = alert.labels.get(failed.label)
        found = f"the label is {actual!r}" if actual is not None else "the label is absent"
        return _passed(playbook, Decision.NOT_MATCHED, f"{failed}: {found}")
    selection = _in_its_mode(playbook, alert.labels, environments)
    return _with_its_labels(selection, alert.labels) if selection.is_selected else selection


def out_of_reach(
    selection: Selection, target: Target, reach: Reach, source: str
) -> Selection | None:
    """Return what becomes of a selected playbook on whose target the source may set off nothing; None where it may."""
    if reach.targets is None or any(is_named(target, pattern) for pattern in reach.targets):
        return None
    reason = f"source {source} may set off nothing on {target}"
    return _passed(selection.playbook, Decision.SKIPPED, reason)


def refused(
    selection: Selection, refusal: Refusal, reason: str, decision: Decision = Decision.BLOCKED
) -> Selection:
    """Return what becomes of a selected playbook that cannot answer this alert after all."""
    return replace(selection, decision=decision, reason=reason, refusal=refusal)


def _in_its_mode(
    playbook: Playbook, labels: Mapping[str, str], environments: Iterable[Environment]
) -> Selection:
    environment = next((e for e in environments if _holds(e.match, labels)), None)
    ceiling = environment.mode if environment else Mode.DRY_RUN
    name = environment.name if environment else "unknown"
    mode = lowest(playbook.mode, ceiling)
    if mode is Mode.OFF:
        return _passed(playbook, Decision.OFF, f"the playbook is off in environment {name}")
    decision = Decision.DRY_RUN if mode is Mode.DRY_RUN else Decision.RUN
    reason = (
        f"mode {mode.value}: playbook {playbook.mode.value}, environment {name} {ceiling.value}"
    )
    return Selection(
        playbook=playbook, decision=decision, reason=reason, mode=mode, environment=name
    )


def _with_its_labels(selection: Selection, labels: Mapping[str, str]) -> Selection:
    """Refuse an alert whose labels do not say what is sick."""
    playbook = selection.playbook
    if missing := [label for label in playbook.requires if not labels.get(label)]:
        return refused(selection, Refusal.LABEL, f"no label {missing[0]}", Decision.SKIPPED)
    if scraped := _names_the_scraper(playbook, labels):
        return refused(selection, Refusal.SCRAPER, _SCRAPED.format(name=scraped))
    return selection


_SCRAPED = (
    "the label {name} names who was scraped, and exported_{name} what is sick: set `honor_labels: true` for that "
    "scrape job in Prometheus, or write labels.exported_{name} in the playbook's target"
)


def _names_the_scraper(playbook: Playbook, labels: Mapping[str, str]) -> str:
    """Return a label of the target that Prometheus has renamed: it kept its own beside `exported_…` of the metric's
    (scrape_config, `honor_labels`). "" where there is none."""
    used = set(playbook.target_labels)
    renamed = (f"exported_{name}" for name in playbook.target_labels)
    found = (name for name in renamed if labels.get(name) and name not in used)
    return next(found, "").removeprefix("exported_")


def _passed(playbook: Playbook, decision: Decision, reason: str) -> Selection:
    return Selection(playbook=playbook, decision=decision, reason=reason)


def _holds(matchers: tuple[Matcher, ...], labels: Mapping[str, str]) -> bool:
    return all(matcher.matches(labels) for matcher in matchers)


def _first_failed(playbook: Playbook, labels: Mapping[str, str]) -> Matcher | None:
    """Return None where an alternative matches, else the first matcher that failed in the one that came farthest."""
    farthest: tuple[int, Matcher] | None = None
    for alternative in playbook.match:
        failed = next(((n, m) for n, m in enumerate(alternative) if not m.matches(labels)), None)
        if failed is None:
            return None
        farthest = failed if farthest is None or failed[0] > farthest[0] else farthest
    return farthest[1] if farthest else None
