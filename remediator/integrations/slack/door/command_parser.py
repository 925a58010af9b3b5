"""What people type after `/remediator`, read: words without Slack's escapes, runs by the end of their id, scopes."""

from __future__ import annotations

import difflib
import html
import re
from collections.abc import Iterable, Sequence
from datetime import timedelta

from remediator.core.duration import parse_duration
from remediator.core.errors import InvalidTarget, Refused
from remediator.core.run import Phase, Run
from remediator.core.target import typed_target
from remediator.ports.store import Listing, Reader
from remediator.ports.verb import About, Choice, Kind, Need, Verb

PAUSED_FOR = timedelta(hours=1)
SHORTEST_END = 6
_LINK = re.compile(r"<(?:https?://|mailto:)[^|<>]*\|([^<>]*)>|<((?:https?://|mailto:)[^|<>]*)>")
_RUN = re.compile(r"[0-9a-z_]{1,80}")
_OPEN = tuple(phase for phase in Phase if phase is not Phase.CLOSED)
_MOST = 500
_SCOPES = ("playbook/", "target/", "namespace/")
_A_SCOPE = "all|PLAYBOOK|web1|namespace/NAME"


def words_of(text: object) -> list[str]:
    """Return the words of a command: what Slack made a link of is what was typed again, entities are characters."""
    plain = _LINK.sub(lambda match: match[1] or match[2], str(text or ""))
    return html.unescape(plain).split()


def find_run(reader: Reader, text: str) -> Run:
    """Return the run with this id, or the only open one whose id ends so; raise Refused."""
    if not _RUN.fullmatch(text):
        raise Refused("not_found", f"“{text}” is no run's id", hint=_FIND)
    if run := reader.run(text):
        return run
    if len(text) < SHORTEST_END:
        raise Refused("not_found", f"at least the last {SHORTEST_END} characters of a run's id")
    found = [run for run in open_runs(reader) if run.id.endswith(text)]
    if len(found) != 1:
        many = "more than one open run ends" if found else "no open run ends"
        raise Refused("not_found", f"{many} with “{text}”", hint=_FIND)
    return found[0]


def open_runs(reader: Reader) -> Iterable[Run]:
    """Return the open runs, at most 500 of each phase."""
    for phase in _OPEN:
        yield from reader.runs(Listing(limit=_MOST, filters={"phase": phase.value})).items


def read_scope(text: str, playbooks: Sequence[str]) -> str:
    """Return what a pause is for: `all`, a playbook, a host, KIND/NAME, or a scope as it is written; raise Refused."""
    if text == "all" or text.startswith("namespace/"):
        return text
    if text in playbooks:
        return f"playbook/{text}"
    kind, _, name = text.partition("/")
    if kind == "playbook" and name in playbooks:
        return text
    if close := difflib.get_close_matches(name or text, playbooks, n=1, cutoff=0.75):
        raise Refused(
            "not_found", f"there is no playbook “{text}”", hint=f"did you mean {close[0]}?"
        )
    return _target_scope(text)


def read_length(words: Sequence[str]) -> tuple[timedelta | None, Sequence[str]]:
    """Return for how long, where it is said, and the words behind it; raise Refused."""
    if not words or not words[0][0].isdecimal():
        return None, words
    try:
        return parse_duration(words[0]), words[1:]
    except ValueError as error:
        raise Refused("conflict", str(error)) from error


def read_choice(verb: Verb, word: str) -> Choice:
    """Return which of a verb's choices a word is; raise Refused."""
    choices = verb.choice.choices if verb.choice else ()
    for choice in choices:
        if choice.word == word.lower().replace("-", "_"):
            return choice
    raise Refused("conflict", f"“{word}” is none of {', '.join(c.word for c in choices)}")


def usage(verb: Verb) -> str:
    """Return how a verb is typed: `reject RUN REASON`."""
    words = [verb.command, "RUN" if verb.about is About.RUN else _A_SCOPE]
    shown = any(need.kind is Kind.DIGEST and need.required for need in verb.needs)
    words += [] if shown else filter(None, map(_word_of, verb.needs))
    return " ".join(words)


def _word_of(need: Need) -> str:
    match need.kind:
        case Kind.DIGEST | Kind.SCOPE:
            return ""
        case Kind.CHOICE:
            return "|".join(choice.word for choice in need.choices)
        case Kind.LENGTH:
            word = "2h"
        case Kind.TEXT:
            word = need.name.upper()
    return word if need.required else f"[{word}]"


def _target_scope(text: str) -> str:
    target = text.removeprefix("target/")
    written = target if "/" in target else f"host/{target}"
    try:
        if text.startswith("playbook/"):
            raise InvalidTarget(f"there is no playbook “{text.removeprefix('playbook/')}”")
        return f"target/{typed_target(written)}"
    except InvalidTarget as error:
        hint = "all, a playbook's name, web1, KIND/NAME or namespace/NAME"
        raise Refused("not_found", str(error), hint=hint) from error


_FIND = "/remediator runs lists them"
