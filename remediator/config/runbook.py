"""A playbook as a runbook in Markdown, for people who must do it by hand: `remediator docs playbooks`. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping

from remediator.config.catalog import Catalog
from remediator.core.change import ActionEffect
from remediator.core.duration import format_duration
from remediator.core.guards.forbid import ForbidSettings
from remediator.core.guards.require import RequireSettings
from remediator.core.matcher import Matcher
from remediator.core.playbook import (
    AfterFailure,
    CheckOrder,
    Escalation,
    Playbook,
    ProbeOrder,
    Since,
    StepOrder,
)
from remediator.ports.action import Action
from remediator.ports.probe import Probe
from remediator.ports.rights import Right, Use

WRITTEN = "<!-- Written by `remediator docs playbooks`: change the playbook, not this page. -->"
_LABEL = re.compile(r"\{\{\s*labels\.([A-Za-z_][A-Za-z0-9_]*)[^}]*\}\}")
_TICKS = re.compile(r"`+")
_IF_IT_FAILS = {
    AfterFailure.STOP: "",
    AfterFailure.CONTINUE: "If it fails, go on with the next one.",
    AfterFailure.ROLLBACK: "If it fails, take back what was done.",
}


def runbook_text(playbook: Playbook, catalog: Catalog) -> str:
    """Return the page; `<instance>` stands for what the alert's label of that name says."""
    sections = (
        _head(playbook),
        _section("When", _when(playbook)),
        _section("Before you begin", _before(playbook)),
        _section("Look", _looks(playbook, catalog)),
        _section("Do", _steps(playbook, catalog)),
        _section("Did it help?", _verification(playbook)),
        _section("If it did not", _otherwise(playbook)),
    )
    return "\n".join(line for section in sections for line in section).rstrip("\n") + "\n"


def index_text(playbooks: Iterable[Playbook]) -> str:
    """Return a page that leads to all of them."""
    rows = (
        f"| [{each.name}]({each.name}.md) | {_cell(each.description)} | {_cell(each.owner)} |"
        for each in playbooks
    )
    return "\n".join(
        [
            WRITTEN,
            "",
            "# Runbooks",
            "",
            "| playbook | what | owner |",
            "| --- | --- | --- |",
            *rows,
            "",
        ]
    )


def _section(heading: str, lines: Iterator[str]) -> Iterator[str]:
    told = list(lines)
    if told:
        yield f"## {heading}"
        yield ""
        yield from told
        yield ""


def _head(playbook: Playbook) -> Iterator[str]:
    yield from (WRITTEN, "", f"# {playbook.name}", "")
    if playbook.description:
        yield from (_filled(playbook.description), "")
    said = {
        "owner": playbook.owner,
        "severity": playbook.severity or "",
        "mode": f"{playbook.mode.value} at most",
        "runbook": playbook.runbook_url,
    }
    yield from (f"* {name}: {text}" for name, text in said.items() if text)
    yield from ("", f"It is about {_code(_filled(playbook.target))}.", "")


def _when(playbook: Playbook) -> Iterator[str]:
    for number, alternative in enumerate(playbook.match):
        yield f"{'Or an' if number else 'An'} alert fires with {_all_of(alternative)}."
    if playbook.requires:
        names = ", ".join(_code(name) for name in playbook.requires)
        yield f"It must carry {names}; without, nobody knows what is meant."


def _all_of(alternative: Iterable[Matcher]) -> str:
    return " and ".join(_code(str(matcher)) for matcher in alternative) or "any labels"


def _before(playbook: Playbook) -> Iterator[str]:
    require, forbid = playbook.guards.get("require"), playbook.guards.get("forbid")
    if isinstance(require, RequireSettings):
        yield from (f"* Must be true: {_check(each)}" for each in require.checks)
    if isinstance(forbid, ForbidSettings):
        yield from (f"* Must not be true: {_check(each)}" for each in forbid.checks)
    yield from (f"* {_code(name)}: {_written(value)}" for name, value in _other_guards(playbook))
    if who := (*playbook.approval.groups, *playbook.approval.users):
        yield f"* A yes of {playbook.approval.count} of: {', '.join(map(_code, who))}"


def _other_guards(playbook: Playbook) -> Iterator[tuple[str, object]]:
    document = json.loads(playbook.document)
    guards = document.get("guards") if isinstance(document, dict) else None
    for name, value in (guards if isinstance(guards, dict) else {}).items():
        if name not in ("require", "forbid"):
            yield name, value


def _looks(playbook: Playbook, catalog: Catalog) -> Iterator[str]:
    for number, order in enumerate(playbook.diagnose, start=1):
        probe = catalog.probes.get(order.kind)
        yield f"{number}. **{order.kind}**{_with(order.parameters)}. {probe.doc if probe else ''}".rstrip()
        yield from _by_hand(playbook, order, probe)


def _steps(playbook: Playbook, catalog: Catalog) -> Iterator[str]:
    if not playbook.steps:
        yield "Nothing is changed by it: look, and decide."
    for number, step in enumerate(playbook.steps, start=1):
        action = catalog.actions.get(step.action)
        doc = action.doc.splitlines()[0] if action else ""
        yield f"{number}. **{step.action}**{_with(step.parameters)}. {doc}".rstrip()
        yield from (f"    * {line}" for line in _about_step(step) if line)
        yield from _by_hand(playbook, step, action)


def _about_step(step: StepOrder) -> Iterator[str]:
    yield f"Only where {_code(step.when)}." if step.when else ""
    yield "Not where it is as it should be already (see below)." if step.unless_verified else ""
    yield from (f"Not where {_check(each)}." for each in step.unless)
    yield "It cannot be taken back." if step.effect is ActionEffect.IRREVERSIBLE else ""
    yield "Ask first." if step.approval_required else ""
    yield _IF_IT_FAILS[step.after_failure]


def _by_hand(
    playbook: Playbook, order: StepOrder | ProbeOrder, item: Action | Probe | None
) -> Iterator[str]:
    """Say what remediator does there, in the words of the system's own rights."""
    if item is None:
        return
    kind = playbook.target.partition("/")[0]
    rights: tuple[Right, ...] = item.rights(Use(kind=kind, parameters=order.parameters))
    words = dict.fromkeys(_filled(right.words) for right in rights)
    if words:
        yield "    * What remediator has to be allowed for it, and does there:"
    yield from (f"        * {each}" for each in words)


def _verification(playbook: Playbook) -> Iterator[str]:
    verify = playbook.verify
    if not verify.checks:
        return
    after, within = format_duration(verify.after), format_duration(verify.within)
    held = f" for {format_duration(verify.holds_for)}" if verify.holds_for else ""
    yield f"Wait {after}. Within {within} all of it must hold{held}:"
    yield ""
    yield from (f"* {_check(each)}" for each in verify.checks)


def _otherwise(playbook: Playbook) -> Iterator[str]:
    if playbook.failure.rollback:
        yield "* Take back what can be taken back, the last first."
    yield from (f"* Call {_code(each.to)}{_after(each)}." for each in playbook.failure.escalations)


def _after(escalation: Escalation) -> str:
    if not escalation.after:
        return ""
    since = "the alert began" if escalation.since is Since.ALERT else "that"
    return f" {format_duration(escalation.after)} after {since}, unless somebody has taken over"


def _check(order: CheckOrder) -> str:
    return _code(_filled(order.key))


def _with(parameters: Mapping[str, object]) -> str:
    shown = ", ".join(f"{name} {_written(value)}" for name, value in parameters.items())
    return f" ({shown})" if shown else ""


def _written(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return _code(_filled(text))


def _filled(text: str) -> str:
    return _LABEL.sub(r"<\1>", text)


def _code(text: str) -> str:
    """Write a text so that nothing in it is Markdown."""
    line = " ".join(text.split())
    longest = max((len(ticks) for ticks in _TICKS.findall(line)), default=0)
    fence, space = "`" * (longest + 1), " " if longest else ""
    return f"{fence}{space}{line}{space}{fence}"


def _cell(text: str) -> str:
    return " ".join(_filled(text).split()).replace("|", "\\|")
