"""kubernetes.suspend_cronjob on the real cluster, which serves CronJobs in another version than we ask for."""

import pytest

from remediator.core.change import Nothing
from remediator.core.errors import Stale
from remediator.core.events import Observation
from tests.integrations.kubernetes.actions.acting import acting, ticket
from tests.parts.cluster import Cluster, pod_spec

pytestmark = pytest.mark.slow


def placed(cluster: Cluster, namespace: str, name: str) -> str:
    pods = {"spec": {**pod_spec(), "restartPolicy": "Never"}}
    cluster.apply(
        {
            "apiVersion": cluster.beta_or_v1("batch"),
            "kind": "CronJob",
            "metadata": {"name": name, "namespace": namespace},
            "spec": {"schedule": "0 0 1 1 *", "jobTemplate": {"spec": {"template": pods}}},
        }
    )
    return f"cronjob/{namespace}/{name}"


def is_suspended(cluster: Cluster, namespace: str, name: str) -> bool:
    return bool(cluster.read("cronjob", name, "-n", namespace)["spec"]["suspend"])


async def test_a_cronjob_is_suspended_once_and_resumed(cluster: Cluster, namespace: str) -> None:
    target = placed(cluster, namespace, "nightly")
    async with acting(cluster) as act:
        change, right = await act.change("kubernetes.suspend_cronjob", target), ticket()
        assert "schedule 0 0 1 1 *" in change.summary
        assert (await act.observe(change, right)).observation is Observation.NOT_APPLIED
        await act.apply(change, right)

        assert is_suspended(cluster, namespace, "nightly")
        assert (await act.observe(change, right)).observation is Observation.APPLIED
        with pytest.raises(Stale):
            await act.apply(change, ticket())
        assert isinstance(await act.propose("kubernetes.suspend_cronjob", target), Nothing)
        resume = await act.change("kubernetes.suspend_cronjob", target, suspend=False)
        back = await act.undo(change)
        assert back is not None
        await act.apply(back, ticket())
        assert not is_suspended(cluster, namespace, "nightly")
        with pytest.raises(Stale):
            await act.apply(resume, ticket())
