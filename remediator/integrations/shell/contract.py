# ruff: noqa: S101
"""What every Shell promises, real or fake: subclass `ShellContract` in a test module and give it a `bench` fixture.

The doubts a shell must tell apart (shell/api.py) are the ground that actions stand on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from remediator.core.errors import ActionError, Permanent, Stale
from remediator.core.target import Target
from remediator.integrations.shell.api import Output, Shell

_LIMIT = timedelta(seconds=20)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShellBench:
    """A shell, a target it reaches, a command that counts its own runs there and prints `counted`, and the count."""

    shell: Shell
    target: Target
    counting: Sequence[str]
    failing: Sequence[str]
    count: Callable[[], int]

    async def change(
        self, token: str, *, fence: int = 1, late: timedelta = -_LIMIT, fails: bool = False
    ) -> Output:
        """Run the counting (or the failing) command once; `late` is how long ago it had to be started at the latest."""
        return await self.shell.change(
            self.target,
            self.failing if fails else self.counting,
            token=token,
            fence=fence,
            not_after=datetime.now(UTC) - late,
            timeout=_LIMIT,
        )

    async def refused(self, token: str, **conditions: object) -> ActionError | None:
        """Return the error a change ends with."""
        try:
            await self.change(token, **conditions)  # type: ignore[arg-type]
        except ActionError as error:
            return error
        return None


class ShellContract:
    """Collected by pytest in subclasses whose name begins with `Test`."""

    async def test_a_look_returns_what_the_command_printed(self, bench: ShellBench) -> None:
        """Output and exit code come back."""
        words = ["cat", "--", "/proc/sys/kernel/random/boot_id"]
        output = await bench.shell.look(bench.target, words, timeout=_LIMIT)

        assert output.ok
        assert len(output.stdout.strip()) >= 32

    async def test_a_program_that_is_not_there_is_an_answer(self, bench: ShellBench) -> None:
        """Exit code 127, no error."""
        output = await bench.shell.look(bench.target, ["no-such-program"], timeout=_LIMIT)

        assert output.exit_code == 127
        assert output.complaint

    async def test_a_change_runs_once_and_leaves_a_receipt(self, bench: ShellBench) -> None:
        """The receipt tells what the answer told."""
        before = bench.count()
        output = await bench.change("first", fence=1)
        receipt = await bench.shell.receipt(bench.target, "first")

        assert output.ok
        assert bench.count() == before + 1
        assert receipt.state == "done"
        assert receipt.output is not None
        assert receipt.output.stdout.strip() == output.stdout.strip() == "counted"

    async def test_a_token_starts_one_change_only(self, bench: ShellBench) -> None:
        """A second use is stale."""
        await bench.change("once", fence=1)
        before = bench.count()

        assert isinstance(await bench.refused("once", fence=1), Stale)
        assert bench.count() == before

    async def test_an_older_fence_is_refused_for_ever(self, bench: ShellBench) -> None:
        """The same fence is not older."""
        await bench.change("newer", fence=7)
        await bench.change("as_new", fence=7)
        before = bench.count()

        assert isinstance(await bench.refused("older", fence=6), Stale)
        assert bench.count() == before

    async def test_a_change_that_comes_too_late_is_refused(self, bench: ShellBench) -> None:
        """By the target's clock."""
        before = bench.count()

        assert isinstance(await bench.refused("late", fence=9, late=timedelta(seconds=5)), Stale)
        assert bench.count() == before

    async def test_asking_for_an_unknown_token_spends_it(self, bench: ShellBench) -> None:
        """What was on its way can no longer start."""
        before = bench.count()
        receipt = await bench.shell.receipt(bench.target, "asked_for")

        assert receipt.state == "absent"
        assert isinstance(await bench.refused("asked_for", fence=9), Stale)
        assert (await bench.shell.receipt(bench.target, "asked_for")).state == "absent"
        assert bench.count() == before

    async def test_a_failed_change_keeps_its_exit_code(self, bench: ShellBench) -> None:
        """Ended badly is ended."""
        output = await bench.change("fails", fence=9, fails=True)
        receipt = await bench.shell.receipt(bench.target, "fails")

        assert not output.ok
        assert receipt.state == "done"
        assert receipt.output is not None
        assert receipt.output.exit_code == output.exit_code

    async def test_a_token_is_never_a_path(self, bench: ShellBench) -> None:
        """Letters, digits, underscores."""
        for token in ("", "../up", "a b", "-n", "a.b", "ä"):
            assert isinstance(await bench.refused(token, fence=9), Permanent)

    async def test_another_kind_of_target_is_never_reached(self, bench: ShellBench) -> None:
        """A shell for hosts does not guess."""
        volume = Target("volume", "vol-1")
        try:
            await bench.shell.look(volume, ["true"], timeout=_LIMIT)
        except Permanent:
            return
        raise AssertionError("a volume has no shell")
