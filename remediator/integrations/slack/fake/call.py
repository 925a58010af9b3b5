"""One call of the Web API as its methods see it: who calls, what with; and what a method asks for."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from remediator.integrations.slack.fake.refusals import Refusal
from remediator.integrations.slack.fake.workspace import TEAM, World

SCOPES = frozenset(
    {
        "chat:write",
        "chat:write.public",
        "commands",
        "files:write",
        "usergroups:read",
        "users:read",
        "users:read.email",
    }
)
_ALWAYS = ("token", "team_id")  # bolt's clients send the team with everything


@dataclass(slots=True, kw_only=True)
class App:
    """The app that is installed in the workspace. Tests may change every field at any time."""

    id: str = "A0REMEDY0"
    bot_id: str = "B0REMEDY0"
    bot_user: str = "U0REMEDY0"
    team: str = TEAM
    domain: str = "acme"
    workspace: str = "Acme"
    enterprise: str = ""
    bot_token: str = "xoxb-1-fake"  # noqa: S105
    app_token: str = "xapp-1-fake"  # noqa: S105
    signing_secret: str = "8f742231b10e8888abcd99yyyzzz85a5"  # noqa: S105
    scopes: set[str] = field(default_factory=lambda: set(SCOPES))
    app_scopes: set[str] = field(default_factory=lambda: {"connections:write"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call; `url` is where the fake itself can be reached."""

    method: str
    arguments: Mapping[str, object]
    world: World
    app: App
    url: str

    def text(self, name: str) -> str:
        """Return an argument that is a text, "" where it is not given."""
        value = self.arguments.get(name, "")
        if not isinstance(value, str):
            raise Refusal("invalid_arguments", f"[ERROR] must be a string [json-pointer:/{name}]")
        return value

    def flag(self, name: str) -> bool:
        """Return an argument that is yes or no."""
        return self.arguments.get(name) in (True, "true", "1", 1)

    def json(self, name: str, refusal: str = "invalid_arguments") -> Any:
        """Return an argument that is JSON: as it is, or in a text. None where it is not given."""
        value = self.arguments.get(name)
        try:
            return json.loads(value) if isinstance(value, str) else value
        except ValueError as error:
            raise Refusal(refusal, f"[ERROR] {name} is no JSON") from error

    def has_scope(self, name: str) -> bool:
        """Whether the bot was given a scope."""
        return name in self.app.scopes


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """What a method is allowed to be called with. `json`: takes JSON bodies; most reading methods do not."""

    does: Callable[[Call], Mapping[str, object]]
    scope: str = ""
    needs: tuple[str, ...] = ()
    may: tuple[str, ...] = ()
    json: bool = True
    by_app_token: bool = False
    per_minute: int = 100

    def check(self, call: Call) -> None:
        """Raise Refusal where arguments are missing or unknown."""
        unknown = set(call.arguments) - {*self.needs, *self.may, *_ALWAYS}
        if unknown:
            names = ", ".join(sorted(unknown))
            raise Refusal("invalid_arguments", f"[ERROR] unknown arguments: {names}")
        missing = [name for name in self.needs if call.arguments.get(name) in (None, "")]
        if missing:
            raise Refusal(
                "invalid_arguments",
                *(f"[ERROR] missing required field: {name}" for name in missing),
            )
