"""What `plan` says of labels that somebody gives: a decision in words that fit together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from remediator.core.errors import Refused
from remediator.core.matcher import parse_matcher
from remediator.core.playbook import Mode
from remediator.engine.preview import Preview
from remediator.ports.preview import Wanted
from tests.engine.house import House, a_house, a_playbook, an_alert

SICK = {"alertname": "Sick", "instance": "web1:9100"}


@pytest.fixture
async def house(tmp_path):
    async with a_house(tmp_path) as house:
        yield house


async def planned(house: House, labels: Mapping[str, str], playbook: str = "") -> Any:
    return (await a_preview(house).plan(Wanted(labels=labels, playbook=playbook))).would


def a_preview(house: House) -> Preview:
    return Preview(
        store=house.store,
        ambient=house.clock.ambient(),
        observer=house.runner(executor=False)._observer,
        rules=house.rules,
        protected=lambda: house.protected,
    )


async def test_what_a_guard_would_deny_is_not_called_a_run(house: House) -> None:
    house.use(a_playbook())
    house.protected = ("host/web1",)

    (would,) = await planned(house, SICK)

    assert (would.decision, would.ruling) == ("blocked", "deny")
    verdicts = would.run.judgement.verdicts
    assert [v.ruling.name for v in verdicts if v.guard == "protected"] == ["DENY"]


@pytest.mark.parametrize(("mode", "ruling"), [(Mode.AUTO, "allow"), (Mode.APPROVE, "ask")])
async def test_whether_people_would_be_asked_goes_by_the_real_mode(
    house: House, mode: Mode, ruling: str
) -> None:
    house.use(a_playbook(mode=mode))

    (would,) = await planned(house, SICK)

    assert (would.decision, would.ruling) == ("run", ruling)
    assert would.run.order.mode is Mode.DRY_RUN


async def test_labels_that_no_playbook_matches_get_the_nearest(house: House) -> None:
    house.use(a_playbook(match=((parse_matcher("alertname=Sick"), parse_matcher("env=prod")),)))

    for playbook in ("", "fix"):
        (would,) = await planned(house, SICK, playbook)
        assert would.decision == "not_matched"
        assert would.reason == 'env="prod": the label is absent'


async def test_a_playbook_that_is_not_there_is_refused_by_name(house: House) -> None:
    house.use(a_playbook())
    with pytest.raises(Refused, match="there is no playbook fixx"):
        await planned(house, SICK, "fixx")


async def test_an_alert_that_arrived_before_is_known_by_its_fingerprint(house: House) -> None:
    house.use(a_playbook(mode=Mode.OFF))
    await house.take_in(an_alert("f7", env="prod"))
    house.use(a_playbook(mode=Mode.AUTO))

    found = await a_preview(house).plan(Wanted(fingerprint="f7"))

    assert found.alert.labels["env"] == "prod"
    assert [each.decision for each in found.would] == ["run"]


async def test_a_fingerprint_that_nobody_knows_is_refused(house: House) -> None:
    with pytest.raises(Refused, match="fingerprint f8 ever arrived"):
        await a_preview(house).plan(Wanted(fingerprint="f8"))
