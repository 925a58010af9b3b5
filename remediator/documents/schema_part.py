"""Marks a value whose shape depends on what is installed, and is put together where the catalog is known."""

from __future__ import annotations

from typing import Any

from pydantic import Field, WithJsonSchema

PART = "x-part"


def schema_part(name: str) -> WithJsonSchema:
    """Say in a shape that the schema for editors has this part of its own here: `Annotated[object, …]`."""
    return WithJsonSchema({PART: name})


def said(words: str, most: int | None = None) -> Any:
    """Say what a key means, for whoever writes it; a list has at most so many items."""
    return Field(description=words, max_length=most)
