"""Every state that people can read of has its words, in the one table."""

from __future__ import annotations

from remediator.core.events import Outcome, Settlement
from remediator.core.run import StepState
from remediator.core.vocabulary import ENDINGS, SETTLEMENTS, STEPS, counted, spelled


def test_every_outcome_step_state_and_settlement_has_its_words() -> None:
    assert set(ENDINGS) == set(Outcome)
    assert set(STEPS) == set(StepState)
    assert set(SETTLEMENTS) == set(Settlement)


def test_an_ending_says_the_same_in_a_line_and_in_a_sentence() -> None:
    for ending in ENDINGS.values():
        assert ending.sentence.startswith(ending.title.upper())


def test_counts_and_states_read_as_people_write_them() -> None:
    assert [counted(n, "change") for n in (0, 1, 2)] == ["0 changes", "1 change", "2 changes"]
    assert spelled("awaiting_approval") == "awaiting approval"
