"""What can go wrong on the way into a container, in real pods: each has its own error, and nothing runs twice."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from remediator.core.errors import Permanent, Stale, Transient, Uncertain
from remediator.core.target import Target
from remediator.integrations.kubernetes.pod_shell import shell as pod_shells
from remediator.integrations.kubernetes.pod_shell.shell import PodShell
from remediator.integrations.kubernetes.rights import ClusterRight, pod_shell_rights
from remediator.integrations.shell.api import Output
from tests.integrations.kubernetes.pod_parts import image, inside, pod_shell, run_pod
from tests.integrations.shell.hostile import hostile_words
from tests.parts.cluster import Cluster, pod_spec, wait_until

pytestmark = pytest.mark.slow

LIMIT = timedelta(seconds=20)


@pytest.fixture(scope="module")
def pod(cluster: Cluster, namespace: str) -> Target:
    return run_pod(cluster, namespace, "doubts")


@pytest.fixture
async def shell(cluster: Cluster) -> AsyncIterator[PodShell]:
    async with pod_shell(cluster.kubeconfig) as one:
        yield one


async def change(
    shell: PodShell, target: Target, line: str, token: str, limit: timedelta = LIMIT
) -> Output:
    return await shell.change(
        target,
        ["sh", "-c", line],
        token=token,
        fence=1,
        not_after=datetime.now(UTC) + LIMIT,
        timeout=limit,
    )


async def settled(shell: PodShell, target: Target, token: str) -> str:
    """The receipt's state, once the command no longer runs."""
    for _ in range(180):
        receipt = await shell.receipt(target, token)
        if receipt.state != "running":
            return receipt.state
        await asyncio.sleep(0.5)
    return "running"


async def test_words_arrive_as_they_were_sent_and_none_is_interpreted(
    cluster: Cluster, shell: PodShell, pod: Target
) -> None:
    words = hostile_words("/tmp/canary")
    show = ["sh", "-c", 'for word; do printf "<%s>" "$word"; done', "sh"]
    for batch in (words[start : start + 60] for start in range(0, len(words), 60)):
        output = await shell.look(pod, [*show, *batch], timeout=LIMIT)
        assert output.stdout == "".join(f"<{word}>" for word in batch)

    short = [word for word in words if len(word) < 100][:200]
    changed = await shell.change(
        pod,
        [*show, *short],
        token="words",
        fence=1,
        not_after=datetime.now(UTC) + LIMIT,
        timeout=LIMIT,
    )
    assert changed.stdout == "".join(f"<{word}>" for word in short)
    assert "canary" not in inside(cluster, pod, "ls /tmp")


@pytest.mark.parametrize("word", ["a\0b", "\ud800", "x" * 70_000])
async def test_what_no_command_line_can_hold_is_refused(
    shell: PodShell, pod: Target, word: str
) -> None:
    with pytest.raises(Permanent):
        await shell.look(pod, ["echo", word], timeout=LIMIT)


async def test_streams_stay_apart_and_the_exit_code_comes_back(
    shell: PodShell, pod: Target
) -> None:
    output = await shell.look(pod, ["sh", "-c", "echo out; echo err >&2; exit 7"], timeout=LIMIT)

    assert (output.exit_code, output.stdout, output.stderr) == (7, "out\n", "err\n")


async def test_a_flood_is_capped_and_cut_off(
    cluster: Cluster, shell: PodShell, pod: Target
) -> None:
    output = await shell.look(pod, ["cat", "/dev/zero"], timeout=timedelta(seconds=5))

    assert output.exit_code == 141
    assert output.truncated
    assert len(output.stdout) < 500_000
    await _until_gone(cluster, pod, "cat /dev/zero")


async def test_a_look_that_hangs_is_ended_in_the_container_too(
    cluster: Cluster, shell: PodShell, pod: Target
) -> None:
    with pytest.raises(Transient, match="did not end within 2 s"):
        await shell.look(pod, ["sleep", "4321"], timeout=timedelta(seconds=2))

    await _until_gone(cluster, pod, "sleep 4321")


async def test_a_change_whose_connection_dies_goes_on_and_its_receipt_tells(
    cluster: Cluster, shell: PodShell, pod: Target
) -> None:
    line = "sleep 3; echo x >>/tmp/went-on; echo done"
    changing = asyncio.create_task(change(shell, pod, line, "cut"))
    await _until_started(cluster, pod, "cut")
    changing.cancel()
    await asyncio.gather(changing, return_exceptions=True)

    assert (await shell.receipt(pod, "cut")).state == "running"
    assert await settled(shell, pod, "cut") == "done"
    receipt = await shell.receipt(pod, "cut")
    assert receipt.output is not None
    assert receipt.output.stdout == "done\n"
    with pytest.raises(Stale, match="its token is done:0"):
        await change(shell, pod, line, "cut")
    assert inside(cluster, pod, "cat /tmp/went-on") == "x\n"


async def test_one_change_of_a_target_at_a_time(
    cluster: Cluster, shell: PodShell, pod: Target
) -> None:
    first = asyncio.create_task(change(shell, pod, "sleep 4", "first_of_two"))
    await _until_started(cluster, pod, "first_of_two")
    with pytest.raises(Transient, match="still running"):
        await change(shell, pod, "echo x >>/tmp/overlap", "second_of_two")

    assert (await first).ok
    assert (await shell.receipt(pod, "second_of_two")).state == "absent"
    assert inside(cluster, pod, "ls /tmp").find("overlap") < 0


async def test_both_spellings_of_a_container_are_one(
    cluster: Cluster, shell: PodShell, pod: Target
) -> None:
    spelt_out = Target("pod", f"{pod.name}/main")
    first = asyncio.create_task(change(shell, pod, "sleep 4", "one_spelling"))
    await _until_started(cluster, pod, "one_spelling")
    with pytest.raises(Transient, match="still running"):
        await change(shell, spelt_out, "true", "other_spelling")

    assert (await first).ok


async def test_a_change_that_was_killed_is_broken_and_does_not_block_the_next(
    cluster: Cluster, shell: PodShell, pod: Target
) -> None:
    changing = asyncio.create_task(change(shell, pod, "sleep 777", "killed"))
    await _until_started(cluster, pod, "killed")
    kill = (
        "for p in /proc/[0-9]*; do case $(cat $p/cmdline 2>/dev/null | busybox tr '\\000' ' ') in "
        "*killed*) [ ${p#/proc/} = $$ ] || kill -9 ${p#/proc/};; esac; done 2>/dev/null; :"
    )
    inside(cluster, pod, kill)
    await asyncio.gather(changing, return_exceptions=True)

    assert (await shell.receipt(pod, "killed")).state == "broken"
    assert (await change(shell, pod, "echo next", "after_killed")).stdout == "next\n"


async def test_a_change_over_its_time_limit_is_ended_and_says_so(
    shell: PodShell, pod: Target
) -> None:
    output = await change(shell, pod, "echo begun; sleep 999", "slow", timedelta(seconds=2))

    assert output.exit_code in (124, 137, 143)
    assert output.stdout == "begun\n"


async def test_no_answer_in_time_is_uncertain_for_a_change(
    monkeypatch: pytest.MonkeyPatch, shell: PodShell, pod: Target
) -> None:
    monkeypatch.setattr(pod_shells, "GRACE", timedelta(seconds=-40))
    with pytest.raises(Uncertain, match="no answer within"):
        await change(shell, pod, "sleep 1000", "unanswered", timedelta(seconds=12))
    monkeypatch.undo()

    assert (await shell.receipt(pod, "unanswered")).state == "running"
    assert await settled(shell, pod, "unanswered") == "done"


async def test_an_image_without_sh_is_said_to_have_none(
    cluster: Cluster, namespace: str, shell: PodShell
) -> None:
    spec = pod_spec("sleep", "3600")
    spec["containers"][0]["image"] = image("only-sleep:local", ["sleep"], with_busybox=False)
    target = run_pod(cluster, namespace, "shell-less", **spec)

    with pytest.raises(Permanent, match="image of the container main has no sh"):
        await shell.look(target, ["ls"], timeout=LIMIT)
    with pytest.raises(Permanent, match="image of the container main has no sh"):
        await change(shell, target, "ls", "no_sh")


async def test_a_pod_that_is_not_there_is_permanent_for_a_look_and_stale_for_a_change(
    namespace: str, shell: PodShell
) -> None:
    nobody = Target("pod", f"{namespace}/nobody")

    with pytest.raises(Permanent, match="there is no pod nobody"):
        await shell.look(nobody, ["ls"], timeout=LIMIT)
    with pytest.raises(Stale, match="there is no pod nobody"):
        await change(shell, nobody, "ls", "nobody")


async def test_of_several_containers_one_must_be_named(
    cluster: Cluster, namespace: str, shell: PodShell
) -> None:
    both = [*pod_spec()["containers"], *pod_spec(name="side")["containers"]]
    target = run_pod(cluster, namespace, "two", containers=both)
    side = Target("pod", f"{target.name}/side")

    with pytest.raises(Permanent, match=r"say which container.*main, side"):
        await shell.look(target, ["ls"], timeout=LIMIT)
    assert (await change(shell, side, "echo in side >/tmp/side; echo ok", "side")).ok
    assert inside(cluster, side, "cat /tmp/side") == "in side\n"
    assert "side" not in inside(cluster, Target("pod", f"{target.name}/main"), "ls /tmp")


async def test_the_declared_rights_are_enough(
    cluster: Cluster, namespace: str, pod: Target
) -> None:
    rules = [
        {
            "apiGroups": [right.resource.group],
            "resources": ["/".join(filter(None, [right.resource.plural, right.subresource]))],
            "verbs": [right.verb],
        }
        for right in pod_shell_rights()
        if isinstance(right, ClusterRight)
    ]
    async with pod_shell(cluster.account(namespace, "declared", rules)) as shell:
        assert (await shell.look(pod, ["echo", "looked"], timeout=LIMIT)).stdout == "looked\n"
        assert (await change(shell, pod, "echo changed", "declared")).stdout == "changed\n"


async def test_without_the_right_the_missing_right_is_named(
    cluster: Cluster, namespace: str, pod: Target
) -> None:
    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]
    few = cluster.account(namespace, "no-exec", rules)
    async with pod_shell(few) as shell:
        with pytest.raises(Permanent, match=r"pods/exec in the namespace .*remediator rbac"):
            await shell.look(pod, ["ls"], timeout=LIMIT)
        with pytest.raises(Permanent, match=r"pods/exec"):
            await change(shell, pod, "ls", "forbidden")


async def _until_started(cluster: Cluster, target: Target, token: str) -> None:
    line = f"ls -l /dev/shm/remediator-0/t.{token} 2>/dev/null || :"
    await asyncio.to_thread(
        wait_until, lambda: "started" in inside(cluster, target, line), f"{token} to start", 20
    )


async def _until_gone(cluster: Cluster, target: Target, words: str) -> None:
    """Nothing in a container ends because a connection does: the time limit that it was started under ends it."""
    await asyncio.to_thread(
        wait_until, lambda: words not in inside(cluster, target, "ps"), f"the end of {words}", 20
    )
