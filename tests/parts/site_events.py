"""One event of each kind that stands in the site's journal."""

from datetime import UTC, datetime, timedelta

from remediator.core.site_events import (
    BreakerClosed,
    ClockConfirmed,
    InUse,
    PauseEnded,
    PauseSet,
    Reloaded,
    ReloadRefused,
    SaidAfterwards,
    SiteEvent,
    Started,
    Stopped,
    Version,
)

_NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)
_OLD = InUse(playbooks="a" * 64, count=2, settings="b" * 64)
_NEW = InUse(playbooks="c" * 64, count=1, settings="d" * 64)
SITE_EVENTS: tuple[SiteEvent, ...] = (
    PauseSet(pause_id="pau_1", scope="all", who="ana", reason="moving", until=_NOON),
    PauseSet(pause_id="clk_1", scope="all", who="remediator", reason="a jump", until=None),
    PauseEnded(pause_id="pau_1", scope="target/host/web1", who="bo"),
    BreakerClosed(playbook="disk-space-low", who="ana"),
    ClockConfirmed(who="ana", was=_NOON + timedelta(hours=2), now=_NOON),
    ClockConfirmed(who="ana", was=None, now=_NOON),
    SaidAfterwards(
        run_id="run_1",
        playbook="disk-space-low",
        target="host/web1",
        decision="settled",
        reason="applied; its targets are free",
        who="ana",
    ),
    Started(version="1.0.0", host="pod-1", in_use=_OLD),
    Stopped(version="1.0.0", host="pod-1"),
    Reloaded(
        who="ana",
        host="pod-1",
        before=_OLD,
        after=_NEW,
        added=(Version(name="token-rotation", digest="e" * 64),),
        changed=(Version(name="disk-space-low", digest="f" * 64),),
        removed=(Version(name="service-down", digest="0" * 64),),
    ),
    Reloaded(who="SIGHUP", host="pod-1", before=_OLD, after=_OLD),
    ReloadRefused(
        who="ana", host="pod-1", in_use=_OLD, problems=("disk.yaml:3:1: unknown key",), more=4
    ),
)
