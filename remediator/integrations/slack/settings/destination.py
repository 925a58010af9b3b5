"""How a way to tell people by Slack is written under `notify` and `contacts`: where to, and whom to call."""

from __future__ import annotations

import re
from typing import Annotated, Self

from pydantic import AfterValidator, Field, ValidationError, model_validator

from remediator.ports.parameters import Parameters

_CHANNEL = re.compile(r"#[^\s#@<>|&,A-Z]{1,80}|[CGD][A-Z0-9]{1,30}")
_CALLED = re.compile(
    r"@[a-z0-9][a-z0-9._-]{0,79}|[SUW][A-Z0-9]{1,30}|[^\s@<>|&]{1,64}@[^\s@<>|&]{3,100}"
)
_EVERYBODY = frozenset({"@channel", "@here", "@everyone"})


def _channel(text: str) -> str:
    if not _CHANNEL.fullmatch(text):
        raise ValueError("a channel is written like #sre (lower case), or as its id like C012AB3CD")
    return text


def _called(text: str) -> str:
    if text in _EVERYBODY:
        raise ValueError(f"{text} would wake everybody: name a user group like @sre-oncall")
    if not _CALLED.fullmatch(text):
        raise ValueError(
            "whom to call is a user group like @sre-oncall, an e-mail, or an id like S012AB3CD or U012AB3CD"
        )
    return text


def _either(text: str) -> str:
    return _called(text) if _names_people(text) else _channel(text)


def _names_people(text: str) -> bool:
    return "@" in text or text[:1] in tuple("SUW")


class SlackDestination(Parameters):
    """A channel, whom to call there, or both; `to` is either, in one word: `#sre`, `@sre-oncall`, an id or an e-mail.

    Who is called without a channel is called in the run's thread, or in the default channel where there is none yet.
    """

    to: Annotated[str, AfterValidator(_either)] | None = None
    channel: Annotated[str, AfterValidator(_channel)] | None = None
    mention: Annotated[str, AfterValidator(_called)] | None = Field(default=None)

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        if self.to is None and self.channel is None and self.mention is None:
            raise ValueError("name a channel like #sre, or whom to call like @sre-oncall")
        if self.to is not None and (self.channel or self.mention):
            raise ValueError("`to` stands alone: write `channel` and `mention` instead")
        return self

    @property
    def place(self) -> str:
        """The channel to write in; "" for the run's thread, or the default channel."""
        is_place = self.to is not None and not _names_people(self.to)
        return (self.to if is_place else self.channel) or ""

    @property
    def call(self) -> str:
        """Whom to call; "" for nobody in particular."""
        is_person = self.to is not None and _names_people(self.to)
        return (self.to if is_person else self.mention) or ""


def is_right(**written: str) -> bool:
    """Say whether a channel or somebody is written as `notify` and `contacts` write them."""
    try:
        SlackDestination(**written)
    except ValidationError:
        return False
    return True
