"""Targets in Kubernetes: one spelling for each object, and only what the settings allow."""

from pathlib import Path

import pytest

from remediator.config.template_texts import without_templates
from remediator.core.errors import InvalidTarget
from remediator.core.target import parse_target
from remediator.integrations.kubernetes.settings import KubernetesSettings
from remediator.integrations.kubernetes.targets import ClusterTargets, own_places

ONE = ClusterTargets([KubernetesSettings(name="eu", namespaces=("payments", "shop-*"))])
TWO = ClusterTargets(
    [
        KubernetesSettings(name="eu", namespaces=("payments",)),
        KubernetesSettings(name="us", namespaces=("*",)),
    ]
)
NONE = ClusterTargets()


@pytest.mark.parametrize(
    ("clusters", "written", "expected"),
    [
        (ONE, "deployment/payments/api", "deployment/payments/api"),
        (ONE, "deployment/payments/api@eu", "deployment/payments/api"),
        (ONE, "statefulset/shop-1/db", "statefulset/shop-1/db"),
        (ONE, "pod/payments/api-0/main", "pod/payments/api-0/main"),
        (ONE, "node/ip-10-0-0-1.eu.internal", "node/ip-10-0-0-1.eu.internal"),
        (ONE, "node/n1@eu", "node/n1"),
        (TWO, "deployment/payments/api@eu", "deployment/payments/api@eu"),
        (TWO, "deployment/other/api@us", "deployment/other/api@us"),
        (TWO, "node/n1@us", "node/n1@us"),
        (NONE, "deployment/payments/api", "deployment/payments/api"),
    ],
)
def test_an_object_has_one_spelling(clusters: ClusterTargets, written: str, expected: str) -> None:
    assert str(clusters.checked(parse_target(written), written)) == expected


@pytest.mark.parametrize(
    ("clusters", "written", "words"),
    [
        (ONE, "deployment/other/api", "not among the `namespaces` of the cluster eu"),
        (ONE, "deployment/payments/api@us", "no cluster 'us' in the settings: eu"),
        (ONE, "deployment/payments/api@eu@eu", "no cluster 'eu@eu'"),
        (ONE, "deployment/api", "expected deployment/NAMESPACE/NAME"),
        (ONE, "deployment/payments/api/more", "expected deployment/NAMESPACE/NAME"),
        (ONE, "deployment/payments/API", "in Kubernetes' names"),
        (ONE, "pod/payments/api-0/main/more", "expected pod/NAMESPACE/NAME"),
        (ONE, "node/a/b", "expected node/NAME"),
        (TWO, "deployment/payments/api", "which cluster\\? write @NAME behind it: eu, us"),
        (TWO, "node/n1", "which cluster"),
        (TWO, "deployment/other/api@eu", "not among the `namespaces` of the cluster eu"),
        (TWO, "deployment/payments/api@asia", "no cluster 'asia' in the settings: eu, us"),
    ],
)
def test_what_is_unknown_or_not_allowed_is_refused(
    clusters: ClusterTargets, written: str, words: str
) -> None:
    with pytest.raises(InvalidTarget, match=words):
        clusters.checked(parse_target(written), written)


def test_a_label_cannot_choose_the_cluster() -> None:
    target = parse_target("deployment/payments/api@us")

    with pytest.raises(InvalidTarget, match="a value with an @ cannot be part of a target"):
        TWO.checked(target, "deployment/payments/")

    assert TWO.checked(target, "deployment/payments/@us") == target


@pytest.mark.parametrize(
    ("content", "places"),
    [("monitoring\n", ("namespace/monitoring",)), ("", ()), ("*", ()), (None, ())],
)
def test_a_daemon_in_a_pod_protects_its_own_namespace(
    content: str | None, places: tuple[str, ...], tmp_path: Path
) -> None:
    if content is not None:
        (tmp_path / "namespace").write_text(content)

    assert own_places(tmp_path / "namespace") == places


@pytest.mark.parametrize(
    ("clusters", "target", "words"),
    [
        (ONE, "deployment/{{ labels.namespace }}/{{ labels.deployment }}", ""),
        (ONE, "deployment/{{ labels.namespace }}/{{ labels.deployment }}@{{ labels.c }}", ""),
        (ONE, "deployment/payments/api", ""),
        (ONE, "deployment/other/api", "not among the `namespaces`"),
        (ONE, "pod/{{ labels.namespace }}/{{ labels.pod }}@us", "no cluster 'us'"),
        (TWO, "pod/{{ labels.namespace }}/{{ labels.pod }}@us", ""),
        (TWO, "node/{{ labels.node }}@{{ labels.cluster }}", ""),
        (TWO, "node/{{ labels.node }}", "which cluster? write @NAME behind it: eu, us"),
        (TWO, "node/n1@asia", "no cluster 'asia'"),
    ],
)
def test_a_playbook_hears_at_load_what_no_alert_could_mend(
    clusters: ClusterTargets, target: str, words: str
) -> None:
    remark = clusters.remark(target, without_templates(target))

    assert bool(words) is bool(remark)
    assert remark is None or (words in remark.message and remark.is_error)
