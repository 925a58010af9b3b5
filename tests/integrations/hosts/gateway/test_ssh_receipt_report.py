"""What hosts say about receipts, read back; no host is needed for this."""

import pytest

from remediator.core.errors import ActionError, Permanent, Stale, Transient
from remediator.core.target import Target
from remediator.integrations.shell.remote.receipt_report import (
    checked_token,
    key_of,
    read_report,
    receipt_of,
    refusal,
)

WEB1 = Target("host", "web1")


@pytest.mark.parametrize(
    ("stdout", "words", "rest"),
    [
        (b"", (), b""),
        (b"Welcome!\n", (), b""),
        (b"remediator-receipt t1 launched\n", ("launched",), b""),
        (
            b"remediator-receipt t1 launched\nremediator-receipt t1 done:0\nhi\n",
            ("launched", "done:0"),
            b"hi\n",
        ),
        (b"Welcome!\nremediator-receipt t1 done:3\n", ("done:3",), b""),
        (b"remediator-receipt other done:0\n", (), b""),
        (b"say remediator-receipt t1 done:0\n", (), b""),
        (
            b"remediator-receipt t1 done:1\nremediator-receipt t1 done:0\n",
            ("done:1",),
            b"remediator-receipt t1 done:0\n",
        ),
    ],
)
def test_only_our_own_marks_count_and_what_follows_is_the_commands(
    stdout: bytes, words: tuple[str, ...], rest: bytes
) -> None:
    report = read_report(stdout, "t1")

    assert (report.words, report.rest) == (words, rest)


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (b"stale its fence 3 is older than 4", Stale),
        (b"busy another change is running", Transient),
        (b"unusable /var/lib/x: no space left", Transient),
        (b"unusable the host has no flock", Permanent),
    ],
)
def test_a_refusal_is_the_error_that_says_what_to_do(said: bytes, error: type[ActionError]) -> None:
    assert isinstance(
        refusal(read_report(b"remediator-receipt t1 " + said + b"\n", "t1"), WEB1), error
    )


@pytest.mark.parametrize(
    ("said", "state"),
    [(b"spent", "absent"), (b"running", "running"), (b"started", "broken"), (b"done:2", "done")],
)
def test_a_receipt_has_one_of_four_states(said: bytes, state: str) -> None:
    report = read_report(b"remediator-receipt t1 " + said + b"\n", "t1")

    assert receipt_of(report, b"", WEB1).state == state


def test_a_host_that_does_not_answer_for_a_receipt_is_asked_again() -> None:
    with pytest.raises(Transient, match="did not answer"):
        receipt_of(read_report(b"noise\n", "t1"), b"sh: not found", WEB1)


@pytest.mark.parametrize("token", ["", "a b", "../x", "a/b", "a.b", "-x", "ä", "a\n", "x" * 200])
def test_a_token_that_could_be_more_than_a_name_is_refused(token: str) -> None:
    with pytest.raises(Permanent):
        checked_token(token)


def test_targets_have_keys_of_their_own() -> None:
    assert key_of(WEB1) != key_of(Target("host", "web2"))
    assert key_of(WEB1).isalnum()
