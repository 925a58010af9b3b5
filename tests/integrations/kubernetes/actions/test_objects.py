"""What all actions on Kubernetes objects share: conditions and mark of a patch, and the Event that tells of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from remediator.core.events import Observation
from remediator.core.target import parse_target
from remediator.integrations.kubernetes.actions.objects import (
    applied_event,
    mark_of,
    marked_patch,
    marked_sight,
    version_of,
)
from remediator.integrations.kubernetes.api import PODS, Ref, Verb
from remediator.ports.action import Ticket
from remediator.testing.builders import a_change

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
REF = Ref(resource=PODS, namespace="pay", name="api")
CHANGED = {"op": "replace", "path": "/spec/replicas", "value": 3}
UID = {"op": "test", "path": "/metadata/uid", "value": "u"}
GENERATION = {"op": "test", "path": "/metadata/generation", "value": 4}
MARK = {"op": "add", "path": "/metadata/annotations/remediator.dev~1attempt", "value": "att"}


def found(**metadata: Any) -> dict[str, Any]:
    known = {"name": "api", "namespace": "pay", "uid": "u", "resourceVersion": "77"}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {**known, **metadata}}


@pytest.mark.parametrize(
    ("read", "body"),
    [
        (found(generation=4, annotations={"a": "b"}), [UID, GENERATION, CHANGED, MARK]),
        (found(annotations={"a": "b"}), [UID, CHANGED, MARK]),
        (
            found(generation=4),
            [
                UID,
                GENERATION,
                {"op": "test", "path": "/metadata/resourceVersion", "value": "77"},
                {"op": "add", "path": "/metadata/annotations", "value": {}},
                CHANGED,
                MARK,
            ],
        ),
    ],
)
def test_a_patch_lands_on_what_was_seen_only_and_leaves_the_mark(read: Any, body: Any) -> None:
    assert marked_patch(REF, read, [CHANGED], "att").body == body


def test_further_marks_cannot_take_the_place_of_the_attempts() -> None:
    more = {"remediator.dev/attempt": "other", "x~y": "z"}
    *_, first, second = marked_patch(REF, found(annotations={"a": "b"}), [], "att", more).body

    assert (first, second["path"]) == (MARK, "/metadata/annotations/x~0y")


def test_the_version_is_identity_and_generation() -> None:
    assert version_of(found(generation=4)) == "u/4"
    assert version_of(found()) == "u/0"


@pytest.mark.parametrize(
    ("annotations", "expected"), [(None, ""), ({"remediator.dev/attempt": "att"}, "att")]
)
def test_a_mark_is_read_back(annotations: Any, expected: str) -> None:
    assert mark_of(found(annotations=annotations)) == expected


def test_an_event_tells_of_the_step_once() -> None:
    change = a_change(target=parse_target("deployment/pay/api"), summary="scale it\x1b[31m\n" * 200)
    first, again = (applied_event(found(), change, "att", NOW) for _ in range(2))
    other = applied_event(found(), change, "another", NOW)

    assert first.verb is Verb.CREATE
    assert first.body == again.body
    assert first.ref.name != other.ref.name
    assert first.body["involvedObject"]["uid"] == "u"
    assert first.body["metadata"]["namespace"] == "pay"
    assert first.body["reason"] == "RemediatorApplied"
    assert len(first.body["message"]) <= 1000
    assert first.body["message"].isprintable()


def test_an_event_of_what_has_no_namespace_stands_in_the_default_one() -> None:
    node = {"kind": "Node", "metadata": {"name": "n" * 253, "uid": "u"}}
    event = applied_event(node, a_change(), "att", NOW)

    assert event.ref.namespace == "default"
    assert "namespace" not in event.body["involvedObject"]
    assert len(event.ref.name) <= 253


@pytest.mark.parametrize(
    ("mark", "is_unmoved", "observation"),
    [
        ("att", True, Observation.APPLIED),
        ("att", False, Observation.APPLIED),
        ("other", True, Observation.NOT_APPLIED),
        ("other", False, Observation.DIVERGED),
        ("", False, Observation.DIVERGED),
    ],
)
def test_what_became_of_an_attempt_is_seen_by_its_mark(
    mark: str, observation: Observation, *, is_unmoved: bool
) -> None:
    ticket = Ticket(token="att", fence=1, not_after=NOW, timeout=timedelta(seconds=1))
    seen = found(annotations={"remediator.dev/attempt": mark})

    sight = marked_sight(seen, a_change(), ticket, is_unmoved=is_unmoved)

    assert sight.observation is observation
    assert (sight.measure.summary == a_change().summary) is (observation is Observation.APPLIED)


def test_what_became_of_an_attempt_on_an_object_that_is_gone_nobody_can_say() -> None:
    ticket = Ticket(token="att", fence=1, not_after=NOW, timeout=timedelta(seconds=1))

    assert (
        marked_sight(None, a_change(), ticket, is_unmoved=True).observation is Observation.DIVERGED
    )
