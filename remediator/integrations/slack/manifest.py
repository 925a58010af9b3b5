"""The manifest of the Slack app, from which an administrator creates it; and why it asks for each of its scopes.

Printed by `remediator slack manifest`, shipped as `deploy/slack-manifest.yaml`; `check --online` compares the scopes.
"""

from __future__ import annotations

from collections.abc import Mapping

COMMAND = "/remediator"
EVENTS_PATH = "/slack/events"
SCOPES: Mapping[str, str] = {
    "chat:write": "write messages, and edit them when something happens",
    "chat:write.public": "write in public channels without being invited to each",
    "commands": f"answer {COMMAND}",
    "files:write": "put long output and graphs into the thread of a run",
    "usergroups:read": "see who is in a user group that may approve",
    "users:read": "see who clicked: a full member, not a bot, a guest or somebody deactivated",
    "users:read.email": "recognise approvers that are named by e-mail",
}


def manifest_text(url: str = "") -> str:
    """Return the manifest as YAML: for Socket Mode, or for the HTTP door of a daemon that is reached at `url`."""
    address = f"{url.rstrip('/')}{EVENTS_PATH}" if url else ""
    return "\n".join((*_HEAD, *_command(address), *_scopes(), *_settings(address), ""))


_HEAD = (
    "# Create the app from this: https://api.slack.com/apps, Create New App, From a manifest.",
    "# Printed by `remediator slack manifest`.",
    "display_information:",
    "  name: Remediator",
    "  description: Guarded auto-remediation",
    "features:",
    "  bot_user: {display_name: remediator, always_online: true}",
)


def _command(address: str) -> tuple[str, ...]:
    # Not escaped: Slack would make links of host names.
    return (
        "  slash_commands:",
        f"    - command: {COMMAND}",
        "      description: Runs, approvals and pauses",
        '      usage_hint: "status | runs | why RUN | pause web1 2h | help"',
        "      should_escape: false",
        *([f"      url: {address}"] if address else []),
    )


def _scopes() -> tuple[str, ...]:
    head = ("oauth_config:", "  scopes:", "    bot:")
    return head + tuple(f"      - {scope}  # {reason}" for scope, reason in SCOPES.items())


def _settings(address: str) -> tuple[str, ...]:
    return (
        "settings:",
        "  interactivity:",
        "    is_enabled: true",
        *([f"    request_url: {address}"] if address else []),
        f"  socket_mode_enabled: {'false' if address else 'true'}",
        "  org_deploy_enabled: false",
        "  token_rotation_enabled: false",
    )
