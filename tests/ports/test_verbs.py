"""Every row of the table of verbs is a method of control, and stands at every door; so does one that a test adds."""

from __future__ import annotations

import inspect
from typing import Any

import click
import pytest

from remediator.cli import main
from remediator.cli.interventions import steering
from remediator.core.card import card_of
from remediator.http.openapi import document
from remediator.http.routes import routes_of
from remediator.http.verb_routes import people_routes
from remediator.integrations.slack.cards.buttons import Button, action_of
from remediator.integrations.slack.cards.plan_card import offers
from remediator.integrations.slack.door.clicks import buttons
from remediator.integrations.slack.door.command_parser import usage
from remediator.integrations.slack.door.command_replies import help_of
from remediator.integrations.slack.door.slash_commands import commands
from remediator.ports.verb import About, Kind, Verb
from remediator.ports.verbs import VERBS
from remediator.testing import builders as make
from tests.ports.sleeping import LET_SLEEP, VERB_NAMES, DrowsyControl

ADDED = (*VERBS, LET_SLEEP)


def named(value: Any) -> str:
    return value.name if isinstance(value, Verb) else ""


@pytest.mark.parametrize("verb", ADDED, ids=named)
def test_a_row_asks_for_exactly_what_its_method_of_control_takes(verb: Verb) -> None:
    method = inspect.signature(getattr(DrowsyControl, verb.name))
    taken = {n: p for n, p in method.parameters.items() if p.kind is p.KEYWORD_ONLY}
    asked = {need.name for need in verb.needs if need.kind is not Kind.SCOPE}

    assert set(taken) == asked | {"person"}


@pytest.mark.parametrize("verb", ADDED, ids=named)
def test_the_api_has_a_route_for_every_verb_with_its_right(verb: Verb) -> None:
    (route, *_) = people_routes((verb,))
    described = document((route,), "1")["paths"]
    ((_, operations),) = described.items()
    ((method, operation),) = operations.items()

    assert method == ("delete" if verb.ends else "post")
    assert operation["x-access"] == verb.role.name.lower()
    if verb.needs:
        body = operation["requestBody"]["content"]["application/json"]["schema"]
        assert set(body["properties"]) == {need.key for need in verb.needs}
        assert set(body.get("required", ())) == {n.key for n in verb.needs if n.required}


def test_every_verb_is_a_route_of_the_daemon() -> None:
    there = {(route.path, route.access) for route in routes_of((), ())}

    assert {(f"/api/v1/{verb.path}", verb.role) for verb in VERBS} <= there


@pytest.mark.parametrize("verb", VERBS, ids=named)
def test_the_command_line_has_a_command_for_every_verb(verb: Verb) -> None:
    runs = main.commands["runs"]
    assert isinstance(main, click.Group) and isinstance(runs, click.Group)

    command = main.commands.get(verb.command) or runs.commands[verb.command]

    options = {option for parameter in command.params for option in parameter.opts}
    typed = {f"--{n.key}" for n in verb.needs if n.kind in (Kind.TEXT, Kind.LENGTH)}
    assert typed <= options


@pytest.mark.parametrize("verb", ADDED, ids=named)
def test_slack_has_a_command_and_a_button_for_every_verb(verb: Verb) -> None:
    assert verb.command in commands(ADDED)
    assert f"`/remediator {usage(verb)}`" in help_of(ADDED)
    if verb.about is About.RUN:
        choices = verb.choice.choices if verb.choice else (None,)
        assert {action_of(verb, choice) for choice in choices} <= set(buttons(ADDED))


def test_buttons_that_cards_place_by_hand_are_attended_to() -> None:
    assert set(Button) <= set(buttons(VERBS))


def test_a_verb_with_a_label_has_its_button_on_cards() -> None:
    card = card_of(make.a_run(), make.MOMENT)

    assert [block["text"]["text"] for block in offers(card, ADDED)] == [
        "I'll take it",
        "Let it sleep",
    ]


def test_a_verb_that_is_added_to_the_table_is_a_command_with_what_it_needs() -> None:
    (command,) = steering((LET_SLEEP,))

    options = {option for parameter in command.params for option in parameter.opts}
    assert command.name == "let-sleep"
    assert {"run", "--for", "--reason", "--url", "--token-file", "--output"} <= options
    assert "remediator runs let-sleep run_" in (command.help or "")


def test_the_names_of_these_tests_are_those_of_the_table() -> None:
    assert {verb.name for verb in ADDED} == set(VERB_NAMES)
