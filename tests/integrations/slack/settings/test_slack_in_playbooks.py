"""What playbooks say about Slack, against settings with one and without."""

from __future__ import annotations

import pytest

from remediator.config.playbook_report import PlaybookRules
from remediator.ports.sections import Sections
from tests.config.playbook_texts import HEAD, STEPS, VERIFY, problems

SLACK = frozenset({"slack"})
SET = Sections({"slack": object()})
NOT_SET = Sections()


@pytest.mark.parametrize("sections", [None, SET])
def test_an_escalation_names_anybody_by_handle_where_slack_can_call_them(
    sections: Sections | None,
) -> None:
    rules = PlaybookRules(contacts=frozenset(), sections=sections, approving=SLACK)
    text = HEAD + STEPS + VERIFY + "on_failure: [{escalate: '@sre-leads'}]\nnotify: {slack: '#x'}\n"

    assert problems(text, rules) == []


def test_without_slack_nobody_is_called_by_handle() -> None:
    rules = PlaybookRules(contacts=frozenset({"@known"}), sections=NOT_SET)
    text = (
        f"{HEAD}{STEPS}{VERIFY}on_failure: [{{escalate: [{{to: '@sre-leads'}}, {{to: '@known'}}]}}]\n"
        "approval: {escalate: {after: 5m, to: '@sre'}}\nnotify: [{slack: '#sre'}]\n"
    )

    assert problems(text, rules) == [
        "p.yaml:9:31: warning[no-slack]: `@sre-leads` cannot be called: it is not a contact, "
        "and no `slack` is set; those whom `notify` names are told instead. "
        "Add `slack` to the settings, or the name under `contacts`.",
        "p.yaml:10:38: warning[no-slack]: `@sre` cannot be called: it is not a contact, "
        "and no `slack` is set; those whom `notify` names are told instead. "
        "Add `slack` to the settings, or the name under `contacts`.",
        "p.yaml:11:11: error[no-slack]: nobody can be told in Slack: the settings have no section "
        "`slack`. Add `slack` with `bot_token_file` and `channel`.",
    ]


def test_without_slack_nobody_is_in_its_groups() -> None:
    rules = PlaybookRules(contacts=frozenset(), sections=NOT_SET)
    text = f"{HEAD}{STEPS}{VERIFY}approval: {{by: {{groups: [sre, '@sre-oncall']}}}}\n"

    assert problems(text, rules) == [
        "p.yaml:9:31: warning[no-slack]: nobody can be in `@sre-oncall`: no `slack` is set in the "
        "settings. A proxy's groups have no @."
    ]


ASKS = "mode: approve\n"
STEP_ASKS = "mode: auto\nsteps:\n  - ssh.run: {command: tidy}\n    approval: required\n"


@pytest.mark.parametrize(
    ("text", "approves", "is_warned"),
    [
        (STEPS + ASKS, False, True),
        (STEP_ASKS, False, True),
        (STEPS + ASKS, True, False),
        (STEPS + "mode: auto\n", False, False),
        (STEPS, False, False),
        (STEPS + ASKS + "approval: {by: {groups: ['@sre']}}\n", False, False),
        (STEPS + ASKS + "approval: {by: {users: [ana@example.com]}}\n", False, False),
    ],
)
def test_a_playbook_that_nobody_in_slack_may_approve_is_warned_of(
    text: str, approves: bool, is_warned: bool
) -> None:
    approving = SLACK if approves else frozenset[str]()
    rules = PlaybookRules(contacts=frozenset(), sections=SET, approving=approving)
    warning = (
        "p.yaml:1:1: warning[no-approver]: this will ask in Slack, where nobody may approve. Write "
        "`approval: {by: {groups: […]}}`, or give the role in `users.slack.roles`."
    )

    assert problems(HEAD + VERIFY + text, rules) == ([warning] if is_warned else [])
    assert problems(HEAD + VERIFY + text) == []
