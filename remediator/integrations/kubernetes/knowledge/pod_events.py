"""What a cluster's events and the containers' own ends tell about pods, as lines for people. Pure.

An OOM kill of a container is no event: only the container's last state tells of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from remediator.core.plaintext import one_line

_LONGEST = 220
Object = Mapping[str, Any]


def told(events: Sequence[Object], since: datetime, *, warnings_only: bool) -> list[str]:
    """Return events that were last seen since then, the newest last, each with how often it was seen."""
    kept = [
        event
        for event in events
        if _seen(event) >= since and (event.get("type") == "Warning" or not warnings_only)
    ]
    return [_line(event) for event in sorted(kept, key=_seen)]


def ends(pod: Object, since: datetime) -> Iterator[str]:
    """Yield how containers of a pod ended last, where that was no success and not before then."""
    for status in pod.get("status", {}).get("containerStatuses") or ():
        for state in (status.get("lastState") or {}, status.get("state") or {}):
            end = state.get("terminated")
            if end and end.get("exitCode") != 0 and moment(end.get("finishedAt")) >= since:
                yield _end_line(pod, status, end)


def moment(text: Any) -> datetime:
    """Read a time of the API; what is none was long ago."""
    try:
        return datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)


def _seen(event: Object) -> datetime:
    series = event.get("series") or {}
    times = (
        series.get("lastObservedTime"),
        event.get("lastTimestamp"),
        event.get("eventTime"),
        event["metadata"].get("creationTimestamp"),
    )
    return moment(next((time for time in times if time), None))


def _line(event: Object) -> str:
    about = event.get("involvedObject") or {}
    count = (event.get("series") or {}).get("count") or event.get("count") or 1
    often = f" ({count} times)" if count > 1 else ""
    what = f"{event.get('reason', '')} {str(about.get('kind', '')).lower()}/{about.get('name', '')}"
    return one_line(f"{_seen(event):%H:%M:%S} {what}: {event.get('message', '')}", _LONGEST) + often


def _end_line(pod: Object, status: Object, end: Object) -> str:
    restarts = status.get("restartCount", 0)
    who = f"{pod['metadata']['name']} container {status.get('name')}"
    how = f"{end.get('reason', 'ended')}, exit code {end.get('exitCode')}"
    line = f"{moment(end.get('finishedAt')):%H:%M:%S} {who}: {how}, restarted {restarts} times"
    return one_line(line, _LONGEST)
