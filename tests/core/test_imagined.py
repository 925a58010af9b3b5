"""Which alert of a playbook would name a target: from what is known, and never from a guess."""

from __future__ import annotations

import json
from typing import Any

import pytest

from remediator.core.imagined import imagined
from remediator.core.matcher import parse_matcher
from remediator.core.playbook import Playbook
from remediator.core.target import Target
from tests.http.daemon import a_playbook

WEB1 = Target("host", "web1")


def matching(*texts: str, **more: Any) -> Playbook:
    return a_playbook(match=(tuple(map(parse_matcher, texts)),), **more)


def test_the_matchers_name_the_alert_and_the_target_its_label() -> None:
    assert imagined(matching("alertname=Full"), WEB1) == {"alertname": "Full", "instance": "web1"}


def test_of_several_values_the_first_is_taken_and_of_none_nothing() -> None:
    playbook = matching('alertname=~"Full|Fuller"', 'env!="dev"', 'team=~"s.*"')

    assert imagined(playbook, WEB1) == {"alertname": "Full", "instance": "web1"}


def test_what_was_seen_last_says_the_other_labels() -> None:
    seen = {"alertname": "Full", "instance": "db1:9100", "mountpoint": "/var"}

    found = imagined(matching("alertname=Full", requires=("mountpoint",)), WEB1, seen)

    assert found == {"alertname": "Full", "instance": "web1", "mountpoint": "/var"}


def test_its_own_tests_say_them_where_nothing_was_seen() -> None:
    tests = [{"alerts": []}, {"alerts": [{"labels": {"mountpoint": "/srv", "instance": "x:1"}}]}]
    playbook = matching(
        "alertname=Full", requires=("mountpoint",), document=json.dumps({"tests": tests})
    )

    assert imagined(playbook, WEB1) == {
        "alertname": "Full",
        "instance": "web1",
        "mountpoint": "/srv",
    }


def test_what_its_author_wrote_comes_before_what_was_seen_last() -> None:
    tests = [{"alerts": [{"labels": {"mountpoint": "/srv"}}]}]
    playbook = matching("alertname=Full", document=json.dumps({"tests": tests}))

    found = imagined(playbook, WEB1, {"mountpoint": "/var", "team": "sre"})

    assert found == {"alertname": "Full", "instance": "web1", "mountpoint": "/srv", "team": "sre"}


@pytest.mark.parametrize("tests", [None, 7, [7], [{"alerts": 7}], [{"alerts": [{"labels": 7}]}]])
def test_tests_that_are_no_tests_say_nothing(tests: object) -> None:
    playbook = matching("alertname=Full", document=json.dumps({"tests": tests}))

    assert imagined(playbook, WEB1) == {"alertname": "Full", "instance": "web1"}


def test_a_label_that_nobody_ever_said_is_not_guessed() -> None:
    found = imagined(matching("alertname=Full", requires=("mountpoint",)), WEB1)

    assert isinstance(found, str)
    assert "has the label mountpoint" in found


@pytest.mark.parametrize(
    ("written", "target", "labels"),
    [
        (
            "deployment/{{ labels.namespace }}/{{labels.deployment}}",
            Target("deployment", "shop/api"),
            {"namespace": "shop", "deployment": "api"},
        ),
        ("host/web1", WEB1, {}),
        ("host/db1", WEB1, None),
        ("node/{{ labels.node }}", WEB1, None),
        ("host/{{ labels.a }}-{{ labels.b }}", WEB1, None),
        ("host/{{ labels.a ~ 'x' }}", WEB1, None),
        ("pod/{{ labels.namespace }}/{{ labels.pod }}", Target("pod", "a/b/c"), None),
    ],
)
def test_labels_are_read_back_where_each_part_of_the_target_is_one(
    written: str, target: Target, labels: dict[str, str] | None
) -> None:
    found = imagined(matching("alertname=Full", target=written, requires=()), target)

    if labels is None:
        assert isinstance(found, str)
    else:
        assert found == {"alertname": "Full", **labels}
