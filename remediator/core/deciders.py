"""Who may decide about a run's plan: what the playbook says, and whom an escalation has added since. Pure."""

from __future__ import annotations

from remediator.core.person import Person
from remediator.core.run import Run

ADMIN = "admin"
"""The group of those who may always decide; it stands in the journal that they did."""


def groups_in_force(run: Run) -> tuple[str, ...]:
    """Return the groups that may decide now: the playbook's, and the second group once it has been called."""
    policy = run.order.approval
    called = bool(run.approval and run.approval.escalated and policy.escalate_to)
    return (*policy.groups, policy.escalate_to or "") if called else policy.groups


def names_deciders(run: Run) -> bool:
    """Say whether the playbook itself says who may decide; where not, everybody with the role of an approver may."""
    return bool(run.order.approval.users or run.order.approval.groups)


def may_decide(run: Run, person: Person) -> bool:
    """Say whether this person may decide about this run's plan, given that they may decide about plans at all."""
    policy = run.order.approval
    if is_author(run, person):
        return False
    if ADMIN in person.groups or not names_deciders(run):
        return True
    return person.is_named(policy.users) or bool({*person.groups} & {*groups_in_force(run)})


def is_author(run: Run, person: Person) -> bool:
    """Say whether the playbook asks for another's yes than its owner's, and this person is, or may be, the owner."""
    owner = run.order.owner
    return run.order.approval.not_author and bool(owner) and person.looks_like(owner)


def deciders(run: Run) -> str:
    """Name those who may decide."""
    policy = run.order.approval
    return ", ".join((*groups_in_force(run), *policy.users)) if names_deciders(run) else ""
