"""Durations as Prometheus writes them, sizes as journald does."""

from __future__ import annotations

from datetime import timedelta

import pytest

from remediator.core.duration import format_duration, format_size, parse_duration, parse_size


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", timedelta(0)),
        ("0s", timedelta(0)),
        ("30s", timedelta(seconds=30)),
        ("15m", timedelta(minutes=15)),
        ("1h30m", timedelta(minutes=90)),
        ("90m", timedelta(minutes=90)),
        ("1d", timedelta(days=1)),
        ("2w", timedelta(weeks=2)),
        ("1y", timedelta(days=365)),
        ("250ms", timedelta(milliseconds=250)),
        ("1y2w3d4h5m6s7ms", timedelta(365 + 14 + 3, 6, milliseconds=7, hours=4, minutes=5)),
    ],
)
def test_durations_are_read_as_prometheus_reads_them(text: str, expected: timedelta) -> None:
    assert parse_duration(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "1.5h",
        "-5m",
        "1m1h",
        "1h1h",
        "5",
        "5 m",
        "5M",
        "m",
        "5m ",
        "5m\n",
        "5m;reboot",
        "５m",
        "1e3s",
        "11y",
        "9" * 30 + "y",
        "9" * 400 + "y",
    ],
)
def test_anything_else_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a duration|longer than ten years"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (timedelta(0), "0s"),
        (timedelta(milliseconds=250), "250ms"),
        (timedelta(seconds=90), "1m30s"),
        (timedelta(hours=24), "1d"),
        (timedelta(days=9, seconds=1), "9d1s"),
        (timedelta(seconds=-5), "0s"),
        (timedelta(seconds=1, milliseconds=900), "1s"),
    ],
)
def test_durations_are_written_to_the_second(length: timedelta, expected: str) -> None:
    assert format_duration(length) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", 0),
        ("1073741824", 1 << 30),
        ("500M", 500 << 20),
        ("500MiB", 500 << 20),
        ("500Mi", 500 << 20),
        ("500MB", 500_000_000),
        ("5GiB", 5 << 30),
        ("5 GB", 5_000_000_000),
        ("5g", 5 << 30),
        ("1.5K", 1536),
        ("44.04MB", 44_040_000),
        ("12B", 12),
        (" 2T ", 2 << 40),
        ("9007199254740993", 9_007_199_254_740_993),
        ("7P", 7 << 50),
    ],
)
def test_sizes_are_read_exactly(text: str, expected: int) -> None:
    assert parse_size(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "M", "-5M", "5X", "5 i", "5iB", "1e9", "５M", "5M M", "nan", "inf", "9" * 400, "9999P"],
)
def test_anything_else_is_no_size(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a size|larger than anything"):
        parse_size(text)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (5_000_000_000, "5.0 GB"),
        (-1_500, "-1.5 kB"),
        (10**16, "10000.0 TB"),
    ],
)
def test_sizes_are_written_as_disks_are_sold(size: int, expected: str) -> None:
    assert format_size(size) == expected
