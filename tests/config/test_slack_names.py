"""Who and what of Slack is named anywhere, for `check --online` to ask about."""

from __future__ import annotations

from pathlib import Path

from remediator.config.named import named_in
from remediator.integrations.slack.settings.slack_names import SlackNames, slack_names
from tests.config.playbook_texts import HEAD, STEPS, VERIFY, playbook
from tests.config.settings_texts import settings

SETTINGS = """\
slack: {bot_token_file: xoxb, app_token_file: xapp, channel: "#sre"}
notify: [{slack: "#ops"}, {console: {}}]
contacts:
  oncall: {slack: "@sre-oncall", webhook: https://pager.example.com}
  leads: {slack: {to: C012AB3CD}}
  "@dba": {slack: ana@example.com}
users:
  tokens: [{name: ben, role: approver, token_file: ana}]
  slack: {roles: {approver: ["@sre-oncall", S012AB3CD], operator: [U012AB3CD], viewer: ["*"]}}
"""
PLAYBOOK = f"""{HEAD}{STEPS}{VERIFY}\
notify: {{slack: "#payments"}}
approval:
  by: {{groups: [sre, "@payments"], users: [ben, cleo@example.com, W012AB3CD]}}
  escalate: {{after: 5m, to: "@payments-leads"}}
on_failure: [{{escalate: [{{to: oncall}}, {{to: "@dba"}}, {{to: "@duty"}}]}}]
"""


def test_every_name_of_slack_is_found_once_and_no_other(settings_folder: Path) -> None:
    named = named_in(settings(settings_folder, SETTINGS), [playbook(PLAYBOOK)])
    found = slack_names("#sre", named.destinations, named.people)

    assert found == SlackNames(
        channels=("#sre", "#ops", "C012AB3CD", "#payments"),
        groups=("@sre-oncall", "S012AB3CD", "@payments", "@payments-leads", "@duty"),
        users=("ana@example.com", "U012AB3CD", "cleo@example.com", "W012AB3CD"),
    )


def test_where_slack_is_nowhere_but_set_only_its_channel_is_asked_about(
    settings_folder: Path,
) -> None:
    named = named_in(settings(settings_folder, "notify: {console: {}}\n"), [])

    assert slack_names("#sre", named.destinations, named.people) == SlackNames(channels=("#sre",))
