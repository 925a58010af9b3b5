"""What the shipped playbooks ask Prometheus, asked of its own engine: where the published rule fires, they hold."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from remediator.config.catalog import find_catalog
from remediator.config.order import Orders
from remediator.config.playbooks import PlaybookLoader
from remediator.config.templates import Templates
from remediator.core.guards.require import RequireSettings
from remediator.core.playbook import CheckOrder, Mode
from remediator.core.selection import Decision, Selection
from remediator.documents.yaml_source import read_yaml_file
from remediator.integrations.hosts.settings.hosts import HostResolver
from remediator.testing.builders import an_alert
from tests.parts.require import find, require

ROOT = Path(__file__).parents[2]
CATALOG = find_catalog()
TEMPLATES = Templates({"host": HostResolver(allow=(r"web\d+",)).resolve})
END = 360  # minutes: as long as the longest range that is asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Series as they are in some story, and whether all queries of one part of a playbook hold at their end."""

    story: str
    playbook: str
    part: str = "require"
    labels: str
    series: dict[str, str]
    holds: bool


def space(percent: float, *, lost_per_minute: float = 0) -> dict[str, str]:
    at = "{instance='web1:9100',mountpoint='/data'}"
    return filling(
        f"node_filesystem_avail_bytes{at}",
        f"node_filesystem_size_bytes{at}",
        percent,
        lost_per_minute,
    )


def volume(percent: float, *, lost_per_minute: float = 0) -> dict[str, str]:
    at = "{namespace='shop',persistentvolumeclaim='db'}"
    free, size = "kubelet_volume_stats_available_bytes", "kubelet_volume_stats_capacity_bytes"
    return filling(f"{free}{at}", f"{size}{at}", percent, lost_per_minute)


def filling(free: str, size: str, percent: float, lost: float) -> dict[str, str]:
    """A series that ends at a percentage, having lost so much a minute."""
    return {free: f"{percent + lost * END:g}-{lost:g}x{END}", size: f"100+0x{END}"}


def pod(name: str, owner: str, node: str, phase: str, kind: str = "ReplicaSet") -> dict[str, str]:
    """A pod as kube-state-metrics tells of it; without a node it is not scheduled."""
    info = f"namespace='shop',pod='{name}',created_by_kind='{kind}',created_by_name='{owner}'"
    return {
        f"kube_pod_info{{{info},node='{node}'}}": f"1+0x{END}",
        f"kube_pod_status_phase{{namespace='shop',pod='{name}',phase='{phase}'}}": f"1+0x{END}",
    }


def crashing(name: str, values: str) -> dict[str, str]:
    labels = f"namespace='shop',pod='{name}',container='api',reason='CrashLoopBackOff'"
    return {f"kube_pod_container_status_waiting_reason{{{labels}}}": f"{values}"}


DISK = "alertname=A, instance=web1:9100, mountpoint=/data"
CLAIM = "alertname=A, namespace=shop, persistentvolumeclaim=db"
POD = "alertname=A, namespace=shop, pod=api-5d9c-x2v7l, container=api"
NODE = "alertname=A, node=n1"
UNIT = "alertname=A, instance=web1:9100, name=nginx.service"
CORDONED = {"kube_node_spec_unschedulable{node='n1'}": f"1+0x{END}"}
WAS_THERE = pod("api-1", "api-5d9c", "n1", "Running") | pod(
    "log-1", "log", "n1", "Running", "DaemonSet"
)
STILL = f"0+0x{END}"


def state(metric: str, which: str) -> dict[str, str]:
    return {f"{metric}{{instance='web1:9100',name='nginx.service',state='{which}'}}": f"1+0x{END}"}


def cases() -> Iterator[Case]:
    for name in ("disk-space-low", "disk-full-grow-volume"):
        for story, series, holds in (
            ("35 % is free, and none in a day", space(35, lost_per_minute=0.1), True),
            ("60 % is free, and none in a day", space(60, lost_per_minute=0.1), True),
            ("9 % is free", space(9), True),
            ("half is free and nothing changes", space(50), False),
        ):
            yield Case(story=story, playbook=name, labels=DISK, series=series, holds=holds)
    for story, series, holds in (
        ("14 % is free, and none in four days", volume(14, lost_per_minute=0.01), True),
        ("half is free, and none in four days", volume(50, lost_per_minute=0.02), True),
        ("9 % is free", volume(9), True),
        ("half is free and nothing changes", volume(50), False),
    ):
        yield Case(
            story=story, playbook="pvc-almost-full", labels=CLAIM, series=series, holds=holds
        )
    own, other, twin = "api-5d9c-x2v7l", "api-77aa-bbbbb", "api-5d9c-zzzzz"
    for story, part, series, holds in (
        ("it runs between two crashes", "require", crashing(own, f"0+0x{END - 3} 1 0 0"), True),
        ("it crashed an hour ago", "require", crashing(own, f"1+0x{END - 60} 0+0x59"), False),
        ("its new pod crashes", "verify", crashing(twin, f"1+0x{END}"), False),
        (
            "somebody else's container of that name crashes",
            "verify",
            crashing(other, f"1+0x{END}"),
            True,
        ),
        ("nothing crashes", "verify", crashing(twin, STILL), True),
    ):
        yield Case(
            story=story,
            playbook="pod-crash-looping",
            part=part,
            labels=POD,
            series=series,
            holds=holds,
        )
    for story, series, holds in (
        ("all runs elsewhere", pod("api-2", "api-5d9c", "n2", "Running"), True),
        ("somebody else's pod is pending", pod("big-1", "big", "", "Pending"), True),
        (
            "a pod of a daemon set is pending",
            pod("log-2", "log", "n2", "Pending", "DaemonSet"),
            True,
        ),
        ("what ran there found no place", pod("api-2", "api-5d9c", "", "Pending"), False),
        ("what ran there does not start", pod("api-2", "api-5d9c", "n2", "Pending"), False),
    ):
        whole = CORDONED | WAS_THERE | series
        yield Case(
            story=story,
            playbook="node-not-ready-drain",
            part="verify",
            labels=NODE,
            series=whole,
            holds=holds,
        )
    for metric in ("node_systemd_unit_state", "systemd_unit_state"):
        for part, which, holds in (
            ("require", "failed", True),
            ("require", "active", False),
            ("verify", "active", True),
        ):
            yield Case(
                story=metric,
                playbook="service-down",
                part=part,
                labels=UNIT,
                series=state(metric, which),
                holds=holds,
            )


def queries(case: Case) -> list[str]:
    """What a part of the playbook asks Prometheus about the alert of the case."""
    (book,) = (
        PlaybookLoader(CATALOG)
        .read([read_yaml_file(ROOT / f"playbooks/{case.playbook}.yaml")])
        .book
    )
    labels = dict(each.split("=", 1) for each in case.labels.split(", "))
    chosen = Selection(
        playbook=book, decision=Decision.RUN, reason="", mode=Mode.AUTO, environment="a"
    )
    order = Orders(CATALOG, TEMPLATES).render_order(chosen, an_alert(labels=labels), "prod")
    guard = order.guards["require"]
    assert isinstance(guard, RequireSettings)
    checks: tuple[CheckOrder, ...] = guard.checks if case.part == "require" else order.verify.checks
    return [str(check.parameters["query"]) for check in checks if check.kind == "promql"]


def as_promtool(case: Case) -> dict[str, object]:
    asked = queries(case)
    assert asked
    joined = " * ".join(f"((count({query}) > bool 0) or vector(0))" for query in asked)
    series = [{"series": name, "values": values} for name, values in case.series.items()]
    expected = [{"labels": "{}", "value": int(case.holds)}]
    question = {"expr": joined, "eval_time": f"{END}m", "exp_samples": expected}
    name = f"{case.playbook}, {case.part}: {case.story}"
    return {"name": name, "interval": "1m", "input_series": series, "promql_expr_test": [question]}


@pytest.mark.slow
def test_what_playbooks_ask_holds_where_published_rules_fire_and_looks_at_nobody_else(
    tmp_path: Path,
) -> None:
    require("promtool")
    file = tmp_path / "cases.yaml"
    file.write_text(yaml.safe_dump({"tests": [as_promtool(case) for case in cases()]}))

    argv = [find("promtool") or "promtool", "test", "rules", str(file)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
