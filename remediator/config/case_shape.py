"""The shape of a test of playbooks: what is given, who does what, and what is expected. Read by `case_reader`.

Checks, and what integrations bring of their own worlds, are keys of `given` by their names: `case_shapes` adds them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    Discriminator,
    Field,
    StrictInt,
    StrictStr,
    Tag,
    create_model,
    model_validator,
)

from remediator.config.catalog import Catalog
from remediator.config.expect_shape import ExpectShape
from remediator.core.guards import GUARDS
from remediator.core.playbook import Mode
from remediator.documents.model_reader import Flag, Shape, Text, Word
from remediator.documents.value_types import LabelName, Path_
from remediator.ports.integration import PlayedWorld
from remediator.ports.parameters import Duration, Size

_NOTHING = timedelta(0)
_Ahead = Annotated[Duration, Field(ge=_NOTHING, le=timedelta(days=30))]
_Long = Annotated[Duration, Field(gt=_NOTHING, le=timedelta(days=30))]
_MANY = Field(min_length=1, max_length=1000)
_Known = Literal["holds", "fails", "unknown"]
PLACES = ("verify", "unless", *(guard.name for guard in GUARDS))
"""Where a playbook asks checks."""


def _place(name: str) -> str:
    if name not in PLACES:
        raise ValueError(f"checks are asked by {', '.join(PLACES[:2])} or a guard, not by {name!r}")
    return name


_Place = Annotated[StrictStr, AfterValidator(_place)]


class AlertShape(Shape):
    """One alert that is posted `at` a time after the start; `{n}` in its labels counts from 1 up to `times`."""

    labels: Annotated[dict[LabelName, StrictStr], Field(min_length=1, max_length=100)]
    annotations: dict[LabelName, StrictStr] = Field(default_factory=dict)
    at: _Ahead = _NOTHING
    resolves: _Ahead | None = None
    fires_for: _Ahead = _NOTHING
    times: Annotated[StrictInt, Field(ge=1, le=1000)] = 1
    every: _Ahead = _NOTHING


_Alerts = Annotated[tuple[AlertShape, ...], Field(max_length=100)]


class AnswerShape(Shape):
    """What a check answers, where and while this holds."""

    is_: _Known = Field(alias="is")
    in_: _Place | None = Field(None, alias="in")
    about: Text | None = None
    target: Word | None = None
    from_: _Ahead = Field(_NOTHING, alias="from")
    until: _Long | None = None
    after: Word | None = None
    value: float | None = None
    detail: Text = ""


def _form_of_answer(raw: object) -> str:
    if isinstance(raw, dict):
        return "answer" if "is" in raw else "places"
    return "answers" if isinstance(raw, list | tuple) else "word"


CheckGiven = Annotated[
    Annotated[_Known, Tag("word")]
    | Annotated[AnswerShape, Tag("answer")]
    | Annotated[dict[_Place, _Known], Tag("places")]
    | Annotated[tuple[AnswerShape, ...], Tag("answers")],
    Discriminator(_form_of_answer),
]

_Planned = Literal["change", "nothing", "refused", "unreachable", "no_tool", "moved"]
_Applied = Literal["works", "fails", "in_part", "busy", "lost", "hangs", "moved"]
_Seen = Literal["applied", "not_applied", "pending", "diverged", "unknowable", "unreachable"]
_Undone = Literal["works", "fails", "impossible"]


class StepGivenShape(Shape):
    """How a step goes. Lists are one try after the other; the last goes for all that follow."""

    plan: _Planned | Annotated[tuple[_Planned, ...], Field(min_length=1)] = "change"
    apply: _Applied | Annotated[tuple[_Applied, ...], Field(min_length=1)] = "works"
    seen: _Seen | Annotated[tuple[_Seen, ...], Field(min_length=1)] = "not_applied"
    undo: _Undone = "works"
    takes: _Ahead = _NOTHING
    target: Word | None = None
    summary: Text | None = None
    before: dict[str, object] = Field(default_factory=dict)
    after: dict[str, object] = Field(default_factory=dict)
    frees: Size | None = None


StepWord = Literal["works", "nothing", "fails", "cannot_be_planned", "times_out", "unknowable"]
WORDS: dict[str, StepGivenShape] = {
    "works": StepGivenShape(),
    "nothing": StepGivenShape(plan="nothing"),
    "fails": StepGivenShape(apply="fails"),
    "cannot_be_planned": StepGivenShape(plan="refused"),
    "times_out": StepGivenShape(apply="hangs", seen="not_applied"),
    "unknowable": StepGivenShape(apply="lost", seen="unknowable"),
}
"""What one word says of a step."""

StepGiven = Annotated[
    Annotated[StepWord, Tag("word")] | Annotated[StepGivenShape, Tag("step")],
    Discriminator(lambda raw: "step" if isinstance(raw, dict | StepGivenShape) else "word"),
]


class GivenShape(Shape):
    """What is given; checks and worlds are added by name. Without it nothing is known, and every step works."""

    mode: Mode | None = None
    environment: Word | None = None
    now: Annotated[StrictStr, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?Z$")] | None = None
    silenced: Flag | Literal["unknown"] | None = None
    steps: dict[Word, StepGiven] = Field(default_factory=dict)


VERBS = ("approve", "reject", "cancel", "take_over", "settle", "pause", "resume")


class PersonShape(Shape):
    """Somebody who does one thing `at` a time. `refused` expects that it is not allowed."""

    at: _Ahead = _NOTHING
    approve: Word | None = None
    reject: Word | None = None
    cancel: Word | None = None
    take_over: Word | None = None
    settle: Word | None = None
    pause: Word | None = None
    resume: Word | None = None
    groups: tuple[Word, ...] = ()
    reason: Text = ""
    target: Word | None = None
    as_: Literal["applied", "not_applied", "abandon"] = Field("applied", alias="as")
    scope: Word = "all"
    for_: _Long = Field(timedelta(hours=1), alias="for")
    refused: Literal["forbidden", "conflict", "not_found"] | None = None

    @model_validator(mode="after")
    def _does_one_thing(self) -> Self:
        if sum(getattr(self, verb) is not None for verb in VERBS) != 1:
            raise ValueError(f"a person does one thing: {', '.join(VERBS)}, each with a name")
        return self

    @property
    def verb(self) -> str:
        """What is done."""
        return next(verb for verb in VERBS if getattr(self, verb) is not None)

    @property
    def name(self) -> str:
        """Who does it."""
        return str(getattr(self, self.verb))


def _form_of_expect(raw: object) -> str:
    return "moments" if isinstance(raw, list | tuple) else "end"


Expected = Annotated[
    Annotated[ExpectShape, Tag("end")]
    | Annotated[tuple[ExpectShape, ...], Field(min_length=1), Tag("moments")],
    Discriminator(_form_of_expect),
]


class CaseShape(Shape):
    """One test: alerts, a given world, people, and what is expected then."""

    name: Word
    playbook: Word | None = None
    alerts: _Alerts = ()
    given: GivenShape = GivenShape()
    people: Annotated[tuple[PersonShape, ...], Field(max_length=100)] = ()
    expect: Expected


class CaseFileShape(Shape):
    """A file `*_test.yaml`: tests, and the playbooks that they are of (those beside it, where it names none).

    `alerts` are those of each test that has none of its own; `given` is what a test may say otherwise, key by key.
    """

    playbooks: Annotated[tuple[Path_, ...], Field(max_length=100)] = ()
    alerts: _Alerts = ()
    given: GivenShape = GivenShape()
    tests: Annotated[tuple[CaseShape, ...], _MANY]


@dataclass(frozen=True, slots=True)
class CaseShapes:
    """The shapes with what one catalog has: a file `*_test.yaml`, one of its tests, and what is given there."""

    file: type[CaseFileShape]
    case: type[CaseShape]
    given: type[GivenShape]


def case_shapes(catalog: Catalog) -> CaseShapes:
    """Return the shapes with every check and every world of the catalog as a key of `given`."""
    return _shapes(tuple(catalog.checks), catalog.worlds)


def check_field(name: str) -> str:
    """Return the attribute of `given` that holds the answers of a check."""
    return f"check_{_plain(name)}"


def world_field(key: str) -> str:
    """Return the attribute of `given` that holds what an integration's world is made from."""
    return f"world_{_plain(key)}"


@cache
def _shapes(checks: tuple[str, ...], worlds: tuple[PlayedWorld, ...]) -> CaseShapes:
    given: type[GivenShape] = _with(GivenShape, _brought(checks, worlds))
    case: type[CaseShape] = _with(CaseShape, {"given": (given, given())})
    tests: Any = Annotated[tuple[case, ...], _MANY]  # type: ignore[valid-type]
    fields = {"given": (given, given()), "tests": (tests, ...)}
    return CaseShapes(_with(CaseFileShape, fields), case, given)


def _brought(checks: tuple[str, ...], worlds: tuple[PlayedWorld, ...]) -> dict[str, Any]:
    fields: dict[str, Any] = {
        check_field(name): (CheckGiven | None, Field(None, alias=name))
        for name in checks
        if name not in GivenShape.model_fields
    }
    for world in worlds:
        fields[world_field(world.key)] = (world.shape, Field(None, alias=world.key))
    return fields


def _plain(name: str) -> str:
    return "".join(c if c.isalnum() else "_" for c in name)


def _with(shape: Any, fields: dict[str, Any]) -> Any:
    return create_model(shape.__name__, __base__=shape, __doc__=shape.__doc__, **fields)
