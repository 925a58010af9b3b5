"""EBS volumes: what AWS says about one, how far it may grow, and what that costs; pure, used by `ebs.grow`.

Limits and states from the EC2 API reference (Volume, VolumeModification) and the EBS user guide.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

DAY = timedelta(days=1)
GROWN_TAG = "remediator:grown"
BEFORE_TAG = "remediator:before"
MOST_GIB: Mapping[str, int] = {
    "gp2": 16_384,
    "gp3": 65_536,
    "io1": 16_384,
    "io2": 65_536,
    "st1": 16_384,
    "sc1": 16_384,
    "standard": 1_024,
}
UNFINISHED = frozenset({"modifying", "optimizing"})
BIGGER = frozenset({"optimizing", "completed"})
_USABLE = frozenset({"available", "in-use"})
_MOST_KEPT = 10  # a tag holds 256 characters
_STAMP = "%Y%m%dT%H%M%SZ"
_CLAIM = "kubernetes.io/created-for/pvc/"
_CLUSTER_TAGS = (f"{_CLAIM}name", "ebs.csi.aws.com/cluster", "CSIVolumeName")


@dataclass(frozen=True, slots=True, kw_only=True)
class Modification:
    """The most recent modification of a volume; AWS names no older ones."""

    state: str
    target_gib: int
    started: str
    progress: int = 0
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """One volume. `devices` are the names of its attachments by instance."""

    id: str
    region: str
    type: str
    gib: int
    state: str
    tags: Mapping[str, str] = field(default_factory=dict)
    devices: Mapping[str, str] = field(default_factory=dict)
    modification: Modification | None = None

    @property
    def version(self) -> str:
        """What a plan is made from: neither progress nor attachments move it."""
        started = self.modification.started if self.modification else "-"
        return f"{self.type}/{self.gib}/{started}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """How far a volume is to grow, and what kept it from growing further."""

    gib: int
    capped_by: str = ""


def tags_of(raw: Mapping[str, Any], key: str = "Tags") -> Mapping[str, str]:
    """Return AWS's list of tags as a mapping."""
    return {str(tag["Key"]): str(tag.get("Value", "")) for tag in raw.get(key) or ()}


def read_volume(raw: Mapping[str, Any], region: str, latest: Modification | None = None) -> Volume:
    """Read an entry of `DescribeVolumes`."""
    attached = [each for each in raw.get("Attachments") or () if each.get("State") != "detached"]
    return Volume(
        id=str(raw["VolumeId"]),
        region=region,
        type=str(raw.get("VolumeType", "")),
        gib=int(raw["Size"]),
        state=str(raw.get("State", "")),
        tags=tags_of(raw),
        devices={str(a.get("InstanceId", "")): str(a.get("Device", "")) for a in attached},
        modification=latest,
    )


def latest_modification(raw: Sequence[Mapping[str, object]]) -> Modification | None:
    """Read the entry of `DescribeVolumesModifications` that was begun last; the later of two at once."""
    found = sorted((_modification(each) for each in raw), key=lambda each: each.started)
    return found[-1] if found else None


def _modification(raw: Mapping[str, Any]) -> Modification:
    started = raw.get("StartTime")
    return Modification(
        state=str(raw.get("ModificationState", "")),
        target_gib=int(raw.get("TargetSize") or 0),
        started=started.astimezone(UTC).isoformat() if isinstance(started, datetime) else "",
        progress=int(raw.get("Progress") or 0),
        message=str(raw.get("StatusMessage") or ""),
    )


def wanted_growth(
    volume: Volume, *, by_percent: int | None, to_gib: int | None, max_gib: int
) -> Growth | str | None:
    """Return how far to grow; None where it is as large already; a sentence where it cannot be."""
    limit = MOST_GIB.get(volume.type)
    if limit is None:
        return f"nobody told remediator how large a volume of type {volume.type} may be"
    if to_gib is not None and volume.gib >= to_gib:
        return None
    most, by = min(
        (max_gib, f"max_gib is {max_gib}"), (limit, f"{volume.type} ends at {limit} GiB")
    )
    if volume.gib >= most:
        return f"it has {volume.gib} GiB and may not grow: {by}"
    asked = to_gib if to_gib is not None else _percent_more(volume.gib, by_percent or 0)
    if to_gib is not None and asked > most:
        return f"{asked} GiB is too much: {by}"
    return Growth(gib=min(asked, most), capped_by=by if asked > most else "")


def _percent_more(gib: int, percent: int) -> int:
    return gib + max(1, -(-gib * percent // 100))


def claim_of(tags: Mapping[str, str]) -> str | None:
    """Return the Kubernetes claim that owns a volume as `pvc/NAMESPACE/NAME`, "" where it is owned by one unnamed."""
    if not any(tag in tags for tag in _CLUSTER_TAGS):
        return None
    names = (tags.get(f"{_CLAIM}namespace", ""), tags.get(f"{_CLAIM}name", ""))
    return f"pvc/{names[0]}/{names[1]}" if all(names) else ""


def unusable(volume: Volume) -> str | None:
    """Return why the volume's state forbids to grow it, or None."""
    if volume.state in _USABLE:
        return None
    return f"its state is {volume.state or 'not known'}; only available and in-use volumes grow"


def unfinished(volume: Volume) -> str | None:
    """Return why the next modification has to wait, or None."""
    latest = volume.modification
    if latest is None or latest.state not in UNFINISHED:
        return None
    return (
        f"a modification is {latest.state} ({latest.progress} %); AWS takes the next one when it is"
        " completed"
    )


def growths(volume: Volume, now: datetime) -> Mapping[int, datetime]:
    """Return the sizes the volume was to grow to within 24 h, with the moments: ours by our tag, and AWS's last."""
    found: dict[int, datetime] = {}
    for entry in volume.tags.get(GROWN_TAG, "").split():
        size, _, stamp = entry.partition("@")
        moment = _moment(stamp)
        if size.isdigit() and moment and now - moment < DAY:
            found[int(size)] = moment
    latest = volume.modification
    if latest and latest.started and latest.target_gib:
        moment = datetime.fromisoformat(latest.started)
        if now - moment < DAY:
            found.setdefault(latest.target_gib, moment)
    return found


def grown_tag(volume: Volume, gib: int, now: datetime) -> str:
    """Return the tag's value with one growth more; the same size is the same growth, tried again."""
    known = {**growths(volume, now), gib: now}
    newest = sorted(known.items(), key=lambda growth: growth[1])[-_MOST_KEPT:]
    return " ".join(f"{size}@{moment:{_STAMP}}" for size, moment in newest)


def too_often(volume: Volume, gib: int, most: int, now: datetime) -> str | None:
    """Return why the volume rests after its last growths, or None. An attempt at the same size counts once."""
    others = {size: moment for size, moment in growths(volume, now).items() if size != gib}
    if len(others) < most:
        return None
    free = sorted(others.values())[-most] + DAY
    return (
        f"it was modified {len(others)} times within 24 h and max_per_day is {most}: not before"
        f" {free:%Y-%m-%d %H:%M} UTC"
    )


def refused_by_tags(tags: Mapping[str, str], allowed: Mapping[str, str]) -> str | None:
    """Return why the settings keep us from what has these tags, or None."""
    if not allowed or any(tags.get(key) == value for key, value in allowed.items()):
        return None
    asked = " or ".join(f"{key}={value}" for key, value in sorted(allowed.items()))
    return f"it lacks the tag {asked}, which aws.allow_tags of the settings asks for"


def price_words(gib: int, price: float | None, currency: str, source: str) -> str:
    """Return what more space costs, as an estimate with its source; "" where no price is known."""
    if price is None:
        return ""
    return f"about {gib * price:+.2f} {currency} a month (estimate; {source})"


def _moment(stamp: str) -> datetime | None:
    try:
        return datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None
