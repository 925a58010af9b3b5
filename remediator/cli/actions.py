"""`actions`: what remediator knows how to do, from the actions themselves. Needs no daemon."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from remediator.cli.failures import Failure
from remediator.cli.options import output_option
from remediator.cli.terminal import dump, say, say_table

if TYPE_CHECKING:
    from remediator.ports.action import Action


@click.group()
def actions() -> None:
    """Show what remediator knows how to do.

    \b
    Examples:
      remediator actions list
      remediator actions show journal.vacuum
    """


@actions.command("list")
@output_option
def list_actions(output: str) -> None:
    """List the installed actions.

    \b
    Examples:
      remediator actions list
      remediator actions list --output json
    """
    known = _known()
    if output != "table":
        dump([_shape(known[name]) for name in sorted(known)], output)
        return
    rows = (
        (name, ", ".join(a.targets), a.effect.value, a.safety.value, _first_line(a.doc))
        for name, a in sorted(known.items())
    )
    headings = ("ACTION", "WORKS ON", "EFFECT", "SAFETY", "WHAT")
    say_table(headings, rows, empty="No actions are installed.")


@actions.command("show")
@click.argument("name")
@output_option
def show_action(name: str, output: str) -> None:
    """Show one action: what it does, its parameters, an example.

    \b
    Examples:
      remediator actions show docker.prune
      remediator actions show service.restart --output yaml
    """
    known = _known()
    action = known.get(name)
    if action is None:
        raise Failure(f"there is no action {name}", hint=_suggestion(name, list(known)))
    if output != "table":
        dump(_shape(action), output)
        return
    _say_action(action)


def _known() -> dict[str, Action]:
    from remediator.config.catalog import find_catalog

    return dict(find_catalog().actions)


def _shape(action: Action) -> dict[str, object]:
    from remediator.http.listed import action_shape

    return action_shape(action).plain()


def _say_action(action: Action) -> None:
    say(action.name, bold=True)
    say(action.doc.strip())
    say()
    say(f"Works on: {', '.join(action.targets)}")
    say(f"Effect:   {action.effect.value}")
    say(f"Safety:   {action.safety.value}")
    say()
    say("Parameters", bold=True)
    schema = action.parameters.model_json_schema()
    required = set(schema.get("required", ()))
    rows = [
        (name, "yes" if name in required else "", _default(field), field.get("description", ""))
        for name, field in schema.get("properties", {}).items()
    ]
    say_table(("NAME", "REQUIRED", "DEFAULT", "WHAT"), rows, empty="none")
    say()
    say("Example", bold=True)
    say(action.example.strip("\n"))


def _default(field: dict[str, object]) -> str:
    default = field.get("default")
    return "" if default is None else str(default)


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0]


def _suggestion(name: str, known: list[str]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, known, n=1)
    return f"Did you mean {close[0]}?" if close else "remediator actions list"
