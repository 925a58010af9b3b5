"""While much is read, the collector of garbage looks at what is new only."""

import gc

import pytest

from remediator.config.collector import only_young


def test_the_whole_heap_is_not_searched_and_afterwards_all_is_as_it_was() -> None:
    before = gc.get_threshold()

    with only_young():
        searched = gc.get_stats()[2]["collections"]
        kept = [[number] for number in range(200_000)]
        assert gc.get_stats()[2]["collections"] == searched
        assert gc.get_stats()[1]["collections"] > 0

    assert len(kept) == 200_000
    assert (gc.get_threshold(), gc.isenabled()) == (before, True)


def test_one_that_rested_before_rests_again_also_after_an_error() -> None:
    gc.disable()
    try:
        with pytest.raises(ValueError, match="wrong"), only_young():
            assert gc.isenabled()
            raise ValueError("wrong")
        assert not gc.isenabled()
    finally:
        gc.enable()
