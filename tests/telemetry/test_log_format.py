"""Log lines: what they say, that they stay one line, and that no secret stands in them."""

import json
import logging
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest

from remediator.core import events as ev
from remediator.core.errors import InvalidSettings
from remediator.core.events import Outcome, Stage
from remediator.core.facts import Answer, Known
from remediator.core.person import Person
from remediator.core.scrubber import Scrubber
from remediator.core.verdict import Ruling
from remediator.telemetry import Telemetry, setup_logging
from remediator.testing.builders import MOMENT
from tests.telemetry.story import Story, closed, judged


class Screen:
    """Standard error, read as often as wanted."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self._read = ""

    def text(self) -> str:
        self._read += self._capsys.readouterr().err
        return self._read

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text().splitlines()]


@pytest.fixture
def stderr(capsys: pytest.CaptureFixture[str]) -> Iterator[Screen]:
    """Standard error; the loggers are put back afterwards."""
    root, ours = logging.getLogger(), logging.getLogger("remediator")
    handlers, levels = list(root.handlers), (root.level, ours.level)
    yield Screen(capsys)
    root.handlers[:] = handlers
    root.setLevel(levels[0])
    ours.setLevel(levels[1])


def test_a_json_line_has_time_level_event_and_fields(stderr: Screen) -> None:
    setup_logging(level="info", log_format="json")

    Telemetry().log("listening", address="127.0.0.1:9095", playbooks=3)

    (line,) = stderr.lines()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line.pop("time"))
    assert line == {
        "level": "info",
        "event": "listening",
        "address": "127.0.0.1:9095",
        "playbooks": 3,
    }


def test_every_event_of_a_run_is_one_line_with_its_gist(stderr: Screen) -> None:
    setup_logging(level="info", log_format="json")

    Story().verifying().tell(
        ev.Looked(answers={"promql: up": Answer(known=Known.FAILS, detail="")}),
        closed(Outcome.UNRESOLVED),
    )

    found = stderr.lines()
    assert [line["event"] for line in found] == [
        *("admitted", "judged", "proposed", "planned", "judged", "intent_committed", "applied"),
        *("verification_started", "looked", "closed"),
    ]
    assert all(line["run"] == "run_1" and line["target"] == "host/web1" for line in found)
    assert found[1]["reason"] == "web1 rests"
    assert found[2]["summary"] == "shrink the journal to 500 MiB"
    assert found[8]["answers"] == {"promql: up": "does not hold"}
    assert (found[9]["level"], found[9]["outcome"]) == ("warning", "unresolved")
    assert "t0ken-of-the-attempt" not in stderr.text()


def test_a_text_line_is_readable_and_one_line(stderr: Screen) -> None:
    setup_logging(level="info", log_format="text")

    Telemetry().log("problem", where="courier", text='two\nlines "quoted" \x1b[31m', n=1, none=None)

    line = stderr.text()
    assert line.count("\n") == 1
    assert line.split(" ", 1)[1] == (
        'level=warning event=problem where=courier text="two lines \\"quoted\\"" n=1 none=null\n'
    )


def test_a_hostile_value_cannot_forge_a_second_line_or_field(stderr: Screen) -> None:
    evil = 'x\r\n{"level":"info"}\u2028level=error \u202e" event=closed'
    for log_format in ("text", "json"):
        setup_logging(level="info", log_format=log_format)
        Telemetry().log("problem", text=evil)

    text, as_json = stderr.text().splitlines()
    assert re.findall(r"(?<!\S)level=(\w+)", re.sub(r'"(?:[^"\\]|\\.)*"', "", text)) == ["warning"]
    assert "\u202e" not in text
    assert json.loads(as_json)["text"] == evil
    assert as_json.isascii()


def test_a_refused_answer_says_who_wanted_what_and_why_not(stderr: Screen) -> None:
    setup_logging(level="info", log_format="json")
    mallory = Person(name="mallory", door="slack", identities=("U6",))

    Story().tell(ev.AnswerRefused(person=mallory, verb="approve", reason="a guest"))

    line = stderr.lines()[-1]
    assert line["event"] == "answer_refused"
    assert (line["person"], line["door"], line["verb"], line["reason"]) == (
        *("mallory", "slack"),
        *("approve", "a guest"),
    )


def test_a_field_cannot_take_the_place_of_time_level_or_event(stderr: Screen) -> None:
    setup_logging(level="info", log_format="json")

    Telemetry().log("problem", level="fake", event="fake", time="fake")

    (line,) = stderr.lines()
    assert (line["level"], line["event"], line["level_"]) == ("warning", "problem", "fake")


def test_numbers_that_json_does_not_know_are_texts(stderr: Screen) -> None:
    setup_logging(level="info", log_format="json")

    Telemetry().log("odd", value=float("nan"), deep={"inf": [float("inf")]}, thing=object)

    (line,) = stderr.lines()
    assert (line["value"], line["deep"]) == ("nan", {"inf": ["inf"]})


SECRET = 'hunter2/"p ä\\ss+'


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_known_secrets_are_masked_wherever_they_stand(stderr: Screen, log_format: str) -> None:
    setup_logging(level="info", log_format=log_format, secrets=[SECRET, "x", ""])
    telemetry = Telemetry()

    telemetry.log("problem", text=f"token={SECRET}", deep={SECRET: [SECRET, {"a": SECRET}]})
    try:
        raise RuntimeError(f"cannot log in with {SECRET}") from KeyError(SECRET)
    except RuntimeError as error:
        telemetry.log("problem", error=error)
    logging.getLogger("some.library").warning("sent %s and %r", SECRET, {"password": SECRET})

    text = stderr.text()
    assert "hunter2" not in text
    assert text.count("***") >= 7
    assert "RuntimeError" in text


def test_other_spellings_of_a_secret_are_masked() -> None:
    scrub = Scrubber(
        [SECRET, "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEF\n-----END KEY-----"]
    )

    for spelling in (
        SECRET,
        repr(SECRET),
        json.dumps(SECRET),
        "hunter2%2F%22p%20%C3%A4%5Css%2B",
        "aHVudGVyMi8icCDDpFxzcys=",
        "line of the key: MIIEvQIBADANBgkqhkiG9w0BAQEF",
    ):
        assert "***" in scrub(spelling), spelling
        assert not re.search("hunter2|aHVudGVy|MIIEvQ", scrub(spelling))


def test_without_secrets_nothing_is_masked() -> None:
    assert Scrubber([])("a text") == "a text"
    assert Scrubber(["abc"])("abc") == "abc"  # too short to be told from words


def test_the_longer_of_two_secrets_is_masked_whole() -> None:
    assert Scrubber(["token", "token-and-more"])("token-and-more") == "***"


@pytest.mark.parametrize(
    "name", ["asyncssh", "botocore.auth", "aiohttp.access", "sqlalchemy.engine", "slack_sdk.web"]
)
def test_sdks_are_quiet_below_warning_even_when_we_debug(stderr: Screen, name: str) -> None:
    setup_logging(level="debug", log_format="json")

    logging.getLogger(name).info("Authorization: Bearer x")
    logging.getLogger(name).debug("Authorization: Bearer x")
    logging.getLogger(name).warning("slow")

    (line,) = stderr.lines()
    assert (line["logger"], line["message"]) == (name, "slow")


def test_the_level_is_honoured(stderr: Screen) -> None:
    setup_logging(level="warning", log_format="json")

    Story().tell(closed(Outcome.BLOCKED))
    Story().tell(closed(Outcome.FAILED))

    assert [line["outcome"] for line in stderr.lines()] == ["failed"]


def test_setting_up_again_replaces_the_secrets_and_does_not_double_lines(
    stderr: Screen,
) -> None:
    for secret in ("first-secret", "second-secret"):
        setup_logging(level="info", log_format="json", secrets=[secret])

    Telemetry().log("reloaded", text="second-secret")

    (line,) = stderr.lines()
    assert line["text"] == "***"


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(InvalidSettings, match="is not a log level: debug, info"):
        setup_logging(level="loud", log_format="text")


def test_telemetry_keeps_up_with_two_thousand_events_a_second(stderr: Screen) -> None:
    setup_logging(level="info", log_format="json", secrets=["some-secret"] * 5)
    story = Story()
    before = story.run
    event = judged(Ruling.ALLOW, Stage.BEFORE_PLANNING)
    started = time.process_time()

    for _ in range(4000):
        story.telemetry.observe_event(story.run, event, before, MOMENT)

    assert time.process_time() - started < 2
