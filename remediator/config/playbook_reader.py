"""Reads one playbook document into a `Playbook`, reporting everything that is wrong with it at once."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from remediator.config.case_reader import read_own_cases
from remediator.config.channels import Ways, read_destinations
from remediator.config.check_orders import read_check, read_checks, read_probes
from remediator.config.guards import read_guards, with_defaults
from remediator.config.playbook_lint import lint
from remediator.config.playbook_report import Reading
from remediator.config.playbook_shape import (
    REQUIRED,
    ApprovalShape,
    EscalationShape,
    PlaybookShape,
    VerifyShape,
)
from remediator.config.steps import read_steps
from remediator.config.template_syntax import Usage, has_template, without_templates
from remediator.core.canonical import canonical_json, digest
from remediator.core.errors import InvalidTemplate
from remediator.core.matcher import Matcher, parse_matcher
from remediator.core.playbook import (
    ApprovalPolicy,
    Escalation,
    FailurePolicy,
    Playbook,
    VerifyOrder,
)
from remediator.documents.model_reader import Part, read_loosely, read_shape
from remediator.documents.problem import did_you_mean
from remediator.documents.report import as_list
from remediator.documents.yaml_source import KeyPath

_SEVERITY = re.compile(r"SEV-?[0-9]", re.ASCII | re.IGNORECASE)
_KIND = re.compile(r"([a-z][a-z0-9_]{0,30})/.+", re.DOTALL)


def read_playbook(reading: Reading) -> Playbook | None:
    """Return the playbook of one file, or None where the report holds errors."""
    if reading.report.has_errors:
        return None
    raw = reading.report.source.value
    shape = read_loosely(reading.report, raw, PlaybookShape, Part("the playbook"))
    for key in REQUIRED:
        if isinstance(raw, dict) and key not in raw:
            reading.report.error((), "missing-key", f"the playbook needs `{key}`")
    playbook = _playbook(reading, raw, shape)
    lint(reading, playbook)
    read_own_cases(reading.report, reading.catalog, playbook)
    return None if reading.report.has_errors else playbook


def _playbook(reading: Reading, raw: object, shape: PlaybookShape) -> Playbook:
    kind = _target_kind(reading, shape.target)
    _check_severity(reading, shape.severity)
    return Playbook(
        name=shape.name,
        digest=digest(raw),
        document=canonical_json(raw),
        description=shape.description,
        owner=shape.owner,
        severity=shape.severity,
        runbook_url=shape.runbook_url,
        match=_match(reading, raw, shape.match),
        requires=shape.requires,
        target=shape.target,
        target_labels=tuple(sorted(_usage(reading, shape.target).used)),
        mode=shape.mode,
        guards=_guards(reading, shape.guards),
        diagnose=read_probes(reading, ("diagnose",), shape.diagnose, kind),
        steps=read_steps(reading, ("steps",), shape.steps, kind),
        verify=_verify(reading, shape.verify),
        approval=_approval(reading, shape.approval),
        failure=replace(_failure(reading, shape.on_failure), on_blocked=shape.on_blocked),
        notify=_notify(reading, shape.notify),
        source=reading.report.source.file,
    )


def _target_kind(reading: Reading, target: str) -> str:
    """Return the kind, which must be written out: no label decides what kind of thing is touched."""
    usage = reading.template(("target",), target)
    found = _KIND.fullmatch(target)
    hint = "Write it like host/{{ labels.instance | host }}."
    if found is None and target:
        reading.report.error(("target",), "target", "a target is KIND/NAME", hint)
    if found and found[1] == "host" and has_template(target) and not _asks_for_host(usage, target):
        message = "a label becomes a host only through the filter `host`, which knows your hosts"
        reading.report.error(("target",), "target", message, hint)
    return found[1] if found else ""


def _check_severity(reading: Reading, severity: str | None) -> None:
    if severity is None or _SEVERITY.fullmatch(severity) or severity in reading.rules.severities:
        return
    hint = "Write SEV-1 to SEV-5, or one of the values of `severities` in the settings."
    reading.report.error(("severity",), "severity", f"`{severity}` is not a severity", hint)


def _usage(reading: Reading, target: str) -> Usage:
    try:
        return reading.templates.usage(target)
    except InvalidTemplate:  # reported where the target is read
        return Usage()


def _asks_for_host(usage: Usage, target: str) -> bool:
    return usage.is_host and without_templates(target) == "host/"


def _match(reading: Reading, raw: object, items: list[object]) -> tuple[tuple[Matcher, ...], ...]:
    if not items:
        if isinstance(raw, dict) and raw.get("match") == []:
            message = "an empty selector is never everything"
            reading.report.error(("match",), "empty-match", message, "Name at least one label.")
        return ()
    if any(isinstance(item, list) for item in items):
        return tuple(_matchers(reading, ("match", n), item) for n, item in enumerate(items))
    return (_matchers(reading, ("match",), items),)


def _matchers(reading: Reading, path: KeyPath, raw: object) -> tuple[Matcher, ...]:
    if not isinstance(raw, list):
        reading.report.error(path, "matcher", "either all items are matchers or all are lists")
        return ()
    items = raw
    found = [_matcher(reading, (*path, index), item) for index, item in enumerate(items)]
    matchers = tuple(matcher for matcher in found if matcher is not None)
    if len(matchers) == len(items) and all(matcher.matches({}) for matcher in matchers):
        message = "this matches alerts without any label: an empty selector is never everything"
        hint = "Name at least one label that must be there."
        reading.report.error(path, "empty-match", message, hint)
    return matchers


def _matcher(reading: Reading, path: KeyPath, raw: object) -> Matcher | None:
    if not isinstance(raw, str):
        reading.report.error(path, "matcher", 'a matcher is text like alertname="DiskSpaceLow"')
        return None
    try:
        return parse_matcher(raw)
    except ValueError as error:
        reading.report.error(path, "matcher", str(error))
        return None


def _guards(reading: Reading, raw: object) -> dict[str, object]:
    def check(path: KeyPath, written: object) -> Any:
        return read_check(reading, path, written)

    written = {} if raw is None else raw
    own = read_guards(reading.report, ("guards",), written, check, in_settings=False)
    rules = reading.rules
    guards, weaker = with_defaults(own, rules.guard_defaults, rules.guard_floors)
    for name in weaker:
        message = f"`{name}` is weaker than the floor in the settings; the floor is used"
        reading.report.warn(("guards", name), "floor", message, at_key=True)
    return guards


def _verify(reading: Reading, shape: VerifyShape | None) -> VerifyOrder:
    if shape is None:
        return VerifyOrder(checks=())
    if shape.after + shape.for_ >= shape.within:
        message = "`after` and `for` together leave no time within `within`"
        reading.report.error(("verify",), "range", message, at_key=True)
    return VerifyOrder(
        checks=read_checks(reading, ("verify", "all"), shape.all, "`all`"),
        after=shape.after,
        within=shape.within,
        holds_for=shape.for_,
        every=shape.every,
    )


def _approval(reading: Reading, shape: ApprovalShape) -> ApprovalPolicy:
    by, path = shape.by, ("approval",)
    if by.users and not by.groups and by.count > len(set(by.users)):
        message = f"{by.count} people must approve, but only {len(set(by.users))} may"
        reading.report.error((*path, "by", "count"), "range", message)
    if shape.escalate is not None:
        _check_contact(reading, (*path, "escalate", "to"), shape.escalate.to)
    return ApprovalPolicy(
        groups=by.groups,
        users=by.users,
        count=by.count,
        not_author=by.not_author,
        expires=shape.expires,
        remind=shape.remind,
        escalate_after=shape.escalate.after if shape.escalate else None,
        escalate_to=shape.escalate.to if shape.escalate else None,
        escalate_on_expiry=shape.on_expiry == "escalate",
        when=reading.condition((*path, "when"), shape.when),
    )


def _failure(reading: Reading, raw: list[object]) -> FailurePolicy:
    rollback = False
    escalations: tuple[Escalation, ...] = ()
    for index, item in enumerate(raw):
        path: KeyPath = ("on_failure", index)
        if item == "rollback":
            rollback = True
        elif isinstance(item, dict) and tuple(item) == ("escalate",):
            escalations += _escalations(reading, (*path, "escalate"), item["escalate"])
        else:
            message = "expected `rollback` or `escalate: [{to: NAME}]`"
            reading.report.error(path, "on-failure", message)
    return FailurePolicy(rollback=rollback, escalations=escalations)


def _escalations(reading: Reading, path: KeyPath, raw: object) -> tuple[Escalation, ...]:
    items = [raw] if isinstance(raw, str) else as_list(reading.report, path, raw, "`escalate`")
    found: list[Escalation] = []
    for index, item in enumerate(items):
        place = (*path, index)
        written = {"to": item} if isinstance(item, str) else item
        part = Part("an escalation")
        shape = read_shape(reading.report, place, written, EscalationShape, part)
        if shape is not None:
            _check_contact(reading, (*place, "to"), shape.to)
            found.append(Escalation(to=shape.to, after=shape.after, since=shape.since))
    return tuple(found)


def _check_contact(reading: Reading, path: KeyPath, name: str) -> None:
    known = reading.rules.contacts
    is_handle = name.startswith("@")
    if known is None or name in known:
        return
    if is_handle and (caller := reading.catalog.caller):
        _check_caller(reading, path, name, caller.needs)
        return
    hint = did_you_mean(name, known) or "Add it under `contacts` in the settings."
    _nobody(reading, path, "unknown-contact", f"`{name}` is not a contact", hint)


def _check_caller(reading: Reading, path: KeyPath, name: str, needs: str) -> None:
    sections = reading.rules.sections
    if sections is None or needs in sections:
        return
    message = f"`{name}` cannot be called: it is not a contact, and no `{needs}` is set"
    hint = f"Add `{needs}` to the settings, or the name under `contacts`."
    _nobody(reading, path, f"no-{needs}", message, hint)


def _nobody(reading: Reading, path: KeyPath, code: str, message: str, hint: str) -> None:
    """Report that a name is nobody's: a warning where those who are told of every run are told instead."""
    written = reading.report.source.value
    if reading.rules.is_told or (isinstance(written, dict) and written.get("notify")):
        message += "; those whom `notify` names are told instead"
        reading.report.warn(path, code, message, hint)
        return
    reading.report.error(path, code, f"{message}, and no `notify` tells anybody else", hint)


def _notify(reading: Reading, raw: object) -> Ways:
    if raw is None:
        return ()
    sections = reading.rules.sections
    known = None if sections is None else sections.keys
    return read_destinations(reading.report, ("notify",), raw, reading.catalog, known)
