"""Golden: what stands in stores that are older than this program. Lines may be added; none may ever read otherwise.

To write them anew: python -m tests.ports.test_codec
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from remediator.core import events as ev
from remediator.core.facts import Answer, Known
from remediator.core.guards import GUARDS
from remediator.core.messages import Message, MessageKind
from remediator.core.playbook import Escalation, FailurePolicy
from remediator.core.run import Rollback, Run
from remediator.core.verdict import Judgement, Ruling, Verdict
from remediator.ports import codec
from remediator.testing import builders as make
from tests.http.test_shapes import an_event_of_each_kind, resolved
from tests.parts.site_events import SITE_EVENTS

GOLDEN = Path(__file__).parent / "golden"


def events() -> Iterator[ev.Event]:
    """Every kind, every outcome, and every word that an event may hold besides."""
    yield from an_event_of_each_kind()
    verdicts = (Verdict(guard="risk", ruling=ruling, reason="so") for ruling in Ruling)
    judgement = Judgement(verdicts=tuple(verdicts))
    yield from (ev.Judged(stage=stage, judgement=judgement) for stage in ev.Stage)
    observed = (ev.Observed(step="one", observation=o, detail="so") for o in ev.Observation)
    yield from observed
    yield from (ev.Settled(person=make.a_person(), settlement=s) for s in ev.Settlement)
    yield ev.Looked(answers={known.name: Answer(known=known, detail="so") for known in Known})
    yield ev.Diagnosed(evidence=(ev.Evidence(probe="disk.usage", title="full", lines=("4 GB",)),))


def runs() -> Iterator[Run]:
    """A run in which nearly everything is there that a run may hold."""
    run = resolved()
    failure = FailurePolicy(
        rollback=True, escalations=(Escalation(to="oncall", after=timedelta(minutes=5)),)
    )
    guards = {guard.name: guard.settings() for guard in GUARDS if _has_defaults(guard.settings)}
    yield replace(
        run,
        order=replace(run.order, failure=failure, guards=guards),
        rollback=Rollback(reason="failed", outcome=ev.Outcome.FAILED),
        cancelled_by=make.a_person(),
    )


def _has_defaults(settings: type) -> bool:
    try:
        settings()
    except TypeError:
        return False
    return True


def messages() -> Iterator[Message]:
    """One of each kind."""
    yield from (make.a_message(kind=kind) for kind in MessageKind)


WRITTEN = {
    "journal": (events, codec.encode_event, codec.decode_event),
    "runs": (runs, codec.encode_run, codec.decode_run),
    "messages": (messages, codec.encode_message, codec.decode_message),
    "site": (lambda: SITE_EVENTS, codec.encode_site_event, codec.decode_site_event),
}


def golden(name: str) -> list[str]:
    return (GOLDEN / f"{name}.jsonl").read_text().splitlines()


@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_stored_is_written_as_it_always_was(name: str) -> None:
    values, encode, _ = WRITTEN[name]

    assert [encode(value) for value in values()] == golden(name)  # type: ignore[operator]


@pytest.mark.parametrize("name", WRITTEN)
def test_what_was_stored_is_read_as_what_it_was(name: str) -> None:
    values, _, decode = WRITTEN[name]

    assert [decode(line) for line in golden(name)] == list(values())


if __name__ == "__main__":
    for name, (values, encode, _) in WRITTEN.items():
        lines = [encode(value) + "\n" for value in values()]  # type: ignore[operator]
        (GOLDEN / f"{name}.jsonl").write_text("".join(lines))
