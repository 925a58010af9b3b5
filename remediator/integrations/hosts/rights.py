"""What the account on a host must be allowed to run as root: the commands of actions and probes, word for word.

What labels decide, or only a run finds (a device, a container), is a word of a grammar: no wider than what the action
itself lets through, and without a space, which sudo cannot tell from the end of a word.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from pydantic import ValidationError

from remediator.core.pattern_tree import Row, Tree, literal, read_tree
from remediator.integrations.shell.api import shell_rights
from remediator.ports.parameters import Parameters
from remediator.ports.rights import Right, Rights, Use

P = TypeVar("P", bound=Parameters)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenWord:
    """A word of which only a run knows all letters: how people read it, what it may be, and one that it may be.

    `comes_often` where several such words may follow each other.
    """

    words: str
    tree: Tree
    example: str
    comes_often: bool = False


Word = str | OpenWord


@dataclass(frozen=True, slots=True, kw_only=True)
class Grammar:
    """What a value may be that labels or a run decide: its name for people, a pattern, two texts that it matches."""

    name: str
    pattern: str
    examples: tuple[str, str]
    comes_often: bool = False

    def word(self, before: str = "", after: str = "") -> OpenWord:
        """Return a word that holds such a value between two texts."""
        tree = read_tree(self.pattern)
        if tree is None:
            raise ValueError(f"{self.name}: {self.pattern} is not known to core.pattern_tree")
        return OpenWord(
            words=f"{before}{self.name}{after}",
            tree=Row((literal(before), tree, literal(after))),
            example=f"{before}{self.examples[0]}{after}",
            comes_often=self.comes_often,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RootRight:
    """One command as root, or all those that differ in its open words."""

    argv: tuple[Word, ...]

    @property
    def command(self) -> str:
        """The command for people."""
        return " ".join(word if isinstance(word, str) else word.words for word in self.argv)

    @property
    def words(self) -> str:
        """The right for people."""
        return f"run `{self.command}` as root"

    @property
    def example(self) -> tuple[str, ...]:
        """One of its commands."""
        return tuple(word if isinstance(word, str) else word.example for word in self.argv)

    @property
    def is_too_much(self) -> bool:
        """What actions run is fixed in them."""
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandRight:
    """A command of the settings as root, with its check; of `values`, those that labels decide are None."""

    name: str
    values: tuple[tuple[str, str | None], ...] = ()

    @property
    def words(self) -> str:
        """The right for people."""
        return f"run the command `{self.name}` of the settings as root"

    @property
    def is_too_much(self) -> bool:
        """The settings say what may be run."""
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationTestRight:
    """What the settings have to test a unit's configuration, as root; of any unit where labels decide (None)."""

    unit: str | None

    @property
    def words(self) -> str:
        """The right for people."""
        return f"run what `commands` of the settings has to test {self.unit or 'any unit'}, as root"

    @property
    def is_too_much(self) -> bool:
        """The settings say what may be run."""
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownRight:
    """Something as root that no rule of sudo can tell closely enough, and why."""

    why: str

    @property
    def words(self) -> str:
        """The right for people."""
        return f"run something as root: {self.why}"

    @property
    def is_too_much(self) -> bool:
        """It is never granted, only told."""
        return False


def root_rights(
    parameters: type[P], commands: Callable[[P], Iterable[Sequence[Word]]], **grammars: Grammar
) -> Rights:
    """Return the rights of what runs these commands on hosts.

    `grammars` are what a parameter may be where labels decide it; without one nobody knows the words.
    """

    def rights(use: Use) -> tuple[Right, ...]:
        if use.kind not in ("host", ""):
            return shell_rights(use)
        by_labels = [key for key, value in use.parameters.items() if "{{" in str(value)]
        if why := _why_unknown(use.parameters, by_labels, grammars):
            return (UnknownRight(why=why),)
        known = {key: grammars[key] for key in by_labels}
        try:
            found = _commands(parameters, commands, use.parameters, known)
        except ValidationError:
            return ()
        return tuple(RootRight(argv=argv) for argv in found)

    return rights


def is_one_word(text: str) -> bool:
    """Say whether sudo reads a text as what it is: plain letters, and no space."""
    return text.isascii() and text.isprintable() and " " not in text


def _why_unknown(
    parameters: Mapping[str, object], by_labels: Sequence[str], grammars: Mapping[str, Grammar]
) -> str:
    for key, value in parameters.items():
        if key in by_labels and key not in grammars:
            return f"labels decide `{key}`; write it out in the playbook"
        if key not in by_labels and isinstance(value, str) and not is_one_word(value):
            return f"`{key}` has a space or a letter that sudo does not tell from another"
    return ""


def _commands(
    parameters: type[P],
    commands: Callable[[P], Iterable[Sequence[Word]]],
    written: Mapping[str, object],
    by_labels: Mapping[str, Grammar],
) -> list[tuple[Word, ...]]:
    """Return the commands. What labels decide is found by trying two examples: where the words differ, it stands."""
    first = {key: grammar.examples[0] for key, grammar in by_labels.items()}

    def tried(**values: str) -> list[tuple[Word, ...]]:
        wanted = parameters.model_validate({**written, **first, **values})
        return [tuple(argv) for argv in commands(wanted)]

    found = tried()
    for key, grammar in by_labels.items():
        others = tried(**{key: grammar.examples[1]})
        pairs = zip(found, others, strict=True)
        found = [
            tuple(_opened(*words, grammar) for words in zip(one, other, strict=True))
            for one, other in pairs
        ]
    return found


def _opened(word: Word, other: Word, grammar: Grammar) -> Word:
    """Return the open word where a word differs with the example that it was made from."""
    if isinstance(word, OpenWord) or isinstance(other, OpenWord) or word == other:
        return word
    before, _, after = word.partition(grammar.examples[0])
    if f"{before}{grammar.examples[1]}{after}" != other:
        raise ValueError(f"{word!r} is not made of {grammar.name} alone")
    return grammar.word(before, after)
