"""kubernetes.rollout_undo on the real cluster: what kubectl would do, what it would refuse, and never back again."""

from typing import Any

import pytest

from remediator.core.change import Nothing
from remediator.core.errors import Permanent, Stale
from remediator.core.events import Observation
from remediator.integrations.kubernetes.knowledge.rollout import clean_template
from tests.integrations.kubernetes.actions.acting import Acting, acting, stored, ticket
from tests.integrations.kubernetes.actions.workloads import (
    BAD,
    GOOD,
    KINDS,
    deployed,
    found,
    image,
    set_image,
    settled,
    two_revisions,
    workload,
)
from tests.parts.cluster import Cluster

pytestmark = pytest.mark.slow

UNDO = "kubernetes.rollout_undo"


async def undone(act: Acting, cluster: Cluster, target: str, **parameters: Any) -> str:
    """Roll back and wait for the controller; return what was written about it."""
    change = await act.change(UNDO, target, **parameters)
    measure = await act.apply(change, ticket())
    settled(cluster, *target.split("/"))
    return measure.summary


@pytest.mark.parametrize("kind", KINDS)
async def test_it_writes_what_kubectl_would(cluster: Cluster, namespace: str, kind: str) -> None:
    ours, theirs = (two_revisions(cluster, kind, namespace) for _ in range(2))
    _, _, name = theirs.split("/")
    async with acting(cluster) as act:
        summary = await undone(act, cluster, ours)
    cluster.kubectl("rollout", "undo", f"{kind}/{name}", "-n", namespace)
    settled(cluster, *theirs.split("/"))

    assert image(cluster, ours) == GOOD
    assert f"image {BAD} -> {GOOD}" in summary
    assert compared(cluster, ours) == compared(cluster, theirs)


def compared(cluster: Cluster, target: str) -> Any:
    """All of an object that two rollbacks may be compared by."""
    read, name = found(cluster, target), target.split("/")[2]
    spec = {**read["spec"], "template": clean_template(read["spec"]["template"])}
    noted = read["metadata"].get("annotations") or {}
    kept = {k: v for k, v in noted.items() if not k.startswith("remediator.dev/")}
    return [str(part).replace(name, "NAME") for part in (spec, kept)]


async def test_a_deployment_takes_the_annotations_of_its_revision_as_with_kubectl(
    cluster: Cluster, namespace: str
) -> None:
    ours, theirs = (caused(cluster, namespace, f"{who}-caused") for who in ("our", "their"))
    async with acting(cluster) as act:
        change = await act.change(UNDO, ours)
        await act.apply(change, ticket())
    cluster.kubectl("rollout", "undo", "deployment/their-caused", "-n", namespace)
    for target in (ours, theirs):
        settled(cluster, *target.split("/"))

    noted = found(cluster, ours)["metadata"]["annotations"]
    assert noted["kubernetes.io/change-cause"] == "release 1"
    assert "only-now" not in noted
    assert change.after["annotations_lost"] == ["only-now"]
    assert change.before["change_cause"] == "release 2"
    assert {
        k: v for k, v in noted.items() if "last-applied" not in k and "remediator" not in k
    } == {
        k: v
        for k, v in found(cluster, theirs)["metadata"]["annotations"].items()
        if "last-applied" not in k
    }


def caused(cluster: Cluster, namespace: str, name: str) -> str:
    """Two releases with their causes, and an annotation that only the second has."""
    for number, (release, more) in enumerate(((GOOD, {}), (BAD, {"only-now": "x"})), 1):
        made = workload("deployment", namespace, name, release)
        made["metadata"]["annotations"] = {
            "kubernetes.io/change-cause": f"release {number}",
            **more,
        }
        deployed(cluster, made)
    return f"deployment/{namespace}/{name}"


@pytest.mark.parametrize("kind", KINDS)
async def test_a_second_alert_does_not_flip_it_back(
    cluster: Cluster, namespace: str, kind: str
) -> None:
    target = two_revisions(cluster, kind, namespace)
    async with acting(cluster) as act:
        await undone(act, cluster, target)

        with pytest.raises(Permanent, match="which a rollback of ours just left"):
            await act.propose(UNDO, target)
        assert image(cluster, target) == GOOD

        set_image(cluster, target, "busybox:newer")
        assert "to 3" in await undone(act, cluster, target)
        assert image(cluster, target) == GOOD


async def test_a_run_that_must_be_taken_back_goes_forward_again(
    cluster: Cluster, namespace: str
) -> None:
    target = two_revisions(cluster, "deployment", namespace)
    async with acting(cluster) as act:
        change = await act.change(UNDO, target)
        await act.apply(change, ticket())
        settled(cluster, *target.split("/"))
        back = await act.undo(change)
        assert back is not None
        await act.apply(back, ticket())
        settled(cluster, *target.split("/"))

        assert image(cluster, target) == BAD
        with pytest.raises(Permanent, match="somebody changed it since the rollback"):
            await act.undo(change)


async def test_who_deploys_between_approval_and_apply_makes_it_stale(
    cluster: Cluster, namespace: str
) -> None:
    target = two_revisions(cluster, "deployment", namespace)
    async with acting(cluster) as act:
        change, right = await act.change(UNDO, target), ticket()
        set_image(cluster, target, "busybox:newer")

        with pytest.raises(Stale, match="changed since the plan"):
            await act.apply(change, right)
        assert image(cluster, target) == "busybox:newer"
        assert (await act.observe(change, right)).observation is Observation.DIVERGED


async def test_an_old_revision_that_somebody_edits_is_not_what_was_approved(
    cluster: Cluster, namespace: str
) -> None:
    target = two_revisions(cluster, "deployment", namespace)
    async with acting(cluster) as act:
        change = await act.change(UNDO, target)
        edit = '[{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "x"}]'
        keeper = change.intent["to"]["name"]
        cluster.kubectl("patch", "rs", keeper, "-n", namespace, "--type=json", "-p", edit)

        with pytest.raises(Stale, match="something else by now"):
            await act.apply(change, ticket())
        assert image(cluster, target) == BAD


async def test_a_changed_history_is_noticed(cluster: Cluster, namespace: str) -> None:
    target = two_revisions(cluster, "statefulset", namespace)
    async with acting(cluster) as act:
        change = await act.change(UNDO, target)
        keeper = change.intent["to"]["name"]
        cluster.kubectl("delete", "controllerrevision", keeper, "-n", namespace)

        with pytest.raises(Stale, match="history was changed"):
            await act.apply(change, ticket())


@pytest.mark.parametrize("kind", KINDS)
async def test_without_history_there_is_nothing_to_go_back_to(
    cluster: Cluster, namespace: str, kind: str
) -> None:
    target = f"{kind}/{namespace}/first-{kind}"
    deployed(cluster, workload(kind, namespace, f"first-{kind}", GOOD))
    async with acting(cluster) as act:
        with pytest.raises(Permanent, match="no rollout history"):
            await act.propose(UNDO, target)


async def test_a_paused_deployment_is_refused(cluster: Cluster, namespace: str) -> None:
    target = two_revisions(cluster, "deployment", namespace)
    cluster.kubectl("rollout", "pause", f"deployment/{target.split('/')[2]}", "-n", namespace)
    async with acting(cluster) as act:
        with pytest.raises(Permanent, match="resume it first"):
            await act.propose(UNDO, target)


async def test_a_revision_that_is_not_there_is_named_with_those_that_are(
    cluster: Cluster, namespace: str
) -> None:
    target = two_revisions(cluster, "deployment", namespace)
    async with acting(cluster) as act:
        with pytest.raises(
            Permanent, match="unable to find revision 41 in its history; it has 1, 2"
        ):
            await act.propose(UNDO, target, to_revision=41)


async def test_a_release_that_is_older_than_the_trouble_is_left_alone(
    cluster: Cluster, namespace: str
) -> None:
    target = two_revisions(cluster, "deployment", namespace)
    async with acting(cluster) as act:
        assert await act.change(UNDO, target, released_within="1h")
        with pytest.raises(Permanent, match="not from the last 1ms: what is wrong is hardly its"):
            await act.propose(UNDO, target, released_within="1ms")


async def test_the_template_it_has_already_is_nothing_to_do(
    cluster: Cluster, namespace: str
) -> None:
    target = two_revisions(cluster, "daemonset", namespace)
    async with acting(cluster) as act:
        proposed = await act.propose(UNDO, target, to_revision=2)

        assert isinstance(proposed, Nothing)
        assert proposed.reason == f"{target} matches the template of revision 2 already"


async def test_what_is_not_there_is_not_found(cluster: Cluster, namespace: str) -> None:
    async with acting(cluster) as act:
        with pytest.raises(Permanent, match="not found"):
            await act.propose(UNDO, f"deployment/{namespace}/nothing")


async def test_who_owns_it_is_asked_of_the_settings(cluster: Cluster, namespace: str) -> None:
    target = two_revisions(cluster, "deployment", namespace)
    tracked = "argocd.argoproj.io/tracking-id=payments:apps/Deployment:x/y"
    name = target.split("/")[2]
    cluster.kubectl("annotate", f"deployment/{name}", tracked, "-n", namespace)
    settled(cluster, "deployment", namespace, name)

    async with acting(cluster, gitops="refuse") as act:
        with pytest.raises(Permanent, match=r"Argo CD \(application payments\) owns it"):
            await act.propose(UNDO, target)
    async with acting(cluster, gitops="warn") as act:
        assert "Argo CD (application payments)" in (await act.change(UNDO, target)).summary
    async with acting(cluster, gitops="allow") as act:
        assert "Argo" not in (await act.change(UNDO, target)).summary


async def test_a_manifest_that_will_be_applied_again_puts_the_bad_template_back(
    cluster: Cluster, namespace: str
) -> None:
    target = two_revisions(cluster, "deployment", namespace)
    async with acting(cluster) as act:
        applied = await act.change(UNDO, target)
        set_image(cluster, target, "busybox:third")
        by_hand = await act.change(UNDO, target, to_revision=1)

    words = "the next `kubectl apply` of its manifest puts what is left back"
    assert applied.summary.endswith(words)
    assert words not in by_hand.summary


async def test_what_the_old_template_names_and_is_gone_is_told_before_anybody_approves(
    cluster: Cluster, namespace: str
) -> None:
    name = "names-sources"
    old = workload("deployment", namespace, name, GOOD)
    container = old["spec"]["template"]["spec"]["containers"][0]
    named = ("gone", "there")
    container["envFrom"] = [{"configMapRef": {"name": each}} for each in named]
    container["envFrom"] += [{"secretRef": {"name": each}} for each in named]
    container["envFrom"] += [{"configMapRef": {"name": "may-be-gone", "optional": True}}]
    cluster.kubectl("create", "configmap", "there", "-n", namespace)
    cluster.kubectl("create", "secret", "generic", "there", "-n", namespace)
    deployed(cluster, old)
    deployed(cluster, workload("deployment", namespace, name, BAD))
    async with acting(cluster) as act:
        summary = (await act.change(UNDO, f"deployment/{namespace}/{name}")).summary

    assert "ConfigMap gone, which revision 1 names, is gone: its pods will not start" in summary
    assert "Secret gone, which revision 1 names, is gone: its pods will not start" in summary
    assert "there, which" not in summary
    assert "may-be-gone" not in summary


async def test_kubectl_describe_tells_the_story(cluster: Cluster, namespace: str) -> None:
    target = two_revisions(cluster, "deployment", namespace)
    async with acting(cluster) as act:
        right = ticket()
        await act.apply(await act.change(UNDO, target), right)

    told = cluster.kubectl("describe", "deployment", target.split("/")[2], "-n", namespace)
    assert "RemediatorApplied" in told
    assert f"from revision 2 to 1: image {BAD} -> {GOOD}" in told
    assert right.token in told


async def test_a_secret_in_a_variable_stays_out_of_the_plan(
    cluster: Cluster, namespace: str
) -> None:
    for release, password in ((GOOD, "hunter2"), (BAD, "hunter3")):
        made = workload("deployment", namespace, "secretive", release)
        (container,) = made["spec"]["template"]["spec"]["containers"]
        container["env"] = [{"name": "DB_PASSWORD", "value": password}]
        deployed(cluster, made)
    async with acting(cluster) as act:
        change = stored(await act.change(UNDO, f"deployment/{namespace}/secretive"))

    assert "hunter" not in str(change)
    assert "main: variable DB_PASSWORD changes" in change.after["differences"]


async def test_a_rollback_of_running_pods_ends_as_kubectl_says(
    cluster: Cluster, namespace: str
) -> None:
    made = workload("deployment", namespace, "running", GOOD)
    real = {"kubernetes.io/hostname": "node1"}  # pods on a stand-in never get ready
    made["spec"]["template"]["spec"]["nodeSelector"] = real
    made["spec"]["replicas"] = 2
    deployed(cluster, made)
    status = ("rollout", "status", "deployment/running", "-n", namespace)
    cluster.kubectl(*status, "--timeout=60s")
    target = f"deployment/{namespace}/running"
    set_image(cluster, target, BAD)
    async with acting(cluster) as act:
        await undone(act, cluster, target)

    assert "successfully rolled out" in cluster.kubectl(*status, "--timeout=60s")
