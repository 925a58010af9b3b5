"""What `plan` says of labels that somebody gives: a decision in words that fit together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from remediator.core.errors import Refused
from remediator.core.matcher import parse_matcher
from remediator.engine.preview import Preview
from tests.engine.house import House, a_house, a_playbook

SICK = {"alertname": "Sick", "instance": "web1:9100"}


@pytest.fixture
async def house(tmp_path):
    async with a_house(tmp_path) as house:
        yield house


async def planned(house: House, labels: Mapping[str, str], playbook: str | None = None) -> Any:
    preview = Preview(
        store=house.store,
        ambient=house.clock.ambient(),
        observer=house.runner(executor=False)._observer,
        rules=house.rules,
        protected=lambda: house.protected,
    )
    return (await preview.plan(labels, playbook))["decisions"]


async def test_what_a_guard_would_deny_is_not_called_a_run(house: House) -> None:
    house.use(a_playbook())
    house.protected = ("host/web1",)

    (said,) = await planned(house, SICK)

    assert (said["decision"], said["would"]) == ("blocked", "deny")
    assert [v["ruling"] for v in said["verdicts"] if v["guard"] == "protected"] == ["deny"]


async def test_labels_that_no_playbook_matches_get_the_nearest(house: House) -> None:
    house.use(a_playbook(match=((parse_matcher("alertname=Sick"), parse_matcher("env=prod")),)))

    for playbook in (None, "fix"):
        (said,) = await planned(house, SICK, playbook)
        assert said["decision"] == "not_matched"
        assert said["reason"] == 'env="prod": the label is absent'


async def test_a_playbook_that_is_not_there_is_refused_by_name(house: House) -> None:
    house.use(a_playbook())
    with pytest.raises(Refused, match="there is no playbook fixx"):
        await planned(house, SICK, "fixx")
