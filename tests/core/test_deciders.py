"""Who may decide about a plan."""

from __future__ import annotations

import pytest

from remediator.core.deciders import ADMIN, deciders, groups_in_force, may_decide, names_deciders
from remediator.core.person import Person
from remediator.core.playbook import ApprovalPolicy
from remediator.core.run import Run
from remediator.testing.builders import a_plan, an_approval, an_order
from tests.core.lifecycle.runs import awaiting

ANA = Person(name="ana", door="slack", groups=("@sre",), identities=("U1", "ana@example.com"))
NAMESAKE = Person(name="ana", door="slack", identities=("U9",))
ADMINISTRATOR = Person(name="root", door="api", groups=(ADMIN,))
SECOND = ApprovalPolicy(groups=("@sre",), escalate_to="@leads")


def run_of(policy: ApprovalPolicy, *, owner: str = "", escalated: bool = False) -> Run:
    order = an_order(approval=policy, owner=owner)
    return awaiting(order=order, approval=an_approval(escalated=escalated))


@pytest.mark.parametrize(
    ("policy", "person", "may"),
    [
        (ApprovalPolicy(), ANA, True),
        (ApprovalPolicy(users=("U1",)), ANA, True),
        (ApprovalPolicy(users=("ana@example.com",)), ANA, True),
        (ApprovalPolicy(users=("ana",)), ANA, False),
        (ApprovalPolicy(users=("ana",)), NAMESAKE, False),
        (ApprovalPolicy(users=("ana",)), Person(name="ana", door="api"), True),
        (ApprovalPolicy(groups=("@sre",)), ANA, True),
        (ApprovalPolicy(groups=("@leads",)), ANA, False),
        (ApprovalPolicy(groups=("@leads",), users=("U1",)), ANA, True),
        (ApprovalPolicy(users=("bo",)), ADMINISTRATOR, True),
    ],
)
def test_a_person_may_decide_by_a_proven_identity_or_a_group(
    policy: ApprovalPolicy, person: Person, may: bool
) -> None:
    assert may_decide(run_of(policy), person) is may


@pytest.mark.parametrize("owner", ["U1", "ana@example.com"])
@pytest.mark.parametrize("groups", [(), ("@sre",)])
def test_the_author_may_not_where_the_author_must_not(owner: str, groups: tuple[str, ...]) -> None:
    run = run_of(ApprovalPolicy(not_author=True, groups=groups), owner=owner)

    assert not may_decide(run, ANA)
    assert not may_decide(run, Person(name=owner, door="api", groups=(ADMIN,)))
    assert may_decide(run, Person(name="bo", door="api", groups=("@sre",)))


def test_the_second_group_may_decide_from_when_it_is_called_and_the_first_still_may() -> None:
    lead = Person(name="cy", door="slack", groups=("@leads",), identities=("U3",))
    before, after = run_of(SECOND), run_of(SECOND, escalated=True)

    assert groups_in_force(before) == ("@sre",)
    assert groups_in_force(after) == ("@sre", "@leads")
    assert not may_decide(before, lead)
    assert may_decide(after, lead) and may_decide(after, ANA)


@pytest.mark.parametrize(
    ("policy", "names"),
    [
        (ApprovalPolicy(), ""),
        (ApprovalPolicy(groups=("@sre",), users=("U1",)), "@sre, U1"),
        (ApprovalPolicy(users=("U1", "U2")), "U1, U2"),
    ],
)
def test_those_who_may_decide_are_named(policy: ApprovalPolicy, names: str) -> None:
    run = run_of(policy)

    assert deciders(run) == names
    assert names_deciders(run) is bool(names)


def test_nobody_asked_yet_means_that_no_second_group_was_called() -> None:
    run = awaiting(order=an_order(approval=SECOND), approval=None, plan=a_plan())

    assert groups_in_force(run) == ("@sre",)
