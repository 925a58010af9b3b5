"""What the playbooks run as root on hosts: every command, those of the settings filled in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from remediator.core.errors import Permanent
from remediator.core.pattern_tree import Row, Tree, any_text, literal, read_tree, without_first
from remediator.integrations.hosts.rights import (
    CommandRight,
    OpenWord,
    RootRight,
    UnknownRight,
    Word,
    is_one_word,
)
from remediator.integrations.shell.allowed_command import checked_values
from remediator.integrations.shell.settings import PLACEHOLDER, Command, way_out
from remediator.ports.rights import BY_LABELS, Need, Right

Commands = Mapping[str, Command]
_WRITE_IT = "write its rule by hand, or its pattern simpler"


@dataclass(frozen=True, slots=True, kw_only=True)
class RootNeeds:
    """The rights with the playbooks that need them, and what no rule can tell, with its playbooks."""

    granted: Mapping[RootRight, tuple[str, ...]]
    unknown: Mapping[str, tuple[str, ...]]


def root_needs(needs: Iterable[Need], commands: Commands, host: str | None = None) -> RootNeeds:
    """Return what is needed on hosts; with `host`, on this one."""
    granted: dict[RootRight, dict[str, None]] = {}
    unknown: dict[str, dict[str, None]] = {}
    for need in needs:
        if host is not None and not _is_about(need.target, host):
            continue
        for right in _as_root(need.right, commands):
            if isinstance(right, RootRight):
                granted.setdefault(right, {})[need.playbook] = None
            else:
                unknown.setdefault(right.why, {})[need.playbook] = None
    return RootNeeds(
        granted={right: tuple(by) for right, by in granted.items()},
        unknown={why: tuple(by) for why, by in unknown.items()},
    )


def _is_about(target: str, host: str) -> bool:
    """Say whether a target as written can be this host."""
    pieces = map(re.escape, target.split(BY_LABELS))
    return re.fullmatch(".*".join(pieces), f"host/{host}", re.IGNORECASE) is not None


def _as_root(right: Right, commands: Commands) -> Sequence[RootRight | UnknownRight]:
    if isinstance(right, CommandRight):
        return _filled(right, commands)
    return (right,) if isinstance(right, RootRight | UnknownRight) else ()


def _filled(right: CommandRight, commands: Commands) -> Sequence[RootRight | UnknownRight]:
    """Return the command of the settings, and its check."""
    command = commands.get(right.name)
    if command is None:
        why = f"the words of the command `{right.name}` are in the settings: give --config.file"
        return (UnknownRight(why=why),)
    try:
        values = {name: _value(name, value, command) for name, value in right.values}
        check = command.check.argv if command.check else ()
        every = [argv for argv in (command.argv, check) if argv]
        return [RootRight(argv=tuple(_word(word, values) for word in argv)) for argv in every]
    except (ValueError, Permanent) as error:
        return (UnknownRight(why=f"the command `{right.name}`: {error}; {_WRITE_IT}"),)


def _value(name: str, value: str | None, command: Command) -> str | Tree:
    """Return what may stand for a parameter: its value, or the tree of its pattern where labels decide."""
    pattern = command.parameters.get(name, "")
    if value is not None:
        return checked_values({name: pattern}, {name: value})[name]
    if found := way_out(pattern):
        raise ValueError(f"`{pattern}` lets a value hold `{found}`, which leads to other files")
    tree = read_tree(pattern)
    begun = without_first(tree, "-") if tree else None  # nor does a value that is sent
    if begun is None:
        raise ValueError(f"`{pattern}` has no counterpart in sudoers")
    return begun


def _word(word: str, values: Mapping[str, str | Tree]) -> Word:
    """Fill in a word of a command."""
    pieces = PLACEHOLDER.split(word)
    found = [values.get(piece) if index % 2 else piece for index, piece in enumerate(pieces)]
    if None in found:
        raise ValueError(f"the playbook leaves a value in `{word}` out")
    texts = [piece for piece in found if isinstance(piece, str)]
    if not word or not all(map(is_one_word, texts)):
        raise ValueError(f"`{word}` has a space or a letter that sudo does not tell from another")
    if len(texts) == len(found):
        return "".join(texts)
    tree = Row(tuple(literal(p) if isinstance(p, str) else p for p in found if p is not None))
    return OpenWord(words=word, tree=tree, example=any_text(tree))
