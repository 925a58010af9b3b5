"""What is allowed but probably not meant, and what is wrong only in combination. Used by `playbook_reader`."""

from __future__ import annotations

from collections.abc import Mapping

from remediator.config.playbook_report import Reading
from remediator.config.template_texts import has_template, without_templates
from remediator.core.change import ActionEffect
from remediator.core.errors import InvalidTarget, InvalidTemplate
from remediator.core.guards.cooldown import CooldownSettings
from remediator.core.guards.protected import is_protected, own_complaint
from remediator.core.guards.require import RequireSettings
from remediator.core.identity import Identity, OwnMachine
from remediator.core.playbook import Mode, Playbook, StepOrder
from remediator.core.target import Target, parse_target
from remediator.documents.problem import did_you_mean
from remediator.ports.members import Members
from remediator.ports.parameters import CommandName, Parameters


def lint(reading: Reading, playbook: Playbook) -> None:
    """Report errors and warnings about a playbook as a whole."""
    _lint_verification(reading, playbook)
    _lint_requires(reading, playbook)
    _lint_protected(reading, playbook)
    _lint_target(reading, playbook)
    _lint_rest(reading, playbook)
    _lint_require(reading, playbook)
    _lint_approval(reading, playbook)
    _lint_hand_over(reading, playbook)
    for index, step in enumerate(playbook.steps):
        _lint_step(reading, playbook, index, step)


def _lint_verification(reading: Reading, playbook: Playbook) -> None:
    written = _written(reading)
    if written.get("verify") is not None or _hands_over(written):
        return
    if playbook.mode is Mode.AUTO:
        message = "no playbook may be `auto` without `verify`"
        reading.report.error(("mode",), "no-verify", message, "Say how success is proven.")
        return
    message = "without `verify` nobody knows whether the remedy worked"
    reading.report.warn((), "no-verify", message)
    if any(step.unless_verified for step in playbook.steps):
        message = "`unless: verified` needs a `verify` block"
        reading.report.error(("steps",), "no-verify", message, at_key=True)


def _lint_hand_over(reading: Reading, playbook: Playbook) -> None:
    """Warn of what means nothing where nothing is changed."""
    written = _written(reading)
    if not _hands_over(written):
        return
    for key in ("verify", "approval"):
        if written.get(key) is not None:
            message = f"`{key}` means nothing without steps: this playbook looks and calls people"
            reading.report.warn((key,), "no-steps", message, at_key=True)
    if playbook.failure.rollback:
        message = "`rollback` means nothing without steps"
        reading.report.warn(("on_failure",), "no-steps", message, at_key=True)
    if playbook.mode is Mode.APPROVE:
        message = "without steps nobody is asked: `approve` is as `auto` here"
        reading.report.warn(("mode",), "no-steps", message)


def _written(reading: Reading) -> Mapping[str, object]:
    value = reading.report.source.value
    return value if isinstance(value, dict) else {}


def _hands_over(written: Mapping[str, object]) -> bool:
    """Say whether there are no steps on purpose; those that cannot be read are another matter."""
    return bool(written.get("steps") == [])


def _lint_requires(reading: Reading, playbook: Playbook) -> None:
    try:
        needed = reading.templates.usage(playbook.target).labels
    except InvalidTemplate:
        return
    missing = sorted(needed - set(playbook.requires) - _always_there(playbook))
    if missing:
        words = ", ".join(f"`{name}`" for name in missing)
        message = f"the target needs the label {words}, which `requires` does not name"
        hint = "Without it the run fails instead of being skipped."
        reading.report.warn(("target",), "requires", message, hint)


def _always_there(playbook: Playbook) -> set[str]:
    """Return the labels that every matching alert has, because a matcher refuses their absence."""
    present = [
        {matcher.label for matcher in matchers if not matcher.matches({})}
        for matchers in playbook.match
    ]
    return set.intersection(*present) if present else set()


def _lint_protected(reading: Reading, playbook: Playbook) -> None:
    if not playbook.target or has_template(playbook.target):
        return
    try:
        target = parse_target(playbook.target)
    except InvalidTarget as error:
        reading.report.error(("target",), "target", str(error))
        return
    for pattern in reading.rules.protected:
        if message := _out_of_reach(target, pattern):
            reading.report.error(("target",), "protected", message)


def _out_of_reach(target: Target, pattern: str | OwnMachine) -> str:
    if isinstance(pattern, OwnMachine):
        return own_complaint(Identity(target=target), pattern)
    is_it = is_protected(target, pattern)
    return f"{target} is protected by the settings ({pattern})" if is_it else ""


def _lint_target(reading: Reading, playbook: Playbook) -> None:
    sections, written = reading.rules.sections, without_templates(playbook.target)
    if sections is None:
        return
    for known in reading.catalog.target_kinds(sections):
        if written.partition("/")[0] not in known.kinds:
            continue
        if remark := known.remark(playbook.target, written):
            tell = reading.report.error if remark.is_error else reading.report.warn
            tell(("target",), remark.code, remark.message, remark.hint)


def _lint_rest(reading: Reading, playbook: Playbook) -> None:
    if not playbook.runbook_url:
        message = "no `runbook_url`: people who are called will look for one"
        reading.report.warn((), "no-runbook", message)
    cooldown = playbook.guards.get("cooldown")
    if isinstance(cooldown, CooldownSettings) and cooldown.rest < playbook.verify.within:
        message = "the cooldown is shorter than the verification may take"
        hint = "The next run could start before this one's effect is known."
        reading.report.warn(("guards", "cooldown"), "short-cooldown", message, hint)


def _lint_require(reading: Reading, playbook: Playbook) -> None:
    require = playbook.guards.get("require")
    for index, order in enumerate(require.checks if isinstance(require, RequireSettings) else ()):
        message = reading.catalog.checks[order.kind].stricter(order.parameters, playbook.names)
        if message:
            hint = (
                "Alerts between the two are blocked: ask for less, or take the name out of `match`."
            )
            reading.report.warn(("guards", "require", index), "stricter", message, hint)


def _lint_approval(reading: Reading, playbook: Playbook) -> None:
    rules, policy, caller = reading.rules, playbook.approval, reading.catalog.caller
    sections = rules.sections
    if sections is None:
        return
    if caller and caller.needs not in sections:
        for index, group in enumerate(policy.groups):
            if group.startswith("@"):
                message = f"nobody can be in `{group}`: no `{caller.needs}` is set in the settings"
                path = ("approval", "by", "groups", index)
                hint = "A proxy's groups have no @."
                reading.report.warn(path, f"no-{caller.needs}", message, hint)
    asked = [members for members in reading.catalog.members if members.key in sections]
    if asked and not rules.approving and not (policy.groups or policy.users):
        _lint_nobody(reading, playbook, asked[0])


def _lint_nobody(reading: Reading, playbook: Playbook, members: Members) -> None:
    acts = bool(playbook.steps) and playbook.mode in (Mode.APPROVE, Mode.AUTO)
    asks = playbook.mode is Mode.APPROVE or any(s.approval_required for s in playbook.steps)
    if acts and asks:
        message = f"this will ask in {members.title}, where nobody may approve"
        roles = f"`users.{members.key}.roles`"
        hint = f"Write `approval: {{by: {{groups: […]}}}}`, or give the role in {roles}."
        reading.report.warn((), "no-approver", message, hint)


def _lint_command(reading: Reading, index: int, step: StepOrder) -> None:
    action, known = reading.catalog.actions.get(step.action), reading.rules.commands
    if known is None or action is None:
        return
    for key in _names_of_commands(action.parameters):
        name = step.parameters.get(key)
        if isinstance(name, str) and name not in known and not has_template(name):
            hint = did_you_mean(name, known) or "Add it under `commands` in the settings."
            message = f"`{name[:80]}` is not a command that the settings allow"
            path = ("steps", index, step.action, key)
            reading.report.error(path, "unknown-command", message, hint)


def _names_of_commands(parameters: type[Parameters]) -> tuple[str, ...]:
    """Return which parameters name a command of the settings."""
    fields = parameters.model_fields.items()
    return tuple(
        name for name, field in fields if any(isinstance(m, CommandName) for m in field.metadata)
    )


def _lint_step(reading: Reading, playbook: Playbook, index: int, step: StepOrder) -> None:
    _lint_command(reading, index, step)
    irreversible = step.effect is ActionEffect.IRREVERSIBLE
    asks = irreversible and not step.irreversible_allowed and not step.approval_required
    if asks and playbook.mode is Mode.AUTO:
        message = (
            f"`{step.action}` cannot be taken back, so this step will ask although the mode is auto"
        )
        hint = "Write `irreversible: allow` or `approval: required` beside it."
        reading.report.warn(("steps", index), "asks", message, hint)
