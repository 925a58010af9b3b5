"""A playbook to begin with, from what is known of an alert: used by `remediator new`, which checks the text. Pure.

Everything that comes from an alert or a rule is hostile: it stands in double quotes, or cleaned in a comment.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from remediator.core.facts import Known
from remediator.core.known_labels import KnownLabels
from remediator.core.matcher import Matcher, MatchOp
from remediator.core.plaintext import one_line
from remediator.ports.action import Action
from remediator.ports.parameters import Parameters
from remediator.ports.probe import Probe
from remediator.ports.targets import UsualTarget

RUNBOOK_TO_COME = "https://runbooks.example.com/"
_LABEL_OF = {"path": "mountpoint"}
"""The label that says what a parameter wants, where it has another name."""
_OF_RULE = re.compile(r"\{\{\s*\$labels\.([A-Za-z_][A-Za-z0-9_]*)[^}]*\}\}")
_TEMPLATE = re.compile(r"\{[{%#].*?[}%#]\}", re.DOTALL)
_PLAIN = re.compile(r"[A-Za-z0-9_/.@-]+")
_MOST_ACTIONS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketch:
    """What a playbook is written from. `origin` says where it came from, `sample` are labels of such an alert; `target`
    is None where they name nothing that is a target. `step` is the action that answers it, `contact` whom to call."""

    name: str
    alert: str
    origin: str
    labels: KnownLabels
    sample: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    expression: str = ""
    target: UsualTarget | None = None
    step: Action | None = None
    contact: str | None = None


def sketch_text(sketch: Sketch, probes: Iterable[Probe], actions: Iterable[Action]) -> str:
    """Return the playbook with its test."""
    target = sketch.target or _no_target(sketch)
    kind = target.target.partition("/")[0]
    lines = (
        *_head(sketch),
        *_about(sketch),
        "match: # all must hold; more of them make it answer fewer alerts",
        f"  - {_matcher(sketch.alert)}",
        f"requires: [{', '.join(target.labels)}] # an alert without them is skipped",
        *_target(sketch, target),
        "mode: dry_run # off, dry_run, approve or auto; the settings' environments may lower it",
        *_diagnose(sketch, [each for each in probes if kind in each.targets]),
        *_steps(sketch, kind, [each for each in actions if kind in each.targets]),
        *_on_failure(sketch),
        *_tests(sketch, target),
    )
    return "\n".join(lines) + "\n"


def _head(sketch: Sketch) -> Iterator[str]:
    yield f"# Begun by `remediator new` from {one_line(sketch.origin)}."
    if sketch.expression:
        yield f"# It fires where: {one_line(sketch.expression, 400)}"
    carried = ", ".join(sketch.labels.carried())
    more = "; it may carry others" if sketch.labels.is_open else ""
    yield f"# It carries: {one_line(carried, 400)}{more}"


def _matcher(alert: str) -> str:
    written = str(Matcher("alertname", MatchOp.EQUAL, alert))
    return written if _PLAIN.fullmatch(alert) else _quoted(written)


def _about(sketch: Sketch) -> Iterator[str]:
    said = sketch.annotations
    yield f"name: {sketch.name}"
    text = said.get("summary") or said.get("description") or f"Answer {sketch.alert}."
    yield f"description: {_quoted(_without_templates(text))}"
    yield "owner: sre # who keeps this playbook"
    yield from _runbook(said.get("runbook_url", ""))


def _runbook(url: str) -> Iterator[str]:
    is_whole = url.startswith(("https://", "http://")) and not _TEMPLATE.search(url)
    if is_whole and _quoted(url)[1:-1] == url and url.isprintable() and " " not in url:
        yield f"runbook_url: {_quoted(url)}"
    else:
        yield f"runbook_url: {RUNBOOK_TO_COME} # where people look who are called: yours"


def _no_target(sketch: Sketch) -> UsualTarget:
    """An object of no system: it holds the run, and nothing can be done to it."""
    for label in ("service", "job"):
        if sketch.labels.has(label) is Known.HOLDS:
            return UsualTarget((label,), f"{label}/{{{{ labels.{label} }}}}")
    return UsualTarget(("alertname",), "alert/{{ labels.alertname }}")


def _target(sketch: Sketch, target: UsualTarget) -> Iterator[str]:
    if sketch.target is None:
        yield "# None of its labels surely names something that can be acted on, so this only looks and calls people."
    yield f"target: {target.target} # one run at a time holds it"


def _diagnose(sketch: Sketch, probes: Iterable[Probe]) -> Iterator[str]:
    found = [line for each in probes if (line := _look(sketch, each))]
    yield ""
    yield "diagnose: # looks that change nothing, for people" if found else "diagnose: []"
    yield from (f"  - {line}" for line in found)


def _look(sketch: Sketch, probe: Probe) -> str:
    """Return a probe as it is written, where the alert says all that it must be told."""
    given = _given(sketch, probe.parameters)
    if given is None:
        return ""
    written = ", ".join(f"{name}: {_quoted(text)}" for name, text in given.items())
    return f"{probe.name}: {{{written}}}"


def _given(sketch: Sketch, parameters: type[Parameters]) -> Mapping[str, str] | None:
    found: dict[str, str] = {}
    for name, one in parameters.model_fields.items():
        label = _LABEL_OF.get(name, name)
        if sketch.labels.has(label) is Known.HOLDS and (one.is_required() or name in _LABEL_OF):
            found[name] = f"{{{{ labels.{label} }}}}"
        elif one.is_required():
            return None
    return found


def _steps(sketch: Sketch, kind: str, actions: list[Action]) -> Iterator[str]:
    yield ""
    if sketch.step is not None:
        yield "steps: # one after the other; each is planned, shown, and checked again before it is done"
        yield f"  - {sketch.step.example}"
        yield ""
        yield "verify: # how success is proven; without proof, people are called"
        yield "  within: 10m"
        yield "  all:"
        yield "    - alert: resolved"
        return
    if actions:
        yield f"# What can be done to a {kind}: remediator actions show NAME. With a step, `verify` says what proves it"
        yield from (f"#   - {each.example}" for each in actions[:_MOST_ACTIONS])
    yield "steps: [] # it looks, tells what it saw, and calls people"


def _on_failure(sketch: Sketch) -> Iterator[str]:
    if sketch.contact is not None:
        yield ""
        yield "on_failure:"
        yield f"  - escalate: [{{to: {_word(sketch.contact)}}}]"


def _tests(sketch: Sketch, target: UsualTarget) -> Iterator[str]:
    wanted = {"alertname": sketch.alert, **dict.fromkeys(target.labels, "example")}
    known = {name: value for name, value in sketch.labels.values.items() if value}
    filled = dict.fromkeys(sketch.labels.carried(), "example")
    labels = {**filled, **wanted, **known, **sketch.sample, "alertname": sketch.alert}
    written = ", ".join(f"{_word(name)}: {_word(one_line(text))}" for name, text in labels.items())
    plan = sketch.step.name if sketch.step else ""
    yield ""
    yield "tests: # what is expected of it"
    yield "  - name: an alert like those that it was made for"
    yield f"    alerts: [{{labels: {{{written}}}}}]"
    yield f"    expect: {{decision: dry_run, plan: [{plan}]}}"


def _without_templates(text: str) -> str:
    """Return a rule's text with `<instance>` for a label, and dots for what else is filled in."""
    return one_line(_TEMPLATE.sub("…", _OF_RULE.sub(r"<\1>", text)), 500)


def _word(text: str) -> str:
    is_plain = _PLAIN.fullmatch(text) and text[0].isalpha()
    return text if is_plain and text not in ("true", "false", "null") else _quoted(text)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
