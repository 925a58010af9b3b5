"""What a human verb is: one row of `ports/verbs`, from which API, Slack, pages and commands are made.

Without pydantic and without a door's SDK: the command line reads it before it knows what it is asked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, StrEnum
from urllib.parse import quote

from remediator.core.facts import Pause
from remediator.core.person import Person
from remediator.core.role import Role
from remediator.core.run import Run
from remediator.core.vocabulary import spelled
from remediator.ports.control import Control

_PLACE = re.compile(r"\{id(?::[^}]*)?\}")
Given = str | timedelta | Enum | None
"""One thing that was given, under the name of control's parameter."""
Done = Run | Pause | int
"""What came of it: the run as it is then, the pause that was made, how many pauses ended."""


class About(StrEnum):
    """What a verb is about."""

    RUN = "RUN"
    SCOPE = "SCOPE"


class Kind(StrEnum):
    """What somebody has to give: of a plan, the whole digest of the one that they have seen; a scope where none stands
    in the path."""

    TEXT = "text"
    SCOPE = "scope"
    DIGEST = "digest"
    LENGTH = "length"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One of the words that a need takes: `value` is control's; `help` explains it to whoever types, `meaning` to
    whoever presses its button (`label`, `style`), before they do; `answered` is what they are told then."""

    word: str
    value: Enum
    help: str
    label: str
    meaning: str
    answered: str
    style: str = "primary"


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What a verb has to be told. `name` is control's parameter, `key` the JSON's where it has another name."""

    name: str
    kind: Kind = Kind.TEXT
    key: str = ""
    doc: str = ""
    required: bool = False
    choices: tuple[Choice, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", self.key or self.name)


WATCH = "To see it end: remediator runs watch {id}"
STANDS = "{headline}: {state}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """One thing that people can do. `name` is the method of control that does it.

    `path` is where the API takes it, a POST of what it needs unless `ends` says that it takes something away.
    `doc` is one line for the API, `help` what the command line says besides, `examples` the options of its examples.
    `open` and `ended` are what a command prints where the run goes on, and where it has ended: the keys of the API's
    run, and what was given, may stand in them. `typed` says in Slack's help what it does, `button` is its label on
    cards, `answered` what whoever asked in Slack is told, with `{target}`.
    """

    name: str
    role: Role
    doc: str
    about: About = About.RUN
    needs: tuple[Need, ...] = ()
    path: str = ""
    ends: bool = False
    help: str = ""
    examples: tuple[str, ...] = ("", "--output json")
    open: tuple[str, ...] = (STANDS, WATCH)
    ended: tuple[str, ...] = (STANDS,)
    typed: str = ""
    button: str = ""
    answered: str = "Done; the message will show what happens."

    def __post_init__(self) -> None:
        path = self.path or f"runs/{{id}}/{self.command}"
        object.__setattr__(self, "path", path)

    @property
    def command(self) -> str:
        """What is typed, and stands in a path: `take-over`."""
        return self.name.replace("_", "-")

    @property
    def operation(self) -> str:
        """How the API's description calls it: by the end of a run's path."""
        last = self.path.rpartition("/")[2] if self.about is About.RUN else self.name
        return last.replace("-", "_")

    @property
    def said(self) -> str:
        """How the journal calls it: `take over`."""
        return spelled(self.name)

    @property
    def choice(self) -> Need | None:
        """What has to be chosen, where anything has."""
        return next((need for need in self.needs if need.choices), None)

    @property
    def decides(self) -> bool:
        """Whether it answers what a plan asks: only those whom its playbook lets decide may."""
        return any(need.kind is Kind.DIGEST for need in self.needs)

    def path_of(self, subject: str) -> str:
        """Return the API's path about a run or a scope, as a part that cannot break out of its place."""
        kept = "/" if self.about is About.SCOPE else ""
        return "/" + _PLACE.sub(lambda _: quote(subject, safe=kept), self.path)

    async def ask(
        self, control: Control, subject: str, person: Person, given: Mapping[str, Given]
    ) -> Done:
        """Have control do it to a run or a scope. Raise Refused and StoreUnavailable."""
        done: Done = await getattr(control, self.name)(subject, person=person, **given)
        return done
