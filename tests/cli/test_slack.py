"""`slack manifest`: what is pasted into Slack is what is shipped, and asks for no more than it says why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from remediator.integrations.slack.manifest import SCOPES
from tests.cli.command import offline

SHIPPED = Path(__file__).parents[2] / "deploy" / "slack-manifest.yaml"


def manifest(*words: str) -> Any:
    result = offline("slack", "manifest", *words)
    assert result.exit_code == 0, result.output
    return yaml.safe_load(result.stdout)


def test_the_shipped_manifest_is_what_the_command_prints() -> None:
    assert offline("slack", "manifest").stdout == SHIPPED.read_text()


def test_it_is_for_socket_mode_unless_slack_can_call_us() -> None:
    assert manifest() == {
        "display_information": {"name": "Remediator", "description": "Guarded auto-remediation"},
        "features": {
            "bot_user": {"display_name": "remediator", "always_online": True},
            "slash_commands": [
                {
                    "command": "/remediator",
                    "description": "Runs, approvals and pauses",
                    "usage_hint": "status | runs | why RUN | pause web1 2h | help",
                    "should_escape": False,
                }
            ],
        },
        "oauth_config": {"scopes": {"bot": list(SCOPES)}},
        "settings": {
            "interactivity": {"is_enabled": True},
            "socket_mode_enabled": True,
            "org_deploy_enabled": False,
            "token_rotation_enabled": False,
        },
    }


@pytest.mark.parametrize("url", ["https://r.example.com", "https://r.example.com:8443/x/"])
def test_with_an_address_slack_calls_us_there_for_commands_and_clicks(url: str) -> None:
    found, address = manifest("--url", url), f"{url.rstrip('/')}/slack/events"

    assert found["features"]["slash_commands"][0]["url"] == address
    assert found["settings"]["interactivity"] == {"is_enabled": True, "request_url": address}
    assert found["settings"]["socket_mode_enabled"] is False


@pytest.mark.parametrize(
    "url", ["http://r.example.com", "r.example.com", "https://", "https://x/\nsettings: {}", "ftp:"]
)
def test_an_address_that_slack_would_not_call_is_wrong_usage(url: str) -> None:
    assert offline("slack", "manifest", "--url", url).exit_code == 2


def test_slack_shows_no_more_than_these_lengths() -> None:
    """Display name 35, description 140, command 32 characters: Slack's reference of manifests."""
    found = manifest()
    command = found["features"]["slash_commands"][0]
    assert len(found["display_information"]["name"]) <= 35
    assert len(found["display_information"]["description"]) <= 140
    assert len(command["command"]) <= 32
    assert len(command["usage_hint"]) <= 1000


def test_every_scope_says_in_the_manifest_what_it_is_for() -> None:
    lines = SHIPPED.read_text().splitlines()
    assert {f"      - {scope}  # {reason}" for scope, reason in SCOPES.items()} <= set(lines)
