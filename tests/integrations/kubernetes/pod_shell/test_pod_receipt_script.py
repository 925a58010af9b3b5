"""The program that runs in containers, under several shells on this machine: races for one target, and dead owners."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from remediator.integrations.kubernetes.pod_shell.receipt_script import PROGRAM, START
from tests.integrations.shell.slow_tools import slow_to_write
from tests.parts.require import find, require, require_namespaces
from tests.parts.server import PartFailed

pytestmark = pytest.mark.slow

RACERS = 25
ALONE = 'mkdir "$1/busy" || echo x >>"$1/overlaps"; sleep 0.05; rmdir "$1/busy"; echo x >>"$1/runs"'


class Room:
    """A /dev/shm of one's own, in which the program runs under one shell."""

    def __init__(self, shell: str, folder: Path) -> None:
        self.folder = folder
        (folder / "bin").mkdir()
        (folder / "bin" / "sh").symlink_to(shell)  # the program starts `sh` again for what it runs
        self._environment = {**os.environ, "PATH": f"{folder}/bin:{os.environ['PATH']}"}
        line = 'mount -t tmpfs -o mode=1777 tmpfs /dev/shm && touch "$1" && exec sleep infinity'
        words = ["unshare", "--mount", "--propagation", "private", "sh", "-c", line, "sh"]
        self._holder = subprocess.Popen([*words, str(folder / "ready")])
        _until((folder / "ready").exists)

    def begin(self, mode: str, token: str, *words: str) -> "subprocess.Popen[str]":
        enter = ["nsenter", "--target", str(self._holder.pid), "--mount", "--"]
        argv = [*enter, "sh", "-c", START, PROGRAM, mode, "key", token, *words]
        return subprocess.Popen(
            argv, env=self._environment, stdout=-1, stderr=-1, text=True, start_new_session=True
        )

    def change(self, token: str, *words: str, fence: int = 1) -> "subprocess.Popen[str]":
        late = str(int(time.time()) + 60)
        return self.begin("change", token, str(fence), late, "20", *words)

    def last(self, running: "subprocess.Popen[str]") -> str:
        """The last state that a program said."""
        said = [
            line
            for line in running.communicate(timeout=60)[0].splitlines()
            if "remediator-" in line
        ]
        return said[-1].split(" ", 2)[2]

    def receipt(self, token: str) -> str:
        return self.last(self.begin("receipt", token))

    def close(self) -> None:
        self._holder.kill()
        self._holder.wait()


@pytest.fixture(params=["dash", "bash", "busybox"])
def room(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Room]:
    require(request.param, root=True)
    require_namespaces()
    one = Room(os.path.realpath(str(find(request.param))), tmp_path)
    yield one
    one.close()


def test_of_many_changes_at_once_no_two_overlap_and_each_runs_once_or_is_refused(
    room: Room,
) -> None:
    words = ("sh", "-c", ALONE, "sh", str(room.folder))
    racing = [room.change(f"token_{n}", *words) for n in range(RACERS)]
    ends = [room.last(one) for one in racing]

    done = ends.count("done:0")
    assert done >= 1
    assert all(end == "done:0" or end.startswith("busy ") for end in ends), ends
    assert len((room.folder / "runs").read_text().splitlines()) == done
    assert not (room.folder / "overlaps").exists()


def test_of_many_changes_with_one_token_one_runs(room: Room) -> None:
    words = ("sh", "-c", ALONE, "sh", str(room.folder))
    racing = [room.change("same", *words) for _ in range(10)]
    for one in racing:
        one.communicate(timeout=60)

    assert (room.folder / "runs").read_text() == "x\n"
    assert room.receipt("same") == "done:0"


def test_an_asker_and_a_starter_agree_on_who_was_first(room: Room) -> None:
    for n in range(12):
        starting = room.change(f"both_{n}", "sh", "-c", f"echo {n} >>{room.folder}/ran")
        asked = room.receipt(f"both_{n}")
        end = room.last(starting)
        ran = (room.folder / "ran").exists() and str(n) in (room.folder / "ran").read_text().split()

        assert ran == (asked != "spent"), (asked, end)
        assert end == ("done:0" if ran else "stale its token is spent")


def test_what_died_while_it_ran_is_broken_and_blocks_nobody(room: Room) -> None:
    dying = room.change("dying", "sh", "-c", f"touch {room.folder}/began; sleep 30")
    _until((room.folder / "began").exists)
    assert room.receipt("dying") == "running"
    _kill_all_that_mention("dying")
    dying.communicate(timeout=30)

    assert room.receipt("dying") == "started"
    racing = [room.change(f"after_{n}", "true") for n in range(8)]
    ends = [room.last(one) for one in racing]
    assert "done:0" in ends
    assert room.last(room.change("later", "true")) == "done:0"


def test_what_a_command_said_is_waited_for_when_only_its_end_is_written_down(room: Room) -> None:
    slow_to_write(room.folder / "bin")
    running = room.change("talks", "sh", "-c", f"echo said; touch {room.folder}/ended")
    _until((room.folder / "ended").exists)
    answers: list[str] = []
    while not answers or answers[-1].splitlines()[0].endswith("running"):
        answers.append(room.begin("receipt", "talks").communicate(timeout=60)[0])

    assert answers[-1].splitlines()[0].endswith("done:0")
    assert answers[-1].splitlines()[1:] == ["said"]
    running.communicate(timeout=60)


def test_who_keeps_a_stream_open_is_not_waited_for(room: Room) -> None:
    running = room.change("leaves", "sh", "-c", "sleep 90 & exit 3")
    answers = ["running"]
    while answers[-1] == "running":
        time.sleep(0.2)
        answers.append(room.receipt("leaves"))

    assert answers[-1] == "done:3"
    assert running.poll() is None
    os.killpg(running.pid, signal.SIGKILL)
    running.communicate(timeout=60)


def test_an_older_fence_stays_refused(room: Room) -> None:
    assert room.last(room.change("new", "true", fence=7)) == "done:0"
    assert room.last(room.change("old", "true", fence=6)).startswith("stale its fence 6")


def _kill_all_that_mention(token: str) -> None:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if token.encode() in words and PROGRAM.encode() in words:
            os.kill(int(path.parent.name), signal.SIGKILL)


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 90
    while not holds():
        if time.monotonic() > deadline:
            raise PartFailed("it did not come")
        time.sleep(0.05)
