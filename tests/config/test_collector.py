"""While much is read, the collector of garbage looks at what is new only."""

import gc
from collections.abc import Iterator

import pytest

from remediator.config.collector import keep_all, only_young, rest


@pytest.fixture(autouse=True)
def _usual() -> Iterator[None]:
    """Whoever began a daemon in this process before left its own behind."""
    found = gc.get_threshold()
    gc.set_threshold(700, 10, 10)
    yield
    gc.set_threshold(*found)


def searches(generation: int) -> int:
    return gc.get_stats()[generation]["collections"]


def test_the_whole_heap_is_not_searched_and_afterwards_all_is_as_it_was() -> None:
    before = gc.get_threshold()

    with only_young():
        young, whole = searches(1), searches(2)
        kept = [[number] for number in range(200_000)]
        assert (searches(1) > young, searches(2)) == (True, whole)

    assert len(kept) == 200_000
    assert gc.get_threshold() == before


def test_it_goes_on_as_before_also_after_an_error() -> None:
    before = gc.get_threshold()

    with pytest.raises(ValueError, match="wrong"), only_young():
        raise ValueError("wrong")

    assert gc.get_threshold() == before


def test_what_is_there_at_the_start_is_kept_and_what_comes_later_is_collected() -> None:
    usual = gc.get_threshold()
    try:
        rest()
        assert gc.get_threshold() != usual
        frozen = gc.get_freeze_count()
        keep_all()
        assert gc.get_freeze_count() > frozen
        assert gc.get_threshold() == usual
    finally:
        gc.unfreeze()
