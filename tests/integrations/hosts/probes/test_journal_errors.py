"""The probe `journal.errors`: its command, and hostile messages."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from remediator.core.events import Evidence
from remediator.core.target import Target
from remediator.integrations.hosts.fake.host import FakeHosts, FakeMachine
from remediator.integrations.hosts.fake.host_commands import said
from remediator.integrations.hosts.probes.journal_errors import (
    PROBES,
    ErrorsParameters,
    errors_words,
)
from remediator.integrations.shell.api import Output
from tests.bound import reads_of


async def evidence(output: Output, **parameters: object) -> Evidence:
    machine = FakeMachine()
    machine.programs["journalctl"] = lambda words: output
    prober = PROBES[0].prober(reads_of(looker=FakeHosts({"web1": machine})))
    wanted = ErrorsParameters.model_validate(parameters)
    return await prober.probe(Target("host", "web1"), wanted, timedelta(seconds=9))


def test_the_command_asks_for_errors_only() -> None:
    words = errors_words(ErrorsParameters.model_validate({"since": "30m", "unit": "nginx.service"}))

    assert "--priority=err" in words
    assert "--since=-1800s" in words
    assert words[-1] == "--unit=nginx.service"


@pytest.mark.parametrize("unit", ["-x", "a b", "", "$(id)", "a\n", "*"])
def test_what_is_no_unit_is_refused(unit: str) -> None:
    with pytest.raises(ValidationError):
        ErrorsParameters.model_validate({"unit": unit})


async def test_messages_are_capped_and_made_plain() -> None:
    messages = [f"line {number}" for number in range(40)]
    text = "\n".join([*messages, "\x1b[31mred\x07 \u202eevil", "x" * 5000]) + "\n"
    found = await evidence(said(text), lines=5)

    assert found.lines[:4] == ("line 37", "line 38", "line 39", "red evil")
    assert len(found.lines) == 5
    assert len(found.lines[-1]) <= 200


async def test_no_errors_are_good_news() -> None:
    found = await evidence(said(""), unit="nginx.service")

    assert found.lines == ("none",)
    assert found.title == "Errors of nginx.service in the last 1h"


async def test_a_journal_that_cannot_be_read_is_a_problem() -> None:
    found = await evidence(said(code=1, stderr="No journal files were opened\n"))

    assert found.lines == ()
    assert "No journal files" in found.problem
