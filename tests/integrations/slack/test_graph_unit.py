"""In which unit a curve is read, and how values are written: two tables."""

import pytest

from remediator.integrations.slack.graph.graph_unit import Unit, scale_of, shown, unit_of

PART, ABOVE = (0.0, 0.06, 1.0), (0.5, 1.4)
UNITS = [
    ("node_filesystem_avail_bytes / node_filesystem_size_bytes", PART, Unit.RATIO),
    ("1 - node_filesystem_avail_bytes / node_filesystem_size_bytes", PART, Unit.RATIO),
    ('rate(http_total{code=~"5.."}[5m]) / rate(http_total[5m])', PART, Unit.RATIO),
    ("job:errors:ratio", PART, Unit.RATIO),
    ("cache_hit_ratio", PART, Unit.RATIO),
    ("node_load1 / cores", ABOVE, Unit.NUMBER),
    ("100 * a_bytes / b_bytes", PART, Unit.NUMBER),
    ("a_bytes / b_bytes * 100", PART, Unit.NUMBER),
    ("free_bytes / 1024", ABOVE, Unit.NUMBER),
    ("free_bytes", ABOVE, Unit.BYTES),
    ("sum(free_bytes)", ABOVE, Unit.BYTES),
    ("increase(sent_bytes_total[5m])", ABOVE, Unit.BYTES),
    ("rate(sent_bytes_total[5m])", ABOVE, Unit.SPEED),
    ("histogram_quantile(0.99, rate(http_seconds_bucket[5m]))", PART, Unit.SECONDS),
    ("rate(http_seconds_sum[5m]) / rate(http_seconds_count[5m])", PART, Unit.SECONDS),
    ("rate(http_seconds_total[5m]) / rate(http_total[5m])", PART, Unit.NUMBER),
    ("time() - backup_timestamp_seconds", ABOVE, Unit.SECONDS),
    ("rate(node_cpu_seconds_total[5m])", PART, Unit.NUMBER),
    ("a_bytes + b_seconds", ABOVE, Unit.NUMBER),
    ("up", PART, Unit.NUMBER),
    ('up{of="disk_bytes / x"}', PART, Unit.NUMBER),
    ("not PromQL (", PART, Unit.NUMBER),
]
SHOWN = [
    (0.0613, Unit.RATIO, "6.13 %"),
    (0.2, Unit.RATIO, "20 %"),
    (0.9995, Unit.RATIO, "99.95 %"),
    (0.0, Unit.RATIO, "0 %"),
    (5.03e9, Unit.BYTES, "5.03 GB"),
    (0, Unit.BYTES, "0 B"),
    (-2e6, Unit.BYTES, "-2 MB"),
    (1.5e6, Unit.SPEED, "1.5 MB/s"),
    (0.25, Unit.SECONDS, "250 ms"),
    (90, Unit.SECONDS, "1.5 min"),
    (86_400 * 3, Unit.SECONDS, "3 d"),
    (1, Unit.NUMBER, "1"),
    (12_345, Unit.NUMBER, "12,345"),
    (1234.56, Unit.NUMBER, "1,235"),
    (128.6, Unit.NUMBER, "129"),
    (12.345, Unit.NUMBER, "12.3"),
    (3.2e6, Unit.NUMBER, "3.2 M"),
    (1e300, Unit.NUMBER, "1e+300"),
    (5e-324, Unit.SECONDS, "4.94e-321 ms"),
]


@pytest.mark.parametrize(("expression", "values", "unit"), UNITS)
def test_the_unit_is_guessed_where_it_is_safe(
    expression: str, values: tuple[float, ...], unit: Unit
) -> None:
    assert unit_of(expression, values) is unit


@pytest.mark.parametrize(("value", "unit", "text"), SHOWN)
def test_a_value_is_short(value: float, unit: Unit, text: str) -> None:
    assert shown(value, unit) == text


def test_the_largest_value_decides_the_scale() -> None:
    assert scale_of(Unit.BYTES, 30e9) == (1e9, " GB")
    assert scale_of(Unit.BYTES, 0) == (1, " B")
    assert scale_of(Unit.NUMBER, 1e20) == (1, "")
