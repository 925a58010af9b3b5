"""People whom an outside system knows by names of its own, as the settings name them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

EVERYBODY = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Members:
    """Who has a role by such a name, under `users.KEY.roles`; `key` is that of the system's section too.

    `title` is how people call the system. `is_name` says whether a text can name anybody there, `how_to_write` tells
    whoever wrote another one; `*` names `everybody`, in these words.
    """

    key: str
    title: str
    is_name: Callable[[str], bool]
    how_to_write: str
    everybody: str
