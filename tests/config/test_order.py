"""From a playbook and an alert to an order: labels are filled in once, as data."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remediator.config.order import Orders
from remediator.config.playbooks import PlaybookLoader
from remediator.config.templates import Templates
from remediator.core.alert import Alert, AlertStatus
from remediator.core.change import ActionEffect
from remediator.core.errors import InputError, InvalidTarget, InvalidTemplate
from remediator.core.events import Admitted
from remediator.core.order import Order
from remediator.core.playbook import Mode, Playbook
from remediator.core.selection import Decision, Selection
from remediator.core.target import Target
from remediator.documents.yaml_source import read_yaml
from remediator.integrations.hosts.settings.hosts import HostResolver
from remediator.integrations.kubernetes.settings import KUBERNETES_SECTION, KubernetesSettings
from remediator.ports.codec import decode_event, encode_event
from remediator.ports.sections import Sections
from tests.config.catalogs import small_catalog

CATALOG = small_catalog()
TEMPLATES = Templates({"host": HostResolver(allow=(r"web\d+",)).resolve})
LOADER = PlaybookLoader(CATALOG, templates=TEMPLATES)
ORDERS = Orders(CATALOG, TEMPLATES, {"critical": "SEV-2"})
ALERT = Alert(
    fingerprint="f1",
    status=AlertStatus.FIRING,
    labels={
        "alertname": "DiskSpaceLow",
        "instance": "web1:9100",
        "mountpoint": "/var",
        "severity": "critical",
    },
    annotations={"size": "2G"},
    starts_at=datetime(2026, 11, 20, 3, 0, tzinfo=UTC),
)


def a_playbook(text: str) -> Playbook:
    return next(iter(LOADER.read([read_yaml("p.yaml", text.encode())]).checked()))


FULL = a_playbook((Path(__file__).parent / "full.yaml").read_text())


def small(step: str, target: str = "host/{{ labels.instance | host }}") -> Playbook:
    return a_playbook(
        f"name: small\nmatch: [alertname=A]\ntarget: '{target}'\nsteps:\n  - {step}\n"
    )


def an_order(playbook: Playbook, **labels: str) -> Order:
    alert = replace(ALERT, labels={**ALERT.labels, **labels})
    return ORDERS.render_order(a_selection(playbook), alert, "prod")


def a_selection(playbook: Playbook) -> Selection:
    return Selection(
        playbook=playbook,
        decision=Decision.RUN,
        reason="",
        mode=Mode.AUTO,
        environment="staging",
    )


def test_a_target_in_kubernetes_is_one_that_the_settings_know() -> None:
    clusters = (KubernetesSettings(name="eu", namespaces=("payments",)),)
    sections = Sections().having(KUBERNETES_SECTION, clusters)
    orders = Orders(CATALOG, TEMPLATES, sections=sections)
    target = "deployment/{{ labels.namespace }}/{{ labels.deployment }}@eu"
    playbook = small("k8s.scale: {replicas: 3}", target)

    def ordered(**labels: str) -> Order:
        alert = replace(ALERT, labels={**ALERT.labels, **labels})
        return orders.render_order(a_selection(playbook), alert, "prod")

    order = ordered(namespace="payments", deployment="api")

    assert order.target == Target("deployment", "payments/api")
    with pytest.raises(InvalidTarget, match="not among the `namespaces`"):
        ordered(namespace="other", deployment="api")
    with pytest.raises(InvalidTarget, match="a value with an @"):
        ordered(namespace="payments", deployment="api@us")


def test_an_order_holds_everything_a_run_needs() -> None:
    order = an_order(FULL)

    assert order.playbook == "disk-space-low"
    assert order.playbook_digest == FULL.digest
    assert order.target == Target("host", "web1")
    assert order.mode is Mode.AUTO
    assert order.environment == "staging"
    assert order.source == "prod"
    assert order.severity == "SEV-3"
    assert order.diagnose[0].parameters == {"path": "/var", "top": 15}
    assert order.steps[2].parameters == {"keep_size": "2G"}
    query = 'node_filesystem_avail_bytes{instance="web1:9100"} > 0.2'
    assert order.verify.checks[0].parameters == {"query": query}
    assert order.verify.checks[0].key == f"promql: {query}"
    assert order.verify.holds_for == timedelta(minutes=1)
    assert order.approval == FULL.approval
    assert order.failure == FULL.failure
    assert order.notify == FULL.notify


def test_the_questions_of_guards_are_filled_in_too() -> None:
    require = an_order(FULL).guards["require"]

    assert require.checks[0].text == 'node_filesystem_avail_bytes{instance="web1:9100"} < 0.15'


def test_the_severity_comes_from_the_alert_where_the_playbook_has_none() -> None:
    playbook = replace(FULL, severity=None)

    assert an_order(playbook).severity == "SEV-2"
    assert an_order(playbook, severity="page").severity == ""


def test_an_order_survives_being_stored() -> None:
    order = an_order(FULL)
    event = Admitted(
        order=order, episode="e", ordinal=1, deadline=ALERT.starts_at + timedelta(hours=1)
    )

    assert decode_event(encode_event(event)) == event


def test_a_step_keeps_the_text_of_a_label_whatever_it_holds() -> None:
    playbook = small('ssh.run: {command: "{{ labels.x }}", arguments: ["<{{ labels.x }}>"]}')

    for hostile in (
        "{{ 7*7 }}",
        "{% x %}",
        "$(id)",
        '"; rm -rf /',
        "\x1b[31m",
        "a\nb",
        "<!channel>",
    ):
        parameters = an_order(playbook, x=hostile).steps[0].parameters
        assert parameters == {"command": hostile, "arguments": [f"<{hostile}>"]}


@given(st.text(max_size=100))
def test_no_label_value_is_evaluated_or_becomes_a_key(value: str) -> None:
    playbook = SMALL_COMMAND

    parameters = an_order(playbook, x=value).steps[0].parameters

    assert parameters == {"command": value}


@given(st.text(max_size=60))
def test_no_label_value_leaves_its_promql_string(value: str) -> None:
    query = an_order(FULL, instance2=value, instance="web1").verify.checks[0].parameters["query"]

    assert query.count('"') == 2


@given(st.text(alphabet="web1-/.:;$ \n@", max_size=20))
def test_a_target_is_an_allowed_host_or_nothing(instance: str) -> None:
    try:
        order = an_order(FULL, instance=instance)
    except InvalidTarget:
        return
    assert order.target.kind == "host"
    assert order.target.name.startswith("web")
    assert order.target.name[3:].isdigit()


@pytest.mark.parametrize(
    "hostile", ["a/b", "../x", "x/../y", "/", "-x", "a b", "", "$(id)", "a\nb"]
)
def test_a_label_cannot_add_a_part_to_a_target(hostile: str) -> None:
    playbook = small("k8s.scale: {replicas: 3}", "deployment/shop/{{ labels.deployment }}")

    assert an_order(playbook, deployment="api").target == Target("deployment", "shop/api")
    with pytest.raises(InvalidTarget):
        an_order(playbook, deployment=hostile)


def test_a_value_from_a_label_must_fit_its_parameter() -> None:
    playbook = small('k8s.scale: {replicas: "{{ labels.n }}"}', "deployment/shop/api")

    assert an_order(playbook, n="7").steps[0].parameters == {"replicas": "7"}
    with pytest.raises(
        InputError, match=r"step k8s\.scale: replicas: .* less than or equal to 100"
    ):
        an_order(playbook, n="1000")
    with pytest.raises(InputError, match=r"step k8s\.scale: replicas: .* valid integer"):
        an_order(playbook, n="seven")


def test_the_effect_of_a_step_follows_its_filled_in_parameters() -> None:
    playbook = small(
        'docker.prune: {what: [images], older_than: 1h, all_images: "{{ labels.all }}"}'
    )

    assert an_order(playbook, all="true").steps[0].effect is ActionEffect.IRREVERSIBLE
    assert an_order(playbook, all="false").steps[0].effect is ActionEffect.REVERSIBLE


def test_a_missing_label_is_an_error_that_names_it() -> None:
    with pytest.raises(InvalidTemplate, match="there is no `x`"):
        an_order(SMALL_COMMAND)


def test_the_checks_of_a_step_are_filled_in() -> None:
    playbook = small("ssh.run: {command: a}\n    unless: [{promql: 'up{i=\"{{ labels.x }}\"}'}]")

    assert an_order(playbook, x='q"').steps[0].unless[0].text == 'up{i="q\\""}'


SMALL_COMMAND = small('ssh.run: {command: "{{ labels.x }}"}')
