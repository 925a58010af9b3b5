"""One rollback: what is approved of it, and what people read."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from remediator.integrations.kubernetes.knowledge.rollback import Rollback
from remediator.integrations.kubernetes.knowledge.rollout import Revision

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def template(image: str, **variables: str) -> dict[str, Any]:
    env = [{"name": name, "value": value} for name, value in variables.items()]
    return {"metadata": {}, "spec": {"containers": [{"name": "main", "image": image, "env": env}]}}


def rollback(before: Any, after: Any, *, replicas: int = 3, created: str = "") -> Rollback:
    return Rollback(
        workload={
            "metadata": {"uid": "u", "annotations": {"gone": "x"}},
            "spec": {"replicas": replicas, "template": before},
        },
        current=Revision(number=7, name="api-bad", template=before, created=created, cause="v7"),
        to=Revision(number=5, name="api-good", template=after, annotations={}),
    )


@pytest.mark.parametrize(
    ("before", "replicas", "words"),
    [
        ("api:2", 3, "from revision 7 to 5: image api:2 -> api:1, 3 pods"),
        ("api:1", 3, "from revision 7 to 5: the same images, 3 pods"),
        ("api:2", 1, "from revision 7 to 5: image api:2 -> api:1, 1 pod"),
    ],
)
def test_a_sentence_says_what_it_does(before: str, replicas: int, words: str) -> None:
    one = rollback(template(before), template("api:1"), replicas=replicas)

    assert one.words() == words


def test_people_see_the_differences_and_what_goes() -> None:
    one = rollback(template("api:2", POOL="5"), template("api:1", POOL="10"))

    assert one.before() == {"revision": 7, "images": "api:2", "change_cause": "v7"}
    assert one.after() == {
        "revision": 5,
        "images": "api:1",
        "differences": ["main: image api:2 -> api:1", "main: variable POOL 5 -> 10"],
        "annotations_lost": ["gone"],
        "pods": 3,
    }


def test_many_differences_are_cut_and_counted() -> None:
    many = {f"VARIABLE_{number}": "1" for number in range(30)}
    lines = rollback(template("a", **many), template("a")).after()["differences"]

    assert len(lines) == 21
    assert lines[-1] == "and 10 more"


def test_what_is_approved_names_the_patch_without_what_may_be_secret() -> None:
    secret = rollback(template("a", PASSWORD="hunter2"), template("a", PASSWORD="hunter3"))
    other = rollback(template("a", PASSWORD="hunter2"), template("a", PASSWORD="hunter4"))

    assert secret.intent()["from"] == {"revision": 7, "name": "api-bad"}
    assert secret.intent()["patch"] != other.intent()["patch"]
    assert "hunter" not in str((secret.intent(), secret.before(), secret.after(), secret.words()))


@pytest.mark.parametrize(
    ("created", "expected"),
    [
        ("2026-11-21T11:30:00Z", True),
        ("2026-11-21T11:00:00Z", True),
        ("2026-11-21T10:59:59Z", False),
        ("", False),
    ],
)
def test_a_release_is_recent_within_the_limit(created: str, expected: bool) -> None:
    one = rollback(template("b"), template("a"), created=created)

    assert one.is_recent(timedelta(hours=1), NOW) is expected
