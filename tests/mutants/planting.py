"""Small bugs that can be planted in a source text: each is a place, what stands there and what would stand there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
SUMS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult,
    ast.Mod: ast.Add,
    ast.BitOr: ast.BitAnd,
}
TWINS = {"min": "max", "max": "min", "any": "all", "all": "any", "startswith": "endswith"}
CHAINED = {"where", "order_by", "limit", "with_for_update", "on_conflict_do_nothing", "having"}
WORD = re.compile(r"[\w./:-]{0,40}")
Scope = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One bug. `function` is the first line of the outermost function around it, 0 outside of all.

    `tests` are the files or folders that shall meet it, where somebody has named them.
    """

    path: str
    line: int
    start: int
    end: int
    old: str
    new: str
    function: int
    tests: tuple[str, ...] = ()

    def __str__(self) -> str:
        old, new = (" ".join(text.split())[:90] for text in (self.old, self.new))
        return f"{self.path}:{self.line}: {old}  →  {new}"

    def plant(self, source: bytes) -> bytes:
        """Return the source with the bug in it."""
        return source[: self.start] + self.new.encode() + source[self.end :]


def mutants_of(path: str, source: str) -> Iterator[Mutant]:
    """Find every bug that can be planted in a file and leaves it readable."""
    starts = _line_starts(source)
    encoded = source.encode()
    for node, new, function in _changes(ast.parse(source), 0):
        start = starts[node.lineno - 1] + node.col_offset
        end = starts[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0)
        old = encoded[start:end].decode()
        mutant = Mutant(
            path=path, line=node.lineno, start=start, end=end, old=old, new=new, function=function
        )
        if _is_readable(mutant.plant(encoded)):
            yield mutant


def function_at(source: str, line: int) -> int:
    """Return the first line of the outermost function around a line, 0 outside of all."""
    scopes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, Scope)]
    around = [_first_line(s) for s in scopes if _first_line(s) <= line <= (s.end_lineno or 0)]
    return min(around, default=0)


def _is_readable(source: bytes) -> bool:
    try:
        ast.parse(source)
    except SyntaxError:
        return False
    return True


def _line_starts(source: str) -> list[int]:
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line.encode()))
    return starts


Found = tuple[ast.expr | ast.stmt | ast.arg, str, int]


def _changes(node: ast.AST, function: int) -> Iterator[Found]:
    """Walk the tree, but for what no test could notice: annotations, documentation and sentences for people."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "type_params", "bases"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or _is_said(child):
                continue
            inside = function or (_first_line(child) if isinstance(child, Scope) else 0)
            if isinstance(child, ast.expr | ast.stmt):
                yield from ((child, new, inside) for new in _variants(child, bool(inside)))
            yield from _changes(child, inside)


def _first_line(scope: Scope) -> int:
    return min([scope.lineno, *(each.lineno for each in scope.decorator_list)])


def _is_said(node: ast.AST) -> bool:
    """Documentation, f-strings and type checking blocks."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True
    return isinstance(node, ast.JoinedStr | ast.Import | ast.ImportFrom)


def _variants(node: ast.AST, inside: bool) -> Iterator[str]:
    match node:
        case ast.Compare(ops=[op]) if type(op) in COMPARISONS:
            swapped = ast.Compare(node.left, [COMPARISONS[type(op)]()], node.comparators)
            yield _text(swapped)
        case ast.BoolOp():
            other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
            yield _text(ast.BoolOp(other, node.values))
            for n in range(len(node.values)):
                rest = node.values[:n] + node.values[n + 1 :]
                yield _text(rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest))
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            yield _text(node.operand)
        case ast.BinOp() if type(node.op) in SUMS:
            yield _text(ast.BinOp(node.left, SUMS[type(node.op)](), node.right))
        case ast.IfExp():
            yield _text(node.body)
            yield _text(node.orelse)
        case ast.Constant():
            yield from _constants(node.value)
        case ast.Call():
            yield from _calls(node)
        case ast.Subscript(slice=ast.Slice() as cut):
            yield _text(node.value)
            del cut
        case ast.comprehension():
            pass
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
            yield from _unfiltered(node)
        case ast.stmt() if inside:
            yield from _statements(node)


def _statements(node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.Expr(value=ast.Yield() | ast.YieldFrom()):
            return
        case ast.Expr() | ast.Raise() | ast.AugAssign() | ast.Continue() | ast.Break():
            yield "pass"
        case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant):
            yield "return None"
        case ast.If():
            for certain in ("True", "False"):
                yield _replaced(node, certain)


def _replaced(node: ast.If, certain: str) -> str:
    """The same `if` with a certain condition, indented as it stands."""
    text = ast.unparse(ast.If(ast.Name(certain), node.body, node.orelse))
    return text.replace("\n", "\n" + " " * node.col_offset)


def _constants(value: object) -> Iterator[str]:
    if isinstance(value, bool):
        yield str(not value)
    elif isinstance(value, int | float):
        yield str(value + 1)
        if value > 1:
            yield str(value - 1)
    elif isinstance(value, str) and value and WORD.fullmatch(value):
        yield repr(value + "x")


def _calls(node: ast.Call) -> Iterator[str]:
    function = node.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    if name in TWINS:
        other = ast.Name(TWINS[name])
        if isinstance(function, ast.Attribute):
            other = ast.Attribute(function.value, TWINS[name])  # type: ignore[assignment]
        yield _text(ast.Call(other, node.args, node.keywords))
    if name in CHAINED and isinstance(function, ast.Attribute):
        yield _text(function.value)
        for n in range(len(node.args) if len(node.args) > 1 else 0):
            yield _text(ast.Call(function, node.args[:n] + node.args[n + 1 :], node.keywords))
    for n in range(len(node.keywords)):
        yield _text(ast.Call(function, node.args, node.keywords[:n] + node.keywords[n + 1 :]))
    if len(node.args) == 2 and ast.dump(node.args[0]) != ast.dump(node.args[1]):
        yield _text(ast.Call(function, node.args[::-1], node.keywords))


def _unfiltered(
    node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp,
) -> Iterator[str]:
    """The same comprehension without its `if`."""
    if any(each.ifs for each in node.generators):
        bare = [ast.comprehension(g.target, g.iter, [], g.is_async) for g in node.generators]
        fields = {name: value for name, value in ast.iter_fields(node) if name != "generators"}
        yield ast.unparse(type(node)(**fields, generators=bare))


def _text(node: ast.AST) -> str:
    return f"({ast.unparse(ast.fix_missing_locations(node))})"
