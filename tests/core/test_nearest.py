"""Which playbooks come nearest to an alert that none of them matches."""

from __future__ import annotations

from remediator.core.nearest import nearest
from remediator.core.playbook import Playbook
from tests.core.test_selection import a_playbook

LABELS = {"alertname": "KubePodCrashLooping", "namespace": "shop", "env": "prod"}


def named(name: str, *alternatives: str) -> Playbook:
    return a_playbook(*alternatives, name=name)


def order_of(*playbooks: Playbook) -> list[str]:
    return [playbook.name for playbook in nearest(playbooks, LABELS)]


def test_one_label_that_differs_is_nearer_than_a_name_that_looks_alike() -> None:
    elsewhere = named("elsewhere", "alertname=KubePodCrashLooping, env=prod, namespace=core")
    misspelt = named("misspelt", "alertname=PodCrashLooping, env=staging")
    assert order_of(misspelt, elsewhere) == ["elsewhere", "misspelt"]


def test_what_has_nothing_in_common_is_left_out() -> None:
    assert order_of(named("disk", "alertname=DiskSpaceLow, mountpoint=/var")) == []
    assert order_of(named("anything-else", "env!=staging, alertname=DiskSpaceLow")) == []


def test_the_best_alternative_counts_and_at_most_three_are_named() -> None:
    many = [named(f"p{n}", "alertname=X", "alertname=KubePodCrashing") for n in range(5)]
    assert order_of(*many) == ["p0", "p1", "p2"]
