"""The stories that docs/draw_slack.py draws: journals of runs, replayed, and what people are told at the end of each.

Nothing here is drawn by hand: every message comes from core.announce, as in the daemon.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from remediator.core import events as ev
from remediator.core.announce import messages_for
from remediator.core.change import RESTART_HINT, ActionEffect, Change, Plan, make_plan
from remediator.core.evolution import admit, evolve
from remediator.core.facts import Answer, Known
from remediator.core.messages import Digest, Message, MessageKind
from remediator.core.order import Order
from remediator.core.person import Person
from remediator.core.playbook import (
    ApprovalPolicy,
    CheckOrder,
    Escalation,
    FailurePolicy,
    Mode,
    VerifyOrder,
)
from remediator.core.run import Run
from remediator.core.target import Target
from remediator.core.verdict import Judgement, Ruling, Verdict
from remediator.integrations.slack.cards.buttons import Pressed
from remediator.integrations.slack.cards.cards import Drawing, draw
from remediator.integrations.slack.cards.digest import draw_digest
from remediator.integrations.slack.cards.mentions import Mentions
from remediator.integrations.slack.cards.modals import reject_modal, review_modal
from remediator.integrations.slack.delivery.thread import call, reply
from remediator.testing.builders import MOMENT, a_change, a_step, an_alert, an_order

MENTIONS = Mentions(mentions={"@sre-oncall": "<!subteam^S0SRE>", "oncall": "<!subteam^S0SRE>"})
NAMES = {"S0SRE": "@sre-oncall"}
GB = 1_000_000_000
CHECKS = (
    CheckOrder(kind="disk", parameters={}, text="/var below 80 % used"),
    CheckOrder(kind="alert", parameters={}, text="it no longer fires"),
)
ANA = Person(name="Ana Ruiz", door="slack", identities=("U1",))
WEB1 = Target("host", "web1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One picture: what Slack gets, as a message, a reply (`in_thread`) or a window (`view`)."""

    name: str
    drawing: Drawing | None = None
    view: Any = None


class Story:
    """A run and its journal; `tell` lets something happen and time pass."""

    def __init__(self, order: Order, run_id: str = "run_01jdk7f3kq8z4w") -> None:
        self.now = MOMENT
        admitted = ev.Admitted(
            order=order, episode="eps_1", ordinal=1, deadline=MOMENT + timedelta(hours=1)
        )
        self.run: Run = admit(run_id, admitted, self.now)
        self.told: list[Message] = []

    def tell(self, *events: ev.Event, seconds: float = 1) -> Story:
        """Let these events happen, each so many seconds after the one before."""
        for event in events:
            self.now += timedelta(seconds=seconds)
            self.run = evolve(self.run, event, self.now)
            self.told += messages_for(self.run, event, self.now)
        return self

    def last(self, kind: MessageKind) -> Message:
        """Return the newest message of a kind."""
        return next(m for m in reversed(self.told) if m.kind is kind)

    def plan(
        self, *changes: Change, asks: tuple[Verdict, ...] = (), found: ev.Evidence | None = None
    ) -> Story:
        """Let the run be diagnosed, planned and judged."""
        plan = _plan(*changes)
        self.tell(ev.Diagnosed(evidence=(found or EVIDENCE,)), _judged(ev.Stage.BEFORE_PLANNING))
        self.tell(*(ev.Proposed(step=c.step, change=c) for c in changes))
        self.tell(ev.Planned(digest=plan.digest), _judged(ev.Stage.PLANNED, *asks))
        return self

    def ask(self, *changes: Change, history: str = "3d ago: resolved") -> Story:
        """Plan, and ask for a yes."""
        self.plan(*changes, asks=ASKS)
        reasons = tuple(v.reason for v in ASKS)
        digest = _plan(*changes).digest
        return self.tell(
            ev.ApprovalRequested(approval="apr_1", digest=digest, reasons=reasons, history=history)
        )

    def approve(self) -> Story:
        """Let Ana say yes."""
        return self.tell(
            ev.Voted(person=ANA, digest=self.run.approval.digest, approve=True)
            if self.run.approval
            else ev.Noted(text="nobody asks"),
            seconds=140,
        )

    def begin(self, step: str) -> Story:
        """Commit to a step."""
        return self.tell(
            ev.IntentCommitted(
                step=step,
                n=1,
                token=f"t-{step}",
                fence=1,
                target_fence=1,
                not_after=self.now + timedelta(minutes=5),
            )
        )

    def apply(self, step: str, freed: int, words: str, seconds: float) -> Story:
        """Begin a step and let it succeed."""
        measure = ev.Measure(summary=words, freed_bytes=freed, seconds=seconds)
        return self.begin(step).tell(ev.Applied(step=step, measure=measure), seconds=seconds)

    def verify(self, known: Known, detail: str) -> Story:
        """Look once, and see this."""
        answers = {
            CHECKS[0].key: Answer(known=known, detail=detail),
            CHECKS[1].key: Answer(known=known, detail="Alertmanager no longer lists it")
            if known is Known.HOLDS
            else Answer(known=known, detail="Alertmanager says active"),
        }
        return self.tell(ev.VerificationStarted()).tell(ev.Looked(answers=answers), seconds=30)


EVIDENCE = ev.Evidence(
    probe="disk.usage",
    title="What fills /var",
    lines=(
        "/var 94 % used, 1.2 GB of 20 GB free",
        "   6.1 GB  /var/lib/docker/overlay2",
        "   4.4 GB  /var/log/journal/0f3c",
        "   1.9 GB  /var/cache/apt",
        "   0.8 GB  /var/lib/apt/lists",
    ),
)
JOURNAL = ev.Evidence(
    probe="journal.errors",
    title="Errors of checkout.service",
    lines=("09:20:41 main: out of memory, 1.9 GB wanted", "09:20:44 systemd: start limit hit"),
)
CHECKOUT_DOWN = an_alert(
    labels={"alertname": "CheckoutDown", "severity": "critical"},
    annotations={"summary": "checkout answers nobody"},
)
ASKS = (
    Verdict(
        guard="risk",
        ruling=Ruling.ASK,
        reason="cannot be taken back: vacuum, prune",
    ),
)
VACUUM = a_change(
    summary="delete archived journals of host/web1: keep 500 MB",
    intent={"argv": ["journalctl", "--rotate", "--vacuum-size=500000000"]},
    bound=4 * GB,
    before={"mountpoint": "/var", "used_bytes": 18 * GB, "journal_bytes": 4_400_000_000},
    after={"journal_bytes": 500_000_000},
)
PRUNE = a_change(
    step="prune",
    action="docker.prune",
    intent={"prunes": [{"what": "images", "argv": ["image", "prune"]}]},
    summary="remove dangling images, build cache unused for 7d from Docker on host/web1, "
    "up to 3.9 GB by its own estimate",
    bound=5 * GB,
    undo_hint="pull or build again what is missing",
)
RESTART = a_change(
    step="restart",
    action="service.restart",
    intent={"unit": "checkout.service"},
    summary="restart checkout.service on host/web1 (now failed)",
    effect=ActionEffect.REVERSIBLE,
    bound=None,
    unit="",
    before={"state": "failed"},
    after={"state": "active"},
    undo_hint=RESTART_HINT,
)


def _plan(*changes: Change) -> Plan:
    return make_plan("d" * 64, changes)


def _judged(stage: ev.Stage, *verdicts: Verdict) -> ev.Judged:
    return ev.Judged(stage=stage, judgement=Judgement(verdicts=verdicts))


def disk_order(**more: Any) -> Order:
    """Return the order to make room on web1, by two steps."""
    alert = an_alert(
        annotations={
            "summary": "/var is 94 % full and fills up in 40 min",
            "runbook_url": "https://runbooks.example.com/disk",
        },
        generator_url="https://prometheus.example.com/graph?g0.expr=node_filesystem_avail",
    )
    fields: dict[str, Any] = {
        "alert": alert,
        "steps": (a_step(), a_step(id="prune", action="docker.prune")),
        "verify": VerifyOrder(checks=CHECKS),
        "approval": ApprovalPolicy(groups=("@sre-oncall",)),
        "failure": FailurePolicy(escalations=(Escalation(to="oncall"),)),
    }
    return an_order(**(fields | more))


def asked() -> Story:
    """Return the story up to the question."""
    return Story(disk_order()).ask(VACUUM, PRUNE)


def cleaned() -> Story:
    """Return the story up to the end of the last step."""
    story = asked().approve()
    story.apply("vacuum", 1_100_000_000, "freed 1.1 GB (/var 94 % -> 89 %)", 4)
    return story.apply("prune", 3_900_000_000, "freed 3.9 GB (/var 89 % -> 71 %)", 38)


def resolved() -> Story:
    """Return the story with a good end."""
    story = cleaned().verify(Known.HOLDS, "/var 71 % used, 5.8 GB of 20 GB free")
    story.tell(ev.AlertResolved(at=story.now))
    return story.tell(ev.Closed(outcome=ev.Outcome.RESOLVED, reason="all checks hold"))


def failed() -> Story:
    """Return a story that did not help: the second step had no rights."""
    story = asked().approve()
    story.apply("vacuum", 300_000_000, "freed 0.3 GB (/var 94 % -> 93 %)", 4).begin("prune")
    why = "docker: permission denied while trying to connect to the Docker daemon socket"
    story.tell(ev.NotApplied(step="prune", reason=why, retry=False), seconds=2)
    return story.tell(ev.Closed(outcome=ev.Outcome.FAILED, reason=f"step prune failed: {why}"))


def rehearsed() -> Story:
    """Return a dry run whose guards would have spoken."""
    window = Verdict(
        guard="windows",
        ruling=Ruling.DEFER,
        reason="outside the hours in which this playbook may act",
    )
    story = Story(disk_order(mode=Mode.DRY_RUN)).plan(VACUUM, PRUNE, asks=(*ASKS, window))
    return story.tell(ev.Closed(outcome=ev.Outcome.DRY_RUN, reason="dry run"))


def handed_over() -> Story:
    """Return a story without steps: remediator has looked, and calls people."""
    order = disk_order(playbook="look-at-checkout", alert=CHECKOUT_DOWN, steps=())
    story = Story(order, "run_01jdk80hd0aaaa")
    story.tell(ev.Diagnosed(evidence=(JOURNAL,)), _judged(ev.Stage.BEFORE_PLANNING))
    reason = "remediator has looked, and the rest is for people"
    return story.tell(ev.Closed(outcome=ev.Outcome.HANDED_OVER, reason=reason))


def withdrawn() -> Story:
    """Return a story in which the alert resolved before anybody decided."""
    story = asked()
    story.tell(ev.AlertResolved(at=story.now + timedelta(minutes=4)), seconds=240)
    return story.tell(ev.Closed(outcome=ev.Outcome.WITHDRAWN, reason="the alert has resolved"))


def doubted() -> Story:
    """Return a story in which nobody knows whether a step was applied."""
    story = asked().approve()
    story.apply("vacuum", 1_100_000_000, "freed 1.1 GB (/var 94 % -> 89 %)", 4).begin("prune")
    story.tell(ev.Doubted(step="prune", reason="the connection was lost"))
    detail = "web1 was restarted meanwhile, and its receipt is gone"
    unknowable = ev.Observation.UNKNOWABLE
    return story.tell(ev.Observed(step="prune", observation=unknowable, detail=detail))


def asked_again() -> Story:
    """Return a story in which the world moved, and another plan is asked for."""
    story = asked()
    digest = story.run.plan.digest if story.run.plan else ""
    story.tell(ev.PlanVoided(digest=digest, reason="step prune: would now exceed the bound"))
    more = replace(PRUNE, bound=9 * GB, summary=PRUNE.summary.replace("3.9", "7.2"))
    return story.ask(VACUUM, more)


def restart() -> Story:
    """Return a question about a change that can be undone, asked of two people."""
    order = disk_order(
        playbook="restart-checkout",
        alert=CHECKOUT_DOWN,
        steps=(a_step(id="restart", action="service.restart", effect=ActionEffect.REVERSIBLE),),
        verify=VerifyOrder(checks=CHECKS[1:]),
        approval=ApprovalPolicy(groups=("@sre-oncall",), users=("ben@example.com",), count=2),
    )
    story = Story(order, "run_01jdk7zz00aaaa").plan(
        RESTART,
        asks=(Verdict(guard="approval", ruling=Ruling.ASK, reason="the run is in mode approve"),),
        found=JOURNAL,
    )
    digest = _plan(RESTART).digest
    story.tell(
        ev.ApprovalRequested(
            approval="apr_2", digest=digest, reasons=("the run is in mode approve",)
        )
    )
    return story.approve()


def many() -> Message:
    """Return the digest of a bad night."""
    cards = []
    for number in range(1, 4):
        story = Story(disk_order(target=Target("host", f"web{number}")), f"run_01jdk7f{number}aaaa")
        story.ask(
            replace(VACUUM, target=Target("host", f"web{number}")),
            replace(PRUNE, target=Target("host", f"web{number}")),
        )
        cards.append(story.last(MessageKind.PLAN).card)
    cards.append(restart().last(MessageKind.PROGRESS).card)
    return Message(
        kind=MessageKind.DIGEST,
        run_id="",
        thread="digest",
        deduplication="digest:1",
        title="23 plans await approval",
        text="23 plans await approval",
        at=MOMENT,
        digest=Digest(
            waiting=tuple(card for card in cards if card),
            waits=23,
            outcomes={"resolved": 12, "blocked": 5, "dry_run": 2},
        ),
    )


def _root(name: str, story: Callable[[], Story], kind: MessageKind) -> Scene:
    return Scene(name=name, drawing=draw(story().last(kind), MENTIONS))


def _windows() -> tuple[Scene, ...]:
    card = asked().last(MessageKind.PLAN).card
    if card is None or card.request is None:
        raise ValueError("a plan has a card")
    pressed = Pressed(run=card.run, digest=card.request.digest)
    answer = "https://hooks.slack.com/actions/T0/1/x"
    return (
        Scene(name="reject", view=reject_modal(card, pressed, answer)),
        Scene(name="review", view=review_modal(card, pressed, answer)),
    )


def _night() -> Drawing:
    digest = many().digest
    if digest is None:
        raise ValueError("a digest has its runs")
    return draw_digest(digest, MENTIONS)


def scenes() -> tuple[Scene, ...]:
    """Return everything that is drawn, by name."""
    story = resolved()
    quiet = reply(
        [m for m in story.told if m.kind in (MessageKind.PROGRESS, MessageKind.RESULT)], MENTIONS
    )
    return (
        _root("plan", asked, MessageKind.PLAN),
        _root("plan-again", asked_again, MessageKind.PLAN),
        _root("plan-half-approved", restart, MessageKind.PROGRESS),
        _root("verifying", lambda: cleaned().tell(ev.VerificationStarted()), MessageKind.PROGRESS),
        _root("result", resolved, MessageKind.RESULT),
        _root("failure", failed, MessageKind.FAILURE),
        _root("dry-run", rehearsed, MessageKind.DRY_RUN),
        _root("handed-over", handed_over, MessageKind.HANDED_OVER),
        _root("withdrawn", withdrawn, MessageKind.WITHDRAWN),
        _root("unknown", doubted, MessageKind.UNKNOWN),
        Scene(name="digest", drawing=_night()),
        Scene(name="thread", drawing=quiet),
        Scene(name="changed", drawing=call(asked_again().last(MessageKind.PLAN), MENTIONS)),
        Scene(name="escalation", drawing=call(failed().last(MessageKind.ESCALATION), MENTIONS)),
        *_windows(),
    )
