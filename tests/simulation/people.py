"""Everybody who moves a run from outside: approvers (also late, twice or over an old plan), owners, and the alert."""

from __future__ import annotations

from remediator.core import events as ev
from remediator.core.errors import IllegalEvent
from remediator.core.events import Settlement
from remediator.core.person import Person
from remediator.core.run import Phase, StepState
from tests.simulation.recorder import Row
from tests.simulation.scene import Site

# Every human by all their doors: what Slack and the web page vouch for overlaps, and names mean nothing.
HUMANS = {
    "ana": (
        Person(name="Ana", door="slack", identities=("U1", "ana@example.com")),
        Person(name="ana", door="web", identities=("ana@example.com",)),
    ),
    "bo": (Person(name="bo", door="api"), Person(name="bo", door="cli")),
    "cy": (Person(name="Ana", door="slack", identities=("U3",)),),
}
PEOPLE = tuple(person for doors in HUMANS.values() for person in doors)
VERBS = ("approve", "reject", "cancel", "take over", "settle")
SETTLEMENTS = tuple(Settlement)


class Crowd:
    """People with buttons before them. A button keeps the digest that it was shown with."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.shown: dict[str, list[str]] = {}

    def stir(self, row: Row) -> None:
        """Let one of the many things happen that nobody waits for."""
        dice = self.site.dice
        luck = dice.random()
        if luck < 0.35:
            self.vote(row)
        elif luck < 0.40:
            person = dice.choice(PEOPLE)
            self._submit(row, ev.CancelRequested(person=person, take_over=dice.random() < 0.5))
        elif luck < 0.52:
            self._submit(row, ev.AlertResolved(at=self.site.world.now))
        elif luck < 0.70:
            self._submit(row, ev.AlertFired(at=self.site.world.now))
        elif luck < 0.80:
            self._submit(row, ev.Noted(text="hello"))
        elif luck < 0.81:
            self.refuse(row)
        elif luck < 0.86:
            self.settle(row)
        else:
            self.site.world.drift()

    def attend(self, row: Row) -> None:
        """Let somebody answer what this run waits for, if it waits for people."""
        luck = self.site.dice.random()
        if row.run.phase is Phase.AWAITING_APPROVAL:
            if luck < 0.7:
                self.vote(row)
            elif luck < 0.8:
                self._submit(row, ev.AlertResolved(at=self.site.world.now))
            else:
                self.site.world.drift()
        attempt = row.run.open_attempt
        if attempt and attempt.state is StepState.UNKNOWN and self.site.dice.random() < 0.6:
            self.settle(row)

    def vote(self, row: Row) -> None:
        """Press a button: mostly the newest one, sometimes one from an older message."""
        run, dice, now = row.run, self.site.dice, self.site.world.now
        buttons = self.shown.setdefault(run.id, [])
        if run.approval and run.approval.digest not in buttons[-1:]:
            buttons.append(run.approval.digest)
        if not buttons:
            return
        seen = dice.choice(buttons) if dice.random() < 0.3 else buttons[-1]
        sent = seen
        if not self.site.rules.compares_digest and run.approval:
            sent = run.approval.digest
        human = dice.choice(tuple(HUMANS))
        person, approve = dice.choice(HUMANS[human]), dice.random() < 0.8
        if self._submit(row, ev.Voted(person=person, digest=sent, approve=approve)) and approve:
            self.site.law.voted(run, seen, human, now)

    def refuse(self, row: Row) -> None:
        """Want something that one may not."""
        dice = self.site.dice
        verb, person = dice.choice(VERBS), dice.choice(PEOPLE)
        self._submit(row, ev.AnswerRefused(person=person, verb=verb, reason="may not"))

    def settle(self, row: Row) -> None:
        """Say what became of a change, rightly or wrongly."""
        dice = self.site.dice
        settlement = dice.choice(SETTLEMENTS)
        self._submit(row, ev.Settled(person=dice.choice(PEOPLE), settlement=settlement))

    def _submit(self, row: Row, event: ev.Event) -> bool:
        now = self.site.world.now
        try:
            self.site.recorder.append(row, event, now)
        except IllegalEvent:
            return False
        row.due = now
        return True
