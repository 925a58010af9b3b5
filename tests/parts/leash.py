"""Run one server so that nothing it starts outlives the test session; used by `server.py` only.

Run as a script: `leash.py LAST_WORDS -- ARGV`. It is the subreaper of all that ARGV starts, so
daemons that leave their session (sshd's sessions, PostgreSQL's backends, container shims) stay its
descendants. It ends when ARGV ends, or when its standard input closes, which the kernel does even
if pytest is killed with SIGKILL. Then it kills every descendant and runs LAST_WORDS in a shell.
"""

import ctypes
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36


def main(argv: list[str]) -> int:
    last_words, separator, *command = argv
    if separator != "--" or not command:
        return 2
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=sys.stderr)
    print(child.pid, flush=True)
    os.close(1)
    _await_either_end(child.pid)
    _kill_descendants()
    if last_words:
        subprocess.run(["/bin/sh", "-c", last_words], stdout=sys.stderr, check=False)
    return child.wait()


def _await_either_end(main_pid: int) -> None:
    main_end = os.pidfd_open(main_pid)
    while True:
        ready, _, _ = select.select([0, main_end], [], [], 1.0)
        if ready:
            return
        _reap_strangers(main_pid)


def _reap_strangers(main_pid: int) -> None:
    for pid in _children():
        if pid != main_pid and _is_zombie(pid):
            os.waitpid(pid, 0)


def _kill_descendants() -> None:
    """Kill until there is nobody left: whoever is orphaned by a kill becomes our own child."""
    while mortals := [pid for pid in _children() if not _is_zombie(pid)]:
        for pid in mortals:
            os.kill(pid, signal.SIGKILL)  # our child, so the id cannot have been given away
            os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)


def _children() -> list[int]:
    pid = os.getpid()
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _is_zombie(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
