"""Alertmanager's routes: does an alert reach a receiver that posts to us? Pure. Used by `coverage`.

As dispatch/route.go walks them: an alert enters a route whose matchers all hold, goes to every child up to the first
that it enters without `continue`, and to the route's own receiver where it enters no child. Times and silences are left
out: they say when, not whether.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from remediator.core.errors import InputError
from remediator.core.facts import Known
from remediator.core.known_labels import KnownLabels
from remediator.core.matcher import Matcher, MatchOp, parse_matcher
from remediator.documents.foreign_yaml import Node, read_foreign_yaml

_MATCHERS = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*")+')
_MOST_ROUTES = 5_000
_DEEPEST = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One route with its children; `is_ours` says whether its receiver posts to us."""

    is_ours: bool
    matchers: tuple[Matcher, ...] = ()
    goes_on: bool = False
    children: tuple[Route, ...] = ()

    def told(self, labels: KnownLabels) -> frozenset[bool]:
        """Return which answers there can be to whether we are told of an alert that enters this route."""
        ended: set[bool] = set()
        going = {(False, False)}  # has it entered a child, were we told by one
        for child in self.children:
            going, over = child.passed(labels, going)
            ended |= over
        return frozenset(
            ended | {told or (not entered and self.is_ours) for entered, told in going}
        )

    def passed(
        self, labels: KnownLabels, going: Iterable[tuple[bool, bool]]
    ) -> tuple[set[tuple[bool, bool]], set[bool]]:
        """Return how alerts that come by go on, and which answers there are to those that end here."""
        known = self._enters(labels)
        by = set(going) if known is not Known.HOLDS else set()
        if known is Known.FAILS:
            return by, set()
        told = {before or now for _, before in going for now in self.told(labels)}
        if self.goes_on:
            return by | {(True, each) for each in told}, set()
        return by, told

    def _enters(self, labels: KnownLabels) -> Known:
        met = {labels.meet(matcher) for matcher in self.matchers}
        if Known.FAILS in met:
            return Known.FAILS
        return Known.UNKNOWN if Known.UNKNOWN in met else Known.HOLDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Routes:
    """Keeps the promise of `ports.alert_rules.Routing`."""

    root: Route
    receivers: tuple[str, ...]

    def reach(self, labels: KnownLabels) -> Known:
        """See ports.alert_rules.Routing."""
        told = self.root.told(labels)
        if len(told) > 1:
            return Known.UNKNOWN
        return Known.HOLDS if True in told else Known.FAILS


def read_routes(file: str, raw: bytes, named: Sequence[str], path: str) -> Routes:
    """Return the routes of a configuration; raise InputError. Without names, the receivers are ours whose webhooks end
    in this path."""
    documents = read_foreign_yaml(file, raw)
    if not documents or not documents[0]["route"]:
        raise InputError(f"{file}: no configuration of Alertmanager: it has no `route`")
    receivers = tuple(documents[0]["receivers"].items())
    known = [each["name"].text for each in receivers]
    if unknown := [name for name in named if name not in known]:
        raise InputError(f"{file}: no receiver {unknown[0]}; there are {', '.join(known)}")
    ours = tuple(named) or tuple(_ours(receivers, path))
    return Routes(root=_Reader(ours).route(documents[0]["route"]), receivers=ours)


def _ours(receivers: Iterable[Node], path: str) -> Iterator[str]:
    """Yield the receivers that post to us. Newer Alertmanagers answer `<secret>` in place of URLs."""
    for each in receivers:
        urls = [hook["url"].text for hook in each["webhook_configs"].items()]
        if any(urlsplit(url).path.rstrip("/").endswith(path) for url in urls):
            yield each["name"].text


class _Reader:
    def __init__(self, ours: Sequence[str]) -> None:
        self._ours = frozenset(ours)
        self._routes = 0

    def route(self, node: Node, receiver: str = "", depth: int = 0) -> Route:
        """Read a route; one without a receiver has that of the route around it."""
        self._routes += 1
        if self._routes > _MOST_ROUTES or depth > _DEEPEST:
            raise InputError(f"{node.place}: more than {_MOST_ROUTES} routes, or nested too deep")
        own = node["receiver"].text or receiver
        inner = node["routes"].items()
        return Route(
            is_ours=own in self._ours,
            matchers=() if depth == 0 else tuple(_matchers(node)),
            goes_on=node["continue"].text.lower() in ("true", "yes", "on", "y"),
            children=tuple(self.route(child, own, depth + 1) for child in inner),
        )


def _matchers(node: Node) -> Iterator[Matcher]:
    """Read `matchers`, and `match` and `match_re` of before 0.22."""
    for key, op in (("match", MatchOp.EQUAL), ("match_re", MatchOp.REGEX)):
        for label, value in node[key].pairs():
            yield _matcher(value, str(Matcher(label, op, value.text)))
    for item in node["matchers"].items():
        text = item.text.strip()
        if text.startswith("{") and text.endswith("}"):
            text = text[1:-1]
        for each in _MATCHERS.findall(text):
            if each.strip():
                yield _matcher(item, each)


def _matcher(node: Node, text: str) -> Matcher:
    try:
        return parse_matcher(text)
    except ValueError as error:
        raise InputError(f"{node.place}: {error}") from error
