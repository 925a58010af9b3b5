"""Events and ends of containers, as lines for people."""

from datetime import UTC, datetime
from typing import Any

from remediator.integrations.kubernetes.knowledge.pod_events import ends, moment, told

SINCE = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def event(reason: str, at: str, *, kind: str = "Warning", **more: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": "e"},
        "type": kind,
        "reason": reason,
        "message": f"{reason} happened",
        "involvedObject": {"kind": "Pod", "name": "api-1"},
        "lastTimestamp": f"2026-11-21T{at}Z",
        **more,
    }


def test_warnings_since_then_are_told_the_newest_last_with_their_count() -> None:
    events = [
        event("Unhealthy", "12:20:00", count=7),
        event("FailedMount", "12:05:00"),
        event("Old", "11:59:59"),
        event("Pulled", "12:10:00", kind="Normal"),
    ]

    assert told(events, SINCE, warnings_only=True) == [
        "12:05:00 FailedMount pod/api-1: FailedMount happened",
        "12:20:00 Unhealthy pod/api-1: Unhealthy happened (7 times)",
    ]
    assert len(told(events, SINCE, warnings_only=False)) == 3


def test_a_series_and_an_event_without_a_last_time_have_one_all_the_same() -> None:
    series = {"lastObservedTime": "2026-11-21T12:30:00.5Z", "count": 3}
    new = event("BackOff", "00:00:00", lastTimestamp=None, series=series)
    bare = event("Killing", "00:00:00", lastTimestamp=None, eventTime="2026-11-21T12:31:00Z")

    assert told([bare, new], SINCE, warnings_only=True) == [
        "12:30:00 BackOff pod/api-1: BackOff happened (3 times)",
        "12:31:00 Killing pod/api-1: Killing happened",
    ]


def test_an_out_of_memory_kill_is_told_though_it_is_no_event() -> None:
    killed = {"reason": "OOMKilled", "exitCode": 137, "finishedAt": "2026-11-21T12:03:00Z"}
    status = {
        "name": "main",
        "restartCount": 4,
        "state": {"running": {}},
        "lastState": {"terminated": killed},
    }
    pod = {"metadata": {"name": "api-1"}, "status": {"containerStatuses": [status]}}

    assert list(ends(pod, SINCE)) == [
        "12:03:00 api-1 container main: OOMKilled, exit code 137, restarted 4 times"
    ]
    assert not list(ends(pod, moment("2026-11-21T12:04:00Z")))


def test_hostile_messages_are_one_short_line() -> None:
    (line,) = told(
        [event("Bad", "12:20:00", message="a\n\x1b[31mb" * 500)], SINCE, warnings_only=True
    )

    assert "\n" not in line
    assert "\x1b" not in line
    assert len(line) < 260
