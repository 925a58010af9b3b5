"""What people are told of an alert that a playbook matches and that got no run."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from remediator.core.announce_blocked import Unanswered, counted, loudest, unanswered
from remediator.core.message_text import as_text
from remediator.core.messages import MessageKind
from remediator.core.playbook import Escalation, FailurePolicy
from remediator.core.selection import Refusal
from remediator.integrations.http.channel.webhook import body
from remediator.integrations.slack.cards.cards import draw
from remediator.integrations.slack.cards.mentions import SILENT
from remediator.testing.builders import MOMENT, an_alert
from tests.core.test_selection import a_playbook

CALLS = FailurePolicy(escalations=(Escalation(to="oncall"),))


def without_a_run(**changes: Any) -> Unanswered:
    whole: dict[str, Any] = {
        "playbook": a_playbook("alertname=Disk", failure=CALLS),
        "refusal": Refusal.LABEL,
        "reason": "no label volume",
        "alert": an_alert(labels={"alertname": "DiskFull", "path": "/" + "x" * 500}),
        "severity": "SEV-3",
    }
    return Unanswered(**(whole | changes))


def test_an_alert_without_a_run_is_one_message_per_playbook_kind_and_hour() -> None:
    (first,) = unanswered(without_a_run(), MOMENT)
    (other,) = unanswered(without_a_run(alert=an_alert()), MOMENT)
    (kind,) = unanswered(without_a_run(refusal=Refusal.TARGET), MOMENT)
    (later,) = unanswered(without_a_run(), MOMENT + timedelta(hours=1))

    keys = {m.deduplication for m in (first, other, kind, later)}
    assert first.deduplication == other.deduplication
    assert len(keys) == 3
    assert max(map(len, first.lines)) <= 200


def test_of_many_alerts_without_a_run_the_worst_of_each_kind_is_told() -> None:
    mild, bad, other = (
        without_a_run(),
        without_a_run(severity="SEV-1"),
        without_a_run(refusal=Refusal.TARGET),
    )

    assert set(map(id, loudest((mild, other, bad)))) == {id(bad), id(other)}
    assert [m.kind for m in unanswered(bad, MOMENT)] == [MessageKind.NOTICE, MessageKind.ESCALATION]


def test_an_alert_without_a_run_reads_well_in_every_channel() -> None:
    (message,) = unanswered(without_a_run(), MOMENT)
    message = counted(message, 50)

    text = as_text(message)
    assert text.startswith("[notice] No run for DiskFull\n  DiskFull got no run, though playbook")
    assert "alerts in the last hour: 50" in text
    sent = json.loads(body(message))
    assert (sent["kind"], sent["run"], sent["body"]["alerts"]) == ("notice", "", 50)
    drawing = draw(message, SILENT)
    shown = json.dumps(drawing.blocks)
    assert "no label volume" in shown
    assert "alerts in the last hour" in shown
