"""How far a volume may grow, how often, and what AWS's answers mean."""

from datetime import UTC, datetime, timedelta

import pytest

from remediator.integrations.aws.knowledge.ebs import (
    MOST_GIB,
    Growth,
    Modification,
    Volume,
    claim_of,
    grown_tag,
    growths,
    latest_modification,
    price_words,
    read_volume,
    refused_by_tags,
    too_often,
    unfinished,
    unusable,
    wanted_growth,
)

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def volume(gib: int = 100, kind: str = "gp3", **more: object) -> Volume:
    return Volume(id="vol-0a1b2c3d", region="r", type=kind, gib=gib, state="in-use", **more)  # type: ignore[arg-type]


def modified(hours: float = 1, to: int = 110, state: str = "completed") -> Modification:
    started = (NOW - timedelta(hours=hours)).isoformat()
    return Modification(state=state, target_gib=to, started=started, progress=43)


@pytest.mark.parametrize(
    ("gib", "percent", "to", "most", "expected"),
    [
        (100, 20, None, 500, Growth(gib=120)),
        (3, 20, None, 500, Growth(gib=4)),
        (1, 1, None, 500, Growth(gib=2)),
        (101, 10, None, 500, Growth(gib=112)),
        (100, 20, None, 110, Growth(gib=110, capped_by="max_gib is 110")),
        (60_000, 20, None, 65_536, Growth(gib=65_536, capped_by="gp3 ends at 65536 GiB")),
        (100, None, 150, 500, Growth(gib=150)),
        (100, None, 500, 500, Growth(gib=500)),
        (150, None, 150, 500, None),
        (200, None, 150, 500, None),
        (600, None, 150, 500, None),
    ],
)  # fmt: skip
def test_a_volume_grows_as_far_as_it_was_asked_and_may(
    gib: int, percent: int | None, to: int | None, most: int, expected: Growth | None
) -> None:
    assert wanted_growth(volume(gib), by_percent=percent, to_gib=to, max_gib=most) == expected


@pytest.mark.parametrize(
    ("found", "percent", "to", "most", "sentence"),
    [
        (volume(500), 20, None, 500, "it has 500 GiB and may not grow: max_gib is 500"),
        (volume(16_384, "gp2"), 1, None, 20_000, "may not grow: gp2 ends at 16384 GiB"),
        (volume(100, "gp2"), None, 17_000, 20_000, "17000 GiB is too much: gp2 ends"),
        (volume(100, "standard"), None, 2_000, 2_000, "too much: standard ends at 1024 GiB"),
        (volume(100, "gp9"), 20, None, 500, "type gp9"),
    ],
)
def test_what_would_be_too_large_is_refused_in_words(
    found: Volume, percent: int | None, to: int | None, most: int, sentence: str
) -> None:
    refusal = wanted_growth(found, by_percent=percent, to_gib=to, max_gib=most)
    assert isinstance(refusal, str)
    assert sentence in refusal


@pytest.mark.parametrize("kind", MOST_GIB)
@pytest.mark.parametrize("percent", [1, 7, 33, 100])
def test_no_growth_is_empty_or_above_its_cap(kind: str, percent: int) -> None:
    for gib in range(1, 400, 7):
        found = wanted_growth(volume(gib, kind), by_percent=percent, to_gib=None, max_gib=300)
        if isinstance(found, Growth):
            assert gib < found.gib <= 300
        else:
            assert gib >= 300


@pytest.mark.parametrize(
    ("state", "is_usable"),
    [("available", True), ("in-use", True), ("creating", False), ("error", False), ("", False)],
)
def test_only_volumes_that_are_there_are_grown(state: str, is_usable: bool) -> None:
    found = Volume(id="vol-1", region="r", type="gp3", gib=1, state=state)
    assert (unusable(found) is None) is is_usable


@pytest.mark.parametrize(
    ("state", "waits"),
    [("modifying", True), ("optimizing", True), ("completed", False), ("failed", False)],
)
def test_a_modification_has_to_end_before_the_next(state: str, waits: bool) -> None:
    said = unfinished(volume(modification=modified(state=state)))
    assert (said is not None) is waits
    assert not said or f"{state} (43 %)" in said


def test_our_growths_and_the_last_of_anybody_count_for_a_day() -> None:
    tag = "110@20261121T020000Z 90@20261119T020000Z bad @ 7@never"
    found = volume(tags={"remediator:grown": tag}, modification=modified(hours=3, to=115))

    assert sorted(growths(found, NOW)) == [110, 115]
    assert sorted(growths(found, NOW + timedelta(hours=20))) == [115]


def test_aws_and_our_tag_tell_of_one_growth_once() -> None:
    tag = "110@20261121T110000Z"
    assert len(growths(volume(tags={"remediator:grown": tag}, modification=modified()), NOW)) == 1


def test_a_volume_rests_when_it_was_grown_as_often_as_it_may() -> None:
    tag = "110@20261121T020000Z 120@20261121T060000Z"
    found = volume(tags={"remediator:grown": tag})

    said = too_often(found, 150, 2, NOW)
    assert said is not None
    assert "not before 2026-11-22 02:00 UTC" in said
    assert too_often(found, 150, 3, NOW) is None
    assert too_often(found, 120, 2, NOW) is None, "the same growth, tried again"
    assert too_often(found, 150, 2, NOW + timedelta(hours=15)) is None


def test_the_tag_keeps_a_day_and_fits_into_a_tag() -> None:
    found = volume(tags={"remediator:grown": "90@20261119T020000Z 110@20261121T020000Z"})
    assert grown_tag(found, 150, NOW) == "110@20261121T020000Z 150@20261121T120000Z"

    for gib in range(200, 230):
        found = volume(tags={"remediator:grown": grown_tag(found, gib, NOW)})
    assert len(found.tags["remediator:grown"]) <= 256
    assert "229@20261121T120000Z" in found.tags["remediator:grown"]


@pytest.mark.parametrize(
    ("tags", "claim"),
    [
        ({}, None),
        ({"Name": "data"}, None),
        ({"kubernetes.io/created-for/pvc/name": "d", "kubernetes.io/created-for/pvc/namespace": "n"}, "pvc/n/d"),
        ({"ebs.csi.aws.com/cluster": "true"}, ""),
        ({"CSIVolumeName": "pvc-1"}, ""),
    ],
)  # fmt: skip
def test_volumes_of_kubernetes_are_told_by_their_tags(tags: dict[str, str], claim: str) -> None:
    assert claim_of(tags) == claim


@pytest.mark.parametrize(
    ("tags", "allowed", "is_refused"),
    [
        ({}, {}, False),
        ({}, {"remediator": "allowed"}, True),
        ({"remediator": "no"}, {"remediator": "allowed"}, True),
        ({"remediator": "allowed"}, {"remediator": "allowed"}, False),
        ({"team": "db"}, {"remediator": "allowed", "team": "db"}, False),
    ],
)
def test_one_of_the_tags_is_enough(
    tags: dict[str, str], allowed: dict[str, str], is_refused: bool
) -> None:
    assert (refused_by_tags(tags, allowed) is not None) is is_refused


def test_the_latest_modification_counts_whatever_the_order() -> None:
    def raw(hour: int, size: int) -> dict[str, object]:
        return {
            "ModificationState": "completed",
            "TargetSize": size,
            "StartTime": datetime(2026, 11, 21, hour, tzinfo=UTC),
        }

    latest = latest_modification([raw(1, 10), raw(5, 30), raw(3, 20)])
    assert latest is not None
    assert latest.target_gib == 30
    assert latest_modification([]) is None


def test_progress_does_not_make_a_plan_old_but_a_new_modification_does() -> None:
    raw = {"VolumeId": "vol-1", "VolumeType": "gp3", "Size": 10, "State": "in-use"}
    one = read_volume(raw, "r", modified(state="modifying"))
    assert one.version == read_volume(raw, "r", modified(state="completed")).version
    assert one.version != read_volume(raw, "r", modified(hours=2)).version
    assert one.version != read_volume(raw, "r").version


def test_a_price_is_an_estimate_with_its_source() -> None:
    said = price_words(50, 0.088, "USD", "price list of 2026-11")
    assert said == "about +4.40 USD a month (estimate; price list of 2026-11)"
    assert price_words(50, None, "USD", "x") == ""
