"""Writes the rights that playbooks need as a sudoers file; used by `remediator sudoers`.

Every rule is one command under `timeout -k 5 SECONDS`, as the gateway sends it (gateway/quoting.py), and its arguments
one regular expression. sudo knows those since 1.9.10; it joins arguments by a space, takes 1,024 characters at most,
and reads nothing in them but `#` as its own. As `resize2fs /dev/sda1` may also be the name of one program, which would
be looked for below the working directory, that is `/`, where nobody but root can put one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from remediator.core.pattern_tree import Choice, Letter, Repeat, Row, Tree, literal
from remediator.integrations.hosts.gateway.quoting import KILL_AFTER
from remediator.integrations.hosts.knowledge.grammars import SECONDS
from remediator.integrations.hosts.needs import RootNeeds
from remediator.integrations.hosts.rights import OpenWord, RootRight, Word

LONGEST = 1024
_GRANT = "ALL=(root) CWD=/ NOPASSWD:"
_SPECIAL = frozenset(r"\.[](){}*+?^$|#")
_PATH = '"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"'
_NEEDS = "Needs sudo 1.9.10 or later, for regular expressions: in older patterns `*` takes another argument, too."


def sudoers_text(needs: RootNeeds, account: str, host: str | None = None) -> str:
    """Return the file for one account, with comments: the rules by the playbooks that need them."""
    lines = [_comment(line) for line in _head(needs, account, host)]
    if needs.granted:
        lines.append(f"Defaults:{account} !requiretty, env_reset, !setenv, secure_path={_PATH}")
    for playbooks, rights in _by_playbooks(needs.granted).items():
        lines += ["", f"# {', '.join(playbooks)}"]
        lines += [f"{account} {_GRANT} {rule(right)}" for right in rights]
    return "".join(f"{line}\n" for line in lines)


def rule(right: RootRight) -> str:
    """Return the command and the expression of its arguments."""
    words = ["-k", str(KILL_AFTER), SECONDS.word(), *right.argv]
    return f"/usr/bin/timeout ^{''.join(_joined(words))}$"


def fitting(needs: RootNeeds) -> RootNeeds:
    """Return the needs, with those as unknown whose rule is longer than sudo takes."""
    long = {right for right in needs.granted if len(rule(right).partition(" ")[2]) > LONGEST}
    why = f"has a rule of more than {LONGEST} characters"
    return RootNeeds(
        granted={right: by for right, by in needs.granted.items() if right not in long},
        unknown={
            **needs.unknown,
            **{f"`{right.command}` {why}": needs.granted[right] for right in long},
        },
    )


def expression(tree: Tree) -> str:
    """Return a tree as a POSIX extended regular expression."""
    match tree:
        case Letter(letters):
            return _letter(sorted(letters))
        case Row(parts):
            return "".join(map(_part, parts))
        case Choice(parts):
            return "|".join(map(expression, parts))
        case Repeat(part, least, most):
            return f"{_part(part, single=True)}{_times(least, most)}" if most != 0 else ""


def _part(tree: Tree, *, single: bool = False) -> str:
    text = expression(tree)
    is_whole = isinstance(tree, Letter) or (isinstance(tree, Row | Repeat) and not single)
    return text if is_whole else f"({text})"


def _times(least: int, most: int | None) -> str:
    short = {(0, None): "*", (1, None): "+", (0, 1): "?", (1, 1): ""}
    if (least, most) in short:
        return short[least, most]
    return f"{{{least}}}" if least == most else f"{{{least},{'' if most is None else most}}}"


def _letter(letters: Sequence[str]) -> str:
    """Return one letter, or a class with its ranges; a class holds none that would have to be escaped."""
    if len(letters) == 1:
        return f"\\{letters[0]}" if letters[0] in _SPECIAL else letters[0]
    runs: list[list[str]] = []
    for letter in letters:
        if (
            runs
            and ord(letter) == ord(runs[-1][-1]) + 1
            and letter.isalnum()
            and runs[-1][0].isalnum()
        ):
            runs[-1].append(letter)
        else:
            runs.append([letter])
    texts = [f"{run[0]}-{run[-1]}" if len(run) > 2 else "".join(run) for run in runs]
    return f"[{''.join(sorted(texts, key='-'.__eq__))}]"


def _joined(words: Sequence[Word]) -> Iterator[str]:
    for index, word in enumerate(words):
        space = " " if index else ""
        if isinstance(word, OpenWord) and word.comes_often:
            yield f"({space}{_part(word.tree)})+"
        else:
            yield f"{space}{_part(word.tree if isinstance(word, OpenWord) else literal(word))}"


def _head(needs: RootNeeds, account: str, host: str | None) -> Iterator[str]:
    where = f"on {host}" if host else "on hosts"
    yield f"# What the loaded playbooks run as root {where}, and nothing else; written by `remediator sudoers`."
    if needs.granted:
        yield f"# Install as /etc/sudoers.d/{account}, mode 0440, after `visudo -cf` said yes."
        yield f"# {_NEEDS}"
    else:
        yield "# They need nothing there."
    for why, playbooks in needs.unknown.items():
        yield f"# Left out, for {', '.join(playbooks)}: {why}."


def _comment(text: str) -> str:
    """Return a comment on one line, whatever it tells of."""
    return "".join(letter if letter.isprintable() else " " for letter in text).rstrip("\\")


def _by_playbooks(
    granted: Mapping[RootRight, tuple[str, ...]],
) -> Mapping[tuple[str, ...], Sequence[RootRight]]:
    found: dict[tuple[str, ...], list[RootRight]] = {}
    for right, playbooks in sorted(granted.items(), key=lambda each: each[0].command):
        found.setdefault(playbooks, []).append(right)
    return {playbooks: found[playbooks] for playbooks in sorted(found)}
