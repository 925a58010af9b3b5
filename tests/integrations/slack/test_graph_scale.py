"""The scales of a graph: everything is on them, and their labels are round and tell places apart."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remediator.integrations.slack.graph.graph_scale import scale_for, tick_labels, times_between
from remediator.integrations.slack.graph.graph_unit import Unit

TICKS = [
    ([0, 20, 40], " %", ["0 %", "20 %", "40 %"]),
    ([0, 2.5, 5, 7.5], "", ["0.0", "2.5", "5.0", "7.5"]),
    ([99.90, 99.92, 99.94], " %", ["99.90 %", "99.92 %", "99.94 %"]),
    ([0, 0.1 + 0.2, 0.6], "", ["0.0", "0.3", "0.6"]),
    ([-0.0, 1000, 2000], "", ["0", "1,000", "2,000"]),
    ([-5e-17, 0.1, 0.2], "", ["0.0", "0.1", "0.2"]),
    ([1e300, 2e300], "", ["1e+300", "2e+300"]),
    ([7], "", ["7"]),
    ([], "", []),
]
SCALES = [
    ((0.06, 0.29, 0.2), Unit.RATIO, ("0 %", "10 %", "20 %", "30 %")),
    ((0.5, 1.0), Unit.RATIO, ("0 %", "25 %", "50 %", "75 %", "100 %")),
    ((0.9989, 0.9995, 0.999), Unit.RATIO, ("99.90 %", "99.92 %", "99.94 %")),
    ((0, 1), Unit.NUMBER, ("0", "1")),
    ((0, 0), Unit.NUMBER, ("0", "1")),
    ((3, 3), Unit.NUMBER, ("0", "1", "2", "3")),
    ((-23.5, -20, -5), Unit.NUMBER, ("-20", "-15", "-10", "-5")),
    ((2e9, 8.7e9), Unit.BYTES, ("0 GB", "2 GB", "4 GB", "6 GB", "8 GB")),
    ((0.1, 0.63), Unit.SECONDS, ("0 ms", "200 ms", "400 ms", "600 ms")),
    ((66, 606), Unit.SECONDS, ("0.0 min", "2.5 min", "5.0 min", "7.5 min", "10.0 min")),
    ((60, 600), Unit.SECONDS, ("0 min", "5 min", "10 min")),
]
HOUR = 3600
TIMES = [
    (0, HOUR, [0, 600, 1200, 1800, 2400, 3000, 3600]),
    (10, 610, [120, 240, 360, 480, 600]),
    (100, 6 * HOUR + 100, [HOUR * n for n in range(1, 7)]),
    (0, 9 * HOUR, [HOUR * n for n in range(10)]),
]


@pytest.mark.parametrize(("places", "suffix", "labels"), TICKS)
def test_labels_have_as_many_digits_as_they_need(
    places: list[float], suffix: str, labels: list[str]
) -> None:
    assert tick_labels(places, suffix) == labels


@pytest.mark.parametrize(("values", "unit", "labels"), SCALES)
def test_an_axis_has_few_round_labels(
    values: tuple[float, ...], unit: Unit, labels: tuple[str, ...]
) -> None:
    assert scale_for(values, unit).labels == labels


@pytest.mark.parametrize(("start", "end", "times"), TIMES)
def test_times_are_round(start: float, end: float, times: list[int]) -> None:
    assert list(times_between(start, end)) == times


@given(
    st.lists(st.floats(-1e30, 1e30, allow_subnormal=False).map(lambda v: v if abs(v) > 1e-15 else 0.0), min_size=1),
    st.sampled_from(Unit),
)  # fmt: skip
def test_every_value_lies_on_its_scale(values: list[float], unit: Unit) -> None:
    scale = scale_for(values, unit)

    assert scale.low < scale.high
    assert all(scale.low <= value / scale.factor <= scale.high for value in values)
    assert all(math.isfinite(place) for place in scale.places)
    assert len(scale.places) == len(scale.labels) <= 8
