"""`remediator replay`: from settings, playbooks and a source of the past to an account."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from remediator.app.configuration import Configuration, load_configuration
from remediator.app.daemon import store_url
from remediator.config.catalog import Catalog
from remediator.config.expressions import CelConditions
from remediator.config.playbooks import PlaybookBook, PlaybookLoader
from remediator.config.templates import Templates
from remediator.core.errors import InvalidSettings
from remediator.core.facts import Answer
from remediator.core.order import Order
from remediator.core.playbook import CheckOrder, Mode
from remediator.core.selection import Environment, Index
from remediator.engine.admission import Rules
from remediator.ports.past import Memory
from remediator.rehearsal.replay.account import Account, account_of
from remediator.rehearsal.replay.assumed import Answers, Ask, Assumptions, nobody_knows
from remediator.rehearsal.replay.replay import Cast, Word, play
from remediator.rehearsal.replay.sources import of_notifications, of_past
from remediator.rehearsal.site import Inline
from remediator.stores.past import stored_notifications

MOST_QUESTIONS = 5000
_ALWAYS = (
    "pauses, approvals and whatever else people did are not replayed, nor what was protected or allowed then: settings"
    " are those of now",
    "no host, cluster or cloud was asked: a step may have had nothing to do, or may have been refused",
    "an alert that would have been remedied still fires here for as long as it did",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked for. Without `playbooks` those of the settings are replayed; `other` is what they are compared
    with; `mode` replaces what the environments of the settings allow."""

    config_file: Path | None
    since: timedelta
    source: str = "store"
    playbooks: tuple[Path, ...] = ()
    other: tuple[Path, ...] = ()
    mode: Mode | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    assumptions: Assumptions = field(default_factory=Assumptions)
    asks: bool = True


def run_replay(wanted: Wanted, catalog: Catalog) -> tuple[Account, Account | None]:
    """Return the account, and that of the other playbooks; raise InputError, ActionError or StoreUnavailable."""
    conditions = CelConditions()
    try:
        return asyncio.run(_run(wanted, catalog, conditions))
    finally:
        conditions.close()


async def _run(
    wanted: Wanted, catalog: Catalog, conditions: CelConditions
) -> tuple[Account, Account | None]:
    configuration = load_configuration(wanted.config_file, catalog, conditions)
    site = _Site(wanted, catalog, conditions, configuration)
    try:
        words, not_known = await site.past()
        account = await site.account(site.book(wanted.playbooks), words, not_known)
        if not wanted.other:
            return account, None
        return account, await site.account(site.book(wanted.other), words, not_known)
    finally:
        await configuration.gateways.close()


@dataclass(slots=True)
class _Site:
    wanted: Wanted
    catalog: Catalog
    conditions: CelConditions
    configuration: Configuration
    _remembered: dict[tuple[str, int], Answer | None] = field(default_factory=dict)

    def book(self, paths: Sequence[Path]) -> PlaybookBook:
        """Return the playbooks of some folders, or those of the settings."""
        if not paths:
            return self.configuration.book
        settings = self.configuration.settings
        templates = Templates(self.catalog.filters(settings.sections))
        loader = PlaybookLoader(
            self.catalog,
            settings.playbook_rules(),
            templates=templates,
            conditions=self.conditions,
        )
        return loader.load(paths).checked()

    async def past(self) -> tuple[list[Word], tuple[str, ...]]:
        """Return what was said of alerts, and what is not known of it."""
        until = datetime.now(UTC)
        since = until - self.wanted.since
        if self.wanted.source == "store":
            return await self._stored(since)
        past = await self._memory.fired(self.configuration.gateways.reads, since, until)
        sources = [each.name for each in self.configuration.settings.sources]
        source = sources[0] if len(sources) == 1 else ""
        return of_past(past, until, source=source, labels=self.wanted.labels), past.not_known

    async def _stored(self, since: datetime) -> tuple[list[Word], tuple[str, ...]]:
        settings = self.configuration.settings
        password = settings.store.password if settings.store else None
        found = await stored_notifications(
            store_url(settings), since, password=password.reveal if password else None
        )
        words, unread = of_notifications(found, self.configuration.rules.parsers)
        return words, (f"{unread} notifications could not be read",) if unread else ()

    @property
    def _memory(self) -> Memory:
        named = {each.name: each.memory for each in self.catalog.integrations if each.memory}
        memory = named.get(self.wanted.source)
        if memory is None:
            raise InvalidSettings(
                f"{self.wanted.source} remembers no alerts: there are {', '.join(['store', *named])}"
            )
        return memory

    async def account(
        self, book: PlaybookBook, words: Sequence[Word], not_known: tuple[str, ...]
    ) -> Account:
        """Replay the past to some playbooks."""
        answers = Answers(ask=self._ask())
        cast = Cast(
            rules=self._rules(book),
            conditions=Inline(self.conditions),
            protected=self.configuration.settings.out_of_reach,
            assumptions=self.wanted.assumptions,
            answers=answers,
        )
        ledger = await play(words, cast)
        said = (*not_known, *self._said(answers), *_ALWAYS)
        return account_of(ledger, book.by_name, said, self.configuration.mask)

    def _rules(self, book: PlaybookBook) -> Rules:
        rules, mode = self.configuration.rules, self.wanted.mode
        environments = tuple(replace(e, mode=mode or e.mode) for e in rules.environments)
        if mode and not environments:
            environments = (Environment(name="replay", match=(), mode=mode),)
        return replace(rules, index=Index(tuple(book)), environments=environments)

    def _said(self, answers: Answers) -> tuple[str, ...]:
        takes, people = self.wanted.assumptions.step_takes, self.wanted.assumptions.people_say_yes
        seconds = int(takes.total_seconds())
        said = [
            f"assumed: every step takes {seconds}s and works, and every verification holds",
            f"assumed: people who are asked {'say yes at once' if people else 'never answer'}",
        ]
        for name, count in sorted(answers.assumed.items()):
            said.append(f"assumed {count} times: the check of {name} let the run go on")
        if answers.asked:
            said.append(f"{answers.asked} checks were answered by what is remembered of that time")
        return tuple(said)

    def _ask(self) -> Ask:
        if not self.wanted.asks:
            return nobody_knows
        memories = [each.memory for each in self.catalog.integrations if each.memory]

        async def ask(check: CheckOrder, order: Order, at: datetime) -> Answer | None:
            key = (check.key, int(at.timestamp()) // 15)
            if key not in self._remembered and len(self._remembered) < MOST_QUESTIONS:
                self._remembered[key] = await self._first(memories, check, order, at)
            return self._remembered.get(key)

        return ask

    async def _first(
        self, memories: Sequence[Memory], check: CheckOrder, order: Order, at: datetime
    ) -> Answer | None:
        for memory in memories:
            answer = await memory.asked(self.configuration.gateways.reads, check, order, at)
            if answer is not None:
                return answer
        return None
