"""Cron expressions as Vixie cron reads them."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from remediator.core.cron import parse_cron


@pytest.mark.parametrize(
    ("text", "moment", "expected"),
    [
        ("* * * * *", "2026-03-13 12:34", True),
        ("0 2 * * *", "2026-03-13 02:00", True),
        ("0 2 * * *", "2026-03-13 02:01", False),
        ("*/15 * * * *", "2026-03-13 02:45", True),
        ("*/15 * * * *", "2026-03-13 02:50", False),
        ("5/20 * * * *", "2026-03-13 02:45", True),
        ("5/20 * * * *", "2026-03-13 02:05", True),
        ("10-20/5 * * * *", "2026-03-13 02:15", True),
        ("10-20/5 * * * *", "2026-03-13 02:25", False),
        ("0,30 9-17 * * 1-5", "2026-03-13 17:30", True),
        ("0,30 9-17 * * 1-5", "2026-03-14 17:30", False),
        ("0 0 * * 0", "2026-03-15 00:00", True),
        ("0 0 * * 7", "2026-03-15 00:00", True),
        ("0 0 * * 5-7", "2026-03-15 00:00", True),
        ("0 0 13 * 1", "2026-03-13 00:00", True),
        ("0 0 12 * 5", "2026-03-13 00:00", True),
        ("0 0 12 * 1", "2026-03-13 00:00", False),
        ("0 0 13 * *", "2026-03-13 00:00", True),
        ("0 0 */2 * 1", "2026-03-13 00:00", False),
        ("0 0 */2 * 5", "2026-03-13 00:00", True),
        ("0 0 29 2 *", "2028-02-29 00:00", True),
    ],
)
def test_an_expression_names_minutes(text: str, moment: str, expected: bool) -> None:
    at = datetime.strptime(moment, "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
    assert parse_cron(text).matches(at) is expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "* * * *",
        "* * * * * *",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * 32 * *",
        "* * * 13 *",
        "* * * * 8",
        "-5 * * * *",
        "5- * * * *",
        "20-10 * * * *",
        "20-10,5 * * * *",
        "*/0 * * * *",
        "*/ * * * *",
        "*-5 * * * *",
        "** * * * *",
        "1_0 * * * *",
        "+5 * * * *",
        "５ * * * *",
        "1.5 * * * *",
        ",5 * * * *",
        "* * * jan *",
        "* * * * mon",
        "@daily",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="cron"):
        parse_cron(text)


def test_a_hostile_range_is_refused_at_once() -> None:
    began = time.process_time()
    with pytest.raises(ValueError, match="cron minute"):
        parse_cron("0-99999999999 * * * *")
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    ("text", "moment", "expected"),
    [
        ("0 2 * * *", "2026-03-13 02:00", "2026-03-13 02:00"),
        ("0 2 * * *", "2026-03-13 01:59", "2026-03-12 02:00"),
        ("0 2 * * *", "2026-03-01 01:59", "2026-02-28 02:00"),
        ("30 1,13 * * *", "2026-03-13 13:29", "2026-03-13 01:30"),
        ("0 2 * * 1", "2026-03-13 12:00", None),
    ],
)
def test_latest_is_the_last_minute_named_today_or_yesterday(
    text: str, moment: str, expected: str | None
) -> None:
    found = parse_cron(text).latest(datetime.strptime(moment, "%Y-%m-%d %H:%M").replace(tzinfo=UTC))
    assert (f"{found:%Y-%m-%d %H:%M}" if found else None) == expected
