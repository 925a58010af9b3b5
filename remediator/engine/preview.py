"""Say what would happen now for an alert, with real looks and real guards, and nothing stored or changed.

A preview is a dry run that lives in memory: the same runner, with a writer that only remembers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import cast

from remediator.core import events as ev
from remediator.core.alert import Alert, AlertStatus
from remediator.core.canonical import digest
from remediator.core.effects import Effect, Note
from remediator.core.errors import InputError, Refused
from remediator.core.evolution import admit, evolve
from remediator.core.identity import OwnMachine
from remediator.core.lifecycle import next_effect
from remediator.core.playbook import Mode, Playbook
from remediator.core.run import Run
from remediator.core.selection import Selection, select
from remediator.core.verdict import Ruling
from remediator.engine.admission import Rules
from remediator.engine.explanation import nearest_to, said
from remediator.engine.observer import Observer
from remediator.engine.run_writer import Decide, Draft
from remediator.engine.runner import Runner
from remediator.ports.ambient import Ambient
from remediator.ports.preview import Previewed, Wanted, Would
from remediator.ports.store import Listing, Reader, Store, Transaction

_SOURCE = "preview"
_REFUSED = {Ruling.DENY: "blocked", Ruling.DEFER: "waiting"}


class Rememberer:
    """A writer that stores nothing: it keeps the last state of the one run it is given."""

    def __init__(self, store: Store, ambient: Ambient) -> None:
        self._store = store
        self._ambient = ambient
        self.last: Run | None = None

    async def save(self, draft: Draft, *decisions: Decide, expected: Effect | None = None) -> None:
        """Evolve the draft by what the decisions say, and by what follows."""
        run, now = draft.run, self._ambient.now()
        for decide in decisions:
            asked = partial(_decided, decide, run, now)
            for event in await self._store.read(asked):
                run = evolve(run, event, now)
        while isinstance(effect := next_effect(run, now), Note):
            for event in effect.events:
                run = evolve(run, event, now)
        draft.run, self.last = run, run
        draft.looks.clear()

    async def give_back(self, draft: Draft) -> None:
        """Remember how it ended."""
        self.last = draft.run


def _decided(decide: Decide, run: Run, now: datetime, reader: Reader) -> tuple[ev.Event, ...]:
    """Judging only reads, so a reader will do where the real runner has a transaction."""
    return decide(cast(Transaction, reader), run, now)


class Preview:
    """Plans for alerts that people name."""

    def __init__(
        self,
        *,
        store: Store,
        ambient: Ambient,
        observer: Observer,
        rules: Callable[[], Rules],
        protected: Callable[[], tuple[str | OwnMachine, ...]],
    ) -> None:
        self._store = store
        self._ambient = ambient
        self._observer = observer
        self._rules = rules
        self._protected = protected

    async def plan(self, wanted: Wanted) -> Previewed:
        """Return a decision for every playbook that could match, with the dry run of those that would run; where none
        can, what the nearest say. Raise Refused for an alert or a playbook that nobody knows."""
        rules, alert = self._rules(), await self._alert(wanted)
        name = wanted.playbook
        found = _asked(rules, name) if name else rules.index.candidates(alert.labels)
        if not found:
            near = await nearest_to(rules, alert)
            return Previewed(alert=alert, would=tuple(map(_word, near)))
        selections = [select(p, alert, rules.environments) for p in found]
        would = [await self._would(rules, s, alert) for s in selections]
        return Previewed(alert=alert, would=tuple(would))

    async def _alert(self, wanted: Wanted) -> Alert:
        if not wanted.fingerprint:
            return self._imagined(wanted)
        known = await self._store.read(lambda reader: _known(reader, wanted.fingerprint))
        if known is None:
            text = f"no alert with the fingerprint {wanted.fingerprint} ever arrived here"
            raise Refused("not_found", text, hint="give its labels instead")
        return replace(known, status=AlertStatus.FIRING, ends_at=None)

    def _imagined(self, wanted: Wanted) -> Alert:
        return Alert(
            fingerprint=digest(dict(wanted.labels))[:16],
            status=AlertStatus.FIRING,
            labels=dict(wanted.labels),
            annotations=dict(wanted.annotations),
            starts_at=self._ambient.now(),
        )

    async def _would(self, rules: Rules, selection: Selection, alert: Alert) -> Would:
        decided = _word(said(selection))
        if not selection.is_selected:
            return decided
        try:
            order = rules.render(selection, alert, _SOURCE)
        except InputError as error:
            return replace(decided, decision="blocked", reason=str(error))
        now = self._ambient.now()
        event = ev.Admitted(
            order=replace(order, mode=Mode.DRY_RUN),
            episode=_SOURCE,
            ordinal=1,
            deadline=now + timedelta(minutes=10),
        )
        run = await self._rehearse(admit(self._ambient.new_id("run"), event, now))
        return _judged(decided, run, selection.mode)

    async def _rehearse(self, run: Run) -> Run:
        run_writer = Rememberer(self._store, self._ambient)
        runner = Runner(
            store=self._store,
            run_writer=run_writer,
            ambient=self._ambient,
            observer=self._observer,
            executor=None,
            protected=self._protected,
        )
        problem = await runner.drive(run)
        if problem:
            raise Refused("conflict", f"the preview broke off: {problem}")
        return run_writer.last or run


def _asked(rules: Rules, name: str) -> tuple[Playbook, ...]:
    found = tuple(each for each in rules.index.playbooks if each.name == name)
    if not found:
        raise Refused("not_found", f"there is no playbook {name}", hint="GET /api/v1/playbooks")
    return found


def _known(reader: Reader, fingerprint: str) -> Alert | None:
    """Return what the store last heard of an alert, by whichever source."""
    page = reader.decisions(Listing(limit=1, filters={"fingerprint": fingerprint}))
    heard = (reader.latest_episode(each.source, fingerprint) for each in page.items)
    return next((episode.alert for episode in heard if episode), None)


def _word(said: Mapping[str, str]) -> Would:
    return Would(playbook=said["playbook"], decision=said["decision"], reason=said["reason"])


def _judged(decided: Would, run: Run, mode: Mode) -> Would:
    """Say what the guards say of a rehearsed run; what a dry run would not ask for, the mode `approve` does."""
    ruling = run.judgement.ruling if run.judgement else Ruling.ALLOW
    if mode is Mode.APPROVE and run.plan and run.plan.changes:
        ruling = max(ruling, Ruling.ASK)
    decision = _REFUSED.get(ruling, decided.decision)
    return replace(decided, decision=decision, ruling=ruling.name.lower(), run=run)
