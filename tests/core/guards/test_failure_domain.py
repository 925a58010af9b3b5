"""failure_domain: one zone, rack or cluster at a time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from remediator.core.facts import Elsewhere
from remediator.core.guards import domain_of
from remediator.core.guards.failure_domain import GUARD, DomainBy, FailureDomainSettings
from remediator.core.target import Target
from remediator.core.verdict import Ruling
from remediator.testing.builders import MOMENT, an_order
from tests.core.guards.cases import a_subject, facts, ruling

MINUTE = timedelta(minutes=1)
ZONE = FailureDomainSettings(label="zone", per=10 * MINUTE)


def order_in(zone: str, settings: FailureDomainSettings = ZONE):
    order = an_order(guards={"failure_domain": settings})
    labels = {**order.alert.labels, **({"zone": zone} if zone else {})}
    return replace(order, alert=replace(order.alert, labels=labels))


def other(*, acts: bool, ago: timedelta = MINUTE) -> Elsewhere:
    return Elsewhere(domain="zone b", run_id="run_2", at=None if acts else MOMENT - ago, acts=acts)


@pytest.mark.parametrize(
    ("elsewhere", "known", "expected"),
    [
        (None, True, None),
        (other(acts=True), True, Ruling.DEFER),
        (other(acts=False), True, Ruling.DEFER),
        (None, False, Ruling.DEFER),
    ],
    ids=["nobody", "acts", "acted lately", "nobody asked"],
)
def test_a_run_waits_while_anybody_acts_in_another_domain(elsewhere, known, expected) -> None:
    told = facts(elsewhere=elsewhere, elsewhere_known=known)
    assert ruling(GUARD, ZONE, a_subject(order=order_in("a")), told) is expected


def test_it_waits_until_the_other_domain_has_rested() -> None:
    told = facts(elsewhere=other(acts=False, ago=4 * MINUTE), elsewhere_known=True)
    verdict = GUARD.judge(ZONE, a_subject(order=order_in("a")), told)
    assert verdict is not None
    assert verdict.until == MOMENT + 6 * MINUTE
    assert "zone a" in verdict.reason
    assert "run_2 acted lately in zone b" in verdict.reason


def test_a_run_that_has_begun_goes_on() -> None:
    subject = a_subject(order=order_in("a"), acted=True)
    assert ruling(GUARD, ZONE, subject, facts()) is None


def test_without_settings_domains_do_not_matter() -> None:
    assert domain_of(an_order(), ()) is None
    assert ruling(GUARD, FailureDomainSettings(), a_subject(), facts()) is None


@pytest.mark.parametrize(
    ("settings", "zone", "targets", "name"),
    [
        (ZONE, "a", (), "zone a"),
        (ZONE, "", (), ""),
        (FailureDomainSettings(by=DomainBy.CLUSTER), "", ("node/n1@eu",), "cluster eu"),
        (FailureDomainSettings(by=DomainBy.CLUSTER), "", ("node/n1",), ""),
        (FailureDomainSettings(by=DomainBy.NAMESPACE), "", ("pod/shop/a",), "namespace shop"),
        (FailureDomainSettings(by=DomainBy.NAMESPACE), "", ("pod/shop/a", "pod/pay/b"), ""),
        (FailureDomainSettings(by=DomainBy.NAMESPACE), "", ("host/web1",), ""),
    ],
)
def test_what_has_no_one_domain_is_in_an_unknown_one(settings, zone, targets, name) -> None:
    found = tuple(Target(*each.split("/", 1)) for each in targets)
    domain = domain_of(order_in(zone, settings), found)
    assert domain is not None
    assert domain.name == name


def test_a_domain_has_one_name() -> None:
    with pytest.raises(ValueError, match="not both"):
        FailureDomainSettings(label="zone", by=DomainBy.CLUSTER)


def test_a_floor_names_the_domain_and_the_longer_rest_counts() -> None:
    floor = FailureDomainSettings(by=DomainBy.CLUSTER, per=MINUTE)
    assert GUARD.stricter(ZONE, floor) == FailureDomainSettings(
        by=DomainBy.CLUSTER, per=10 * MINUTE
    )
    assert GUARD.stricter(FailureDomainSettings(), ZONE) == ZONE
