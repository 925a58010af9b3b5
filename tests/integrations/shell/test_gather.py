"""Whatever integration brings a shell for its kind of targets, actions are given one looker and one shell over all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from remediator.core.errors import Missing
from remediator.core.target import Target
from remediator.integrations.shell.api import LOOKER, SHELL, Output, Receipt, looker_of
from remediator.integrations.shell.integration import gather
from remediator.ports.gateways import Reads
from remediator.ports.integration import Connected, Services

LIMIT = timedelta(seconds=1)
SECRET = "correct-horse"


class Switch:
    """A look at a made-up kind of target, which answers with what it was asked, and a secret."""

    async def look(
        self, target: Target, argv: Sequence[str], *, timeout: timedelta, sudo: bool = False
    ) -> Output:
        return Output(exit_code=0, stdout=f"{target} {argv[0]} {SECRET}", stderr="")

    async def receipt(self, target: Target, token: str) -> Receipt:
        return Receipt(state="absent")


def gathered() -> Connected:
    brought = Connected(reads=Reads().having(looker_of("switch"), Switch()))
    return gather(Services(secrets=(SECRET,)), brought)


async def test_a_kind_that_an_integration_brings_is_reached_and_secrets_are_masked() -> None:
    output = await gathered().reads[LOOKER].look(Target("switch", "s1"), ["show"], timeout=LIMIT)

    assert output.stdout == "switch/s1 show ***"


@pytest.mark.parametrize(
    ("kind", "cure"), [("host", r"hosts\.ssh\.known_hosts"), ("pod", "set kubernetes")]
)
async def test_a_kind_that_nobody_brings_says_what_to_set(kind: str, cure: str) -> None:
    with pytest.raises(Missing, match=cure) as error:
        await gathered().writes[SHELL].look(Target(kind, "a/b"), ["df"], timeout=LIMIT)

    assert error.value.target == f"{kind}/a/b"
