"""What programs complain of, in the words of several generations, and what it means."""

import pytest

from remediator.integrations.shell.tool_words import Trouble, trouble

MISSING, BUSY, REFUSED, FAILED = Trouble
PRUNING = "Error response from daemon: a prune operation is already running"
DOWN = "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?"
DOWN_29 = (
    "failed to connect to the docker API at unix:///var/run/docker.sock; check if the path is correct and if the"
    " daemon is running: dial unix /var/run/docker.sock: connect: no such file or directory"
)
NOT_OURS = (
    "permission denied while trying to connect to the docker API at unix:///var/run/docker.sock"
)
BOOTED = "System has not been booted with systemd as init system (PID 1). Can't operate.\nFailed to connect to bus"
LVM = "  Can't get lock for vg\n  Cannot process volume group vg"
LVM_PERMISSION = "  /run/lock/lvm/V_vg:aux: open failed: Permission denied\n  Can't get lock for vg"
XFS = "xfs_growfs: XFS_IOC_FSGROWFSDATA xfsctl failed: Resource temporarily unavailable"
RESIZE = "resize2fs: Device or resource busy While checking for on-line resizing support"
APT = (
    "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 4711 (apt)\n"
    "E: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), is another process using it?"
)
DPKG = "dpkg: error: dpkg frontend lock was locked by another process with pid 4711"
JOURNAL = "Failed to connect to /run/systemd/journal/io.systemd.journal: No such file or directory"
BUS = "Failed to connect to bus: No such file or directory"
BUS_256 = "Failed to connect to system scope bus via local transport: Connection refused"
RESET = "Failed to restart nginx.service: Connection reset by peer"
NO_TOOL = "timeout: failed to run command ‘docker’: No such file or directory"
BUSYBOX = "timeout: can't execute 'docker': No such file or directory"
UNRESOLVED = "sudo: unable to resolve host web1: Name or service not known\nno space left on device"


@pytest.mark.parametrize(
    ("program", "code", "text", "looking", "changing"),
    [
        ("docker", 1, PRUNING, BUSY, BUSY),
        ("docker", 1, DOWN, BUSY, BUSY),
        ("docker", 1, DOWN_29, BUSY, BUSY),
        ("docker", 1, f"{DOWN}\ntemplate: :1:2: executing", BUSY, BUSY),
        ("docker", 1, NOT_OURS, FAILED, FAILED),
        ("docker", 1, "error during connect: Post http://x: EOF", BUSY, FAILED),
        ("docker", 1, "no space left on device", FAILED, FAILED),
        ("docker", 127, NO_TOOL, MISSING, MISSING),
        ("docker", 127, BUSYBOX, MISSING, MISSING),
        ("docker", 1, "sudo: docker: command not found", MISSING, MISSING),
        ("docker", 127, "env: ‘sudo’: No such file or directory", FAILED, FAILED),
        ("docker", 1, "sudo: a password is required", REFUSED, REFUSED),
        ("docker", 1, "sudo: a terminal is required to read the password", REFUSED, REFUSED),
        ("docker", 1, "Sorry, user x is not allowed to execute '/bin/y'", REFUSED, REFUSED),
        ("docker", 1, UNRESOLVED, FAILED, FAILED),
        ("journalctl", 1, JOURNAL, BUSY, BUSY),
        ("systemctl", 1, BUS, BUSY, BUSY),
        ("systemctl", 1, BUS_256, BUSY, BUSY),
        ("systemctl", 1, BOOTED, MISSING, MISSING),
        ("systemctl", 1, RESET, BUSY, FAILED),
        ("systemctl", 1, "Job for nginx.service failed", FAILED, FAILED),
        ("lvs", 5, LVM, BUSY, BUSY),
        ("lvextend", 5, LVM, BUSY, BUSY),
        ("pvresize", 5, LVM_PERMISSION, FAILED, FAILED),
        ("growpart", 2, "FAILED: Error while obtaining exclusive lock on /dev/sda", BUSY, BUSY),
        ("xfs_growfs", 1, XFS, BUSY, BUSY),
        ("resize2fs", 1, RESIZE, BUSY, BUSY),
        ("apt-get", 100, APT, BUSY, BUSY),
        ("/usr/bin/dpkg", 2, DPKG, BUSY, BUSY),
        ("cleaner", 1, APT, FAILED, FAILED),
    ],
)
def test_a_complaint_says_what_to_do_next(
    program: str, code: int, text: str, looking: Trouble, changing: Trouble
) -> None:
    assert trouble(program, code, text, changing=False)[0] is looking
    assert trouble(program, code, text, changing=True)[0] is changing


def test_the_line_that_tells_it_is_found_among_others() -> None:
    text = f"WARNING: no HOME\n{DOWN}\ntemplate: :1:2: executing"

    assert trouble("docker", 1, text, changing=False) == (Trouble.BUSY, DOWN)
