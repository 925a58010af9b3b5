"""What clients send, as models: bodies are read by them, and described by them in `/api/openapi.json`.

Absent and null are the same for what need not be there. What is wrong is said as everywhere in the API.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    create_model,
    model_validator,
)
from pydantic_core import PydanticCustomError

from remediator.core.duration import parse_duration
from remediator.ports.verb import Choice, Given, Kind, Need, Verb

LONGEST_TEXT = 2_000
MOST_LABELS = 256
OF_A_KEY, WHOLE = "of_a_key", "whole"
"""Kinds of objections: behind the key's name, or a sentence of their own."""


class Asked(BaseModel):
    """A JSON object without unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def objection(kind: str, text: str) -> PydanticCustomError:
    """Return what is said of a value that cannot be taken."""
    return PydanticCustomError(kind, "{text}", {"text": text})


def _text(value: object) -> str:
    return _needed_text(value, least=0) if value is not None else ""


def _needed_text(value: object, *, least: int = 1) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        raise objection(OF_A_KEY, f" must be a text of at most {LONGEST_TEXT} characters")
    text = value.strip()
    if len(text) < least:
        raise objection(OF_A_KEY, " must not be empty")
    return text


def _length(value: object) -> timedelta | None:
    text = _text(value)
    try:
        return parse_duration(text) if text else None
    except ValueError as error:
        raise objection(OF_A_KEY, f": {error}") from error


def _labels(value: object) -> Mapping[str, str]:
    if not isinstance(value, dict) or not value or len(value) > MOST_LABELS:
        text = "`labels` must be an object of 1 to 256 label names and texts"
        raise objection(WHOLE, text)
    return {name: _label(name, text) for name, text in value.items()}


def _annotations(value: object) -> Mapping[str, str]:
    if value is None or value == {}:
        return {}
    if not isinstance(value, dict) or len(value) > MOST_LABELS:
        raise objection(WHOLE, "`annotations` must be an object of up to 256 names and texts")
    return {name: _label(name, text) for name, text in value.items()}


def _label(name: str, value: object) -> str:
    try:
        return _text(value)
    except PydanticCustomError as error:
        raise objection(WHOLE, f"`{name}`{error}") from error


def _one_of(choices: Iterable[Choice]) -> Callable[[object], object]:
    by_word = {choice.word: choice.value for choice in choices}

    def chosen(value: object) -> object:
        word = _text(value).replace(" ", "_")
        if word not in by_word:
            raise objection(OF_A_KEY, f" must be one of: {', '.join(by_word)}")
        return by_word[word]

    return chosen


Text = Annotated[str, BeforeValidator(_text)]
NeededText = Annotated[str, BeforeValidator(_needed_text)]
Length = Annotated[
    timedelta | None, BeforeValidator(_length), WithJsonSchema({"type": ["string", "null"]})
]
Labels = Annotated[dict[str, str], BeforeValidator(_labels)]
Annotations = Annotated[dict[str, str], BeforeValidator(_annotations)]


class PlanAsked(Asked):
    """An alert, by its labels or by its fingerprint, of which nobody knows yet what would be done about it."""

    labels: Labels = Field(default_factory=dict, description="the alert's labels")
    annotations: Annotations = Field(default_factory=dict, description="what it says to people")
    fingerprint: Text = Field("", description="instead of labels: an alert that arrived before")
    playbook: Text = Field("", description="only this playbook")

    @model_validator(mode="after")
    def _names_an_alert(self) -> Self:
        if not (self.labels or self.fingerprint):
            raise objection(WHOLE, "`labels` is missing: give the alert's, or its `fingerprint`")
        if self.labels and self.fingerprint:
            raise objection(WHOLE, "give `labels` or `fingerprint`, not both")
        return self


def body_of(verb: Verb) -> type[Asked]:
    """Return the model of the body in which people ask for a verb."""
    fields: dict[str, Any] = {need.name: _field(need) for need in verb.needs}
    return create_model(f"{verb.name.title().replace('_', '')}Asked", __base__=Asked, **fields)


def given_in(verb: Verb, body: Asked) -> dict[str, Given]:
    """Return what a body gives, by the names of control's parameters."""
    return {need.name: _given(need, getattr(body, need.name)) for need in verb.needs}


def _given(need: Need, value: Given) -> Given:
    return value or None if need.kind is Kind.DIGEST else value


def _field(need: Need) -> tuple[object, object]:
    more: dict[str, Any] = {"description": need.doc} if need.doc else {}
    default = ... if need.required else None if need.kind is Kind.LENGTH else ""
    return _type(need), Field(default, alias=need.key, **more)


def _type(need: Need) -> object:
    if need.choices:
        words = [choice.word for choice in need.choices]
        schema = WithJsonSchema({"type": "string", "enum": words})
        return Annotated[object, BeforeValidator(_one_of(need.choices)), schema]
    if need.kind is Kind.LENGTH:
        return Length
    return NeededText if need.required else Text
