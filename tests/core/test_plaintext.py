"""Plain text: hostile characters come out, the rest stays as it was."""

import pytest

from remediator.core.message_text import as_text
from remediator.core.messages import Message, MessageKind
from remediator.core.plaintext import clean, one_line

CLEANED = [
    ("", ""),
    ("disk /var is 93% full", "disk /var is 93% full"),
    ("größer als 5 GiB → schlecht 🚒", "größer als 5 GiB → schlecht 🚒"),
    ("line one\nline two", "line one\nline two"),
    ("dos\r\nlines", "dos\nlines"),
    ("\x1b[31mred\x1b[0m", "red"),
    ("\x1b[38;5;196mred\x1b[m", "red"),
    ("\x9b31mred", "red"),
    ("\x1b]0;new title\x07text", "text"),
    ("\x1b]8;;http://evil\x1b\\click\x1b]8;;\x1b\\", "click"),
    ("\x1bPq#0;2;0;0;0\x1b\\sixel", "sixel"),
    ("\x1b[2J\x1b[Hcleared", "cleared"),
    ("\x1bcreset", "reset"),
    ("unfinished \x1b[", "unfinished "),
    ("unfinished \x1b]0;title", "unfinished 0;title"),
    ("over\rwritten", "over written"),
    ("back\x08space\x7f", "backspace"),
    ("nul\x00byte", "nulbyte"),
    ("bell\x07", "bell"),
    ("tab\there", "tab here"),
    ("user\u202egnp.exe", "usergnp.exe"),
    ("\u2066isolated\u2069", "isolated"),
    ("zero\u200bwidth\u200d\ufeff", "zerowidth"),
    ("soft\u00adhyphen", "softhyphen"),
    ("tags\U000e0041\U000e0042", "tags"),
    ("line\u2028separator\u2029", "line separator "),
    ("hangul\u3164filler", "hangulfiller"),
    ("lone\ud800surrogate", "lonesurrogate"),
    ("private\ue000use", "privateuse"),
    ("next\x85line", "next line"),
]


@pytest.mark.parametrize(("text", "cleaned"), CLEANED)
def test_what_could_move_hide_or_colour_text_is_taken_out(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


def test_cleaning_takes_time_in_proportion_to_the_text() -> None:
    for hostile in ("\x1b]" * 200_000, "\x1b[" + "1;" * 200_000, "\x1bP" + "x" * 400_000):
        assert "\x1b" not in clean(hostile)


def test_one_line_is_one_line_and_says_where_it_was_cut() -> None:
    assert one_line("  a\n b\t c  ") == "a b c"
    assert one_line("x" * 400, 10) == "x" * 9 + "…"
    assert one_line("x" * 10, 10) == "x" * 10


def test_a_message_reads_from_the_sentence_to_the_facts() -> None:
    message = Message(
        kind=MessageKind.PLAN,
        run_id="run_1",
        thread="run_1",
        deduplication="run_1:ask",
        title="Approve disk-space-low on web1?",
        text="Disk space low on web1: a plan of 1 change awaits approval until 12:30 UTC.",
        lines=("1. journal.vacuum on host/web1: keep 500 MB (cannot be undone)",),
        facts={"needs": "1 of any approver"},
    )

    assert as_text(message) == (
        "[approval wanted] Approve disk-space-low on web1?\n"
        "  Disk space low on web1: a plan of 1 change awaits approval until 12:30 UTC.\n"
        "    1. journal.vacuum on host/web1: keep 500 MB (cannot be undone)\n"
        "  needs: 1 of any approver"
    )


def test_a_title_that_the_sentence_begins_with_is_not_said_twice() -> None:
    message = _message(title="Disk low on web1", text="Disk low on web1. Cleanup ran.")

    assert as_text(message) == "[result] Disk low on web1. Cleanup ran."


def test_a_narrow_terminal_gets_short_lines_that_keep_their_indent() -> None:
    message = _message(lines=("word " * 30, "x" * 100))

    lines = as_text(message, 40).split("\n")

    assert max(map(len, lines)) <= 40
    assert all(line.startswith("      ") for line in lines[3:6])


def test_hostile_labels_in_a_message_cannot_reach_the_terminal() -> None:
    evil = "\x1b[2Jweb1\u202e\r\n[result] all is well"
    message = _message(title=evil, text=evil, lines=(evil,), facts={evil: evil})

    text = as_text(message)

    assert text.replace("\n", "").isprintable()
    assert not any(line.startswith("[result] all") for line in text.split("\n"))


def _message(**more: object) -> Message:
    values: dict[str, object] = {"title": "T", "text": "A sentence."}
    values |= {"kind": MessageKind.RESULT, "run_id": "r", "thread": "r", "deduplication": "r:1"}
    return Message(**(values | more))  # type: ignore[arg-type]
