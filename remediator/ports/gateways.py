"""Gateways by typed keys. What looks and what changes are two objects: a dry run is never given the second."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, NoReturn, Self, TypeVar, cast

from remediator.core.errors import Missing

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ReadKey(Generic[T]):
    """Name a gateway that looks. `missing` tells whoever needs it where there is none: what to set."""

    name: str
    missing: str


@dataclass(frozen=True, slots=True)
class WriteKey(Generic[T]):
    """Name a gateway that changes things; as a ReadKey."""

    name: str
    missing: str


class _Gateways:
    def __init__(self, found: Callable[[], Mapping[str, object]] = dict) -> None:
        self._found = found

    @classmethod
    def following(cls, present: Callable[[], Self]) -> Self:
        """Return what always gives the present gateways: whoever holds on to it follows a reload."""
        return cls(lambda: present()._found())

    def _with(self, name: str, gateway: object) -> Self:
        together = {**self._found(), name: gateway}
        return type(self)(lambda: together)

    def under(self, prefix: str) -> tuple[str, ...]:
        """Return what follows a prefix in the names that begin with it."""
        return tuple(name.removeprefix(prefix) for name in self._found() if name.startswith(prefix))

    def joined(self, others: Self) -> Self:
        """Return these and others."""
        together = {**self._found(), **others._found()}
        return type(self)(lambda: together)

    def _get(self, name: str, missing: str) -> object:
        found = self._found()
        return found[name] if name in found else _Absent(missing)


class Reads(_Gateways):
    """The gateways that look. One that is not there raises Missing at its first use."""

    def having(self, key: ReadKey[T], gateway: T) -> Reads:
        """Return these and one more."""
        return self._with(key.name, gateway)

    def has(self, key: ReadKey[T]) -> bool:
        """Say whether it is there."""
        return key.name in self._found()

    def __getitem__(self, key: ReadKey[T]) -> T:
        return cast("T", self._get(key.name, key.missing))


class Writes(_Gateways):
    """The gateways that change things. One that is not there raises Missing at its first use."""

    def having(self, key: WriteKey[T], gateway: T) -> Writes:
        """Return these and one more."""
        return self._with(key.name, gateway)

    def __getitem__(self, key: WriteKey[T]) -> T:
        return cast("T", self._get(key.name, key.missing))


class _Absent:
    """What stands where a gateway is not configured."""

    def __init__(self, missing: str) -> None:
        self._missing = missing

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        raise Missing(self._missing)
