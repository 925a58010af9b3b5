"""`kubernetes.pod_command` in real pods: the contract, freed space, and what becomes of a doubt."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest

from remediator.core.change import ActionEffect
from remediator.core.errors import Permanent, Stale
from remediator.core.events import Observation
from remediator.core.target import Target
from remediator.integrations.kubernetes.actions.pod_command import ACTIONS, PodCommandParameters
from remediator.integrations.kubernetes.gateway.clusters import Kubernetes
from remediator.integrations.kubernetes.pod_shell.shell import PodLooker, PodShell
from remediator.integrations.shell.settings import Command, CommandCheck
from remediator.ports.action import Request
from remediator.ports.gateways import Reads, Writes
from remediator.testing.action_contract import ActionCase, ActionContract
from tests.bound import reads_of, writes_of
from tests.integrations.kubernetes.pod_parts import all_run, inside, reach_of, run_pod
from tests.parts.cluster import Cluster, wait_until

pytestmark = pytest.mark.slow

FILLED = "i=0; while [ $i -lt 8 ]; do dd if=/dev/zero of=/tmp/old.$i bs=1M count=4 2>/dev/null; i=$((i+1)); done"


COMMANDS = {
    "clear-old": Command(
        argv=("sh", "-c", 'rm -f "$1"/old.* && echo cleared', "sh", "{directory}"),
        parameters={"directory": "/tmp|/cache"},
        check=CommandCheck(argv=("sh", "-c", '[ ! -e "$1"/old.0 ]', "sh", "{directory}")),
    ),
    "note": Command(argv=("sh", "-c", "echo x >>/tmp/notes; sleep 2; echo noted")),
}


@pytest.fixture(scope="module")
def pod(cluster: Cluster, namespace: str) -> Target:
    return run_pod(cluster, namespace, "cache")


class Bound(NamedTuple):
    reads: Reads
    writes: Writes


@pytest.fixture
async def gateways(cluster: Cluster) -> AsyncIterator[Bound]:
    kubernetes = Kubernetes([reach_of(cluster.kubeconfig)])
    looker, shell = PodLooker(kubernetes.looking), PodShell(kubernetes.looking)
    yield Bound(
        reads_of(kubernetes=kubernetes.looking, looker=looker, commands=COMMANDS),
        writes_of(kubernetes=kubernetes.acting, shell=shell),
    )
    await kubernetes.close()


def asked(target: Target, name: str = "clear-old", **parameters: str) -> Request:
    return Request(
        step="clear",
        target=target,
        parameters=PodCommandParameters(name=name, parameters=parameters),
        timeout=timedelta(seconds=30),
        now=datetime.now(UTC),
    )


def case_of(cluster: Cluster, target: Target, gateways: Bound, **more: Any) -> ActionCase:
    (action,) = ACTIONS
    request = more.pop("request", None) or asked(target, directory="/tmp")
    return ActionCase(
        action=action,
        request=request,
        reads=gateways.reads,
        writes=gateways.writes,
        state=lambda: inside(cluster, target, "ls /tmp; cat /tmp/notes 2>/dev/null || :"),
        **more,
    )


class TestPodCommand(ActionContract):
    @pytest.fixture
    def case(self, cluster: Cluster, pod: Target, gateways: Bound) -> ActionCase:
        inside(cluster, pod, "rm -rf /dev/shm/remediator-* /tmp/notes; " + FILLED)
        return case_of(cluster, pod, gateways)


async def test_it_frees_space_in_a_pod_and_describe_tells_the_story(
    cluster: Cluster, pod: Target, gateways: Bound
) -> None:
    inside(cluster, pod, FILLED)
    case = case_of(cluster, pod, gateways)
    before = int(inside(cluster, pod, "du -sk /tmp").split()[0])
    change = await case.change()
    measure = await case.applier().apply(change, case.ticket())

    assert change.effect is ActionEffect.IRREVERSIBLE
    assert change.before["check"] is False
    assert "busybox" in change.before["image"]
    assert "run clear-old in the container main" in change.summary
    assert measure.summary == "ran clear-old: cleared"
    assert int(inside(cluster, pod, "du -sk /tmp").split()[0]) < before - 30_000
    namespace, name = pod.name.split("/")
    told = cluster.kubectl("describe", "pod", name, "-n", namespace)
    assert "RemediatorApplied" in told
    assert "run clear-old" in told


async def test_a_container_that_restarts_in_its_pod_is_the_one_of_the_plan_and_proves_no_attempt(
    cluster: Cluster, namespace: str, gateways: Bound
) -> None:
    target = run_pod(cluster, namespace, "restarts")
    case = case_of(cluster, target, gateways, request=asked(target, "note"))
    change, ticket = await case.change(), case.ticket()
    restart(cluster, target)

    sight = await case.proposer().observe(change, ticket)
    assert sight.observation is Observation.UNKNOWABLE
    assert "started anew" in sight.detail
    assert (await case.applier().apply(change, case.ticket())).summary


async def test_a_receipt_outlives_a_restart_of_its_container(
    cluster: Cluster, namespace: str, gateways: Bound
) -> None:
    target = run_pod(cluster, namespace, "keeps")
    case = case_of(cluster, target, gateways, request=asked(target, "note"))
    change, ticket = await case.change(), case.ticket()
    await case.applier().apply(change, ticket)
    restart(cluster, target)

    sight = await case.proposer().observe(change, ticket)
    assert sight.observation is Observation.APPLIED


async def test_another_pod_of_the_name_proves_nothing(
    cluster: Cluster, namespace: str, gateways: Bound
) -> None:
    target = run_pod(cluster, namespace, "replaced")
    case = case_of(cluster, target, gateways, request=asked(target, "note"))
    change, ticket = await case.change(), case.ticket()
    cluster.delete_now("pod", "replaced", namespace)
    gone = await case.proposer().observe(change, ticket)
    run_pod(cluster, namespace, "replaced")
    another = await case.proposer().observe(change, ticket)

    assert gone.observation is another.observation is Observation.UNKNOWABLE
    with pytest.raises(Stale):
        await case.applier().apply(change, ticket)


@pytest.mark.parametrize(
    ("request_for", "error", "words"),
    [
        ({"name": "no-such"}, Permanent, "the settings allow no command"),
        ({"directory": "/etc"}, Permanent, "does not match"),
        ({}, Permanent, "'directory' is missing"),
        ({"name": "note", "container": "sidecar"}, Permanent, "no container 'sidecar', only main"),
        ({"name": "note", "pod": "nobody"}, Permanent, "not found"),
    ],
)
async def test_what_can_never_be_is_refused_before_people_are_asked(
    pod: Target, gateways: Bound, request_for: dict[str, str], error: type, words: str
) -> None:
    wanted = dict(request_for)
    namespace, name = pod.name.split("/")
    path = "/".join(
        [namespace, wanted.pop("pod", name), *filter(None, [wanted.pop("container", "")])]
    )
    request = asked(Target("pod", path), wanted.pop("name", "clear-old"), **wanted)
    (action,) = ACTIONS

    with pytest.raises(error, match=words):
        await action.proposer(gateways.reads).propose(request)


def restart(cluster: Cluster, target: Target) -> None:
    namespace, name = target.name.split("/")

    def restarts() -> int:
        status = cluster.read("pod", name, "-n", namespace)["status"]
        return int(status["containerStatuses"][0]["restartCount"])

    before = restarts()
    inside(cluster, target, "kill 1")
    wait_until(lambda: restarts() > before and all_run(cluster, namespace, name), "a restart")
