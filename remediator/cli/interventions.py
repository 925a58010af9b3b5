"""`runs cancel`, `runs take-over`, `runs settle`: a command for each verb about a run that asks for no plan. Put under
`runs`; what answers a plan is in `decide`, what is about a scope in `pauses`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import click

from remediator.cli.client import Client
from remediator.cli.failures import USAGE, Failure
from remediator.cli.options import asks_daemon, output_option
from remediator.cli.story import state
from remediator.cli.terminal import dump, say
from remediator.core.vocabulary import spelled
from remediator.ports.verb import About, Choice, Kind, Need, Verb

_EXAMPLE = "run_0199f0c4a1b27c3e8d5f60718293a4b5"
_WHY = "Why, for the people who will ask."
_Decorator = Callable[[Any], object]


def steering(verbs: Iterable[Verb]) -> tuple[click.Command, ...]:
    """Return the commands by which a person steps in."""
    return tuple(_command(v) for v in verbs if v.about is About.RUN and not v.decides)


def _command(verb: Verb) -> click.Command:
    def ask(run: str, client: Client, output: str, **given: str | None) -> None:
        found = client.post(verb.path_of(run), _body(verb, given))
        if output != "table":
            dump(found, output)
            return
        _say_done(verb, found, given)

    options = [option for need in verb.needs for option in _options(need)]
    for decorate in (output_option, asks_daemon, *reversed(options), click.argument("run")):
        ask = decorate(ask)
    return click.command(verb.command, help=_help(verb))(ask)


def _options(need: Need) -> tuple[_Decorator, ...]:
    if need.choices:
        return tuple(_flag(need, choice) for choice in need.choices)
    flag = f"--{need.key.replace('_', '-')}"
    if need.kind is Kind.LENGTH:
        return (click.option(flag, need.name, metavar="2h", help=need.doc, required=need.required),)
    text = _WHY if need.name == "reason" else need.doc
    default = None if need.required else ""
    return (click.option(flag, need.name, default=default, required=need.required, help=text),)


def _flag(need: Need, choice: Choice) -> _Decorator:
    return click.option(_name(choice), need.name, flag_value=choice.word, help=choice.help)


def _name(choice: Choice) -> str:
    return f"--{choice.word.replace('_', '-')}"


def _body(verb: Verb, given: dict[str, str | None]) -> dict[str, str]:
    needed = verb.choice
    if needed and given[needed.name] is None:
        *others, last = map(_name, needed.choices)
        raise Failure(f"give {', '.join(others)} or {last}", exit_code=USAGE)
    found = ((need.key, given[need.name]) for need in verb.needs)
    return {key: value for key, value in found if value is not None}


def _help(verb: Verb) -> str:
    commands = (f"  remediator runs {verb.command} {_EXAMPLE} {e}".rstrip() for e in verb.examples)
    return "\n".join((verb.help or verb.doc, "", "\b", "Examples:", *commands))


def _say_done(verb: Verb, run: Any, given: dict[str, str | None]) -> None:
    said = {name: spelled(value or "") for name, value in given.items()}
    first, *rest = verb.ended if run["outcome"] else verb.open
    say(first.format(**{**run, "state": state(run), **said}), bold=True)
    for line in rest:
        say(line.format(**run))
