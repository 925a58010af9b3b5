"""A missing real part: a visible skip on a laptop, an error in CI; used by the fixtures."""

import os
import shutil
import subprocess

import pytest

PACKAGES = {
    "alertmanager": "prometheus-alertmanager",
    "amtool": "prometheus-alertmanager",
    "busybox": "busybox",
    "dash": "dash",
    "docker": "docker.io",
    "dockerd": "docker.io",
    "initdb": "postgresql",
    "journalctl": "systemd",
    "mkfs.ext4": "e2fsprogs",
    "node_exporter": "prometheus-node-exporter",
    "node": "nodejs",
    "npm": "npm",
    "postgres": "postgresql",
    "prometheus": "prometheus",
    "promtool": "prometheus",
    "runc": "runc",
    "growpart": "cloud-guest-utils",
    "mkfs.xfs": "xfsprogs",
    "dmsetup": "dmsetup",
    "pvresize": "lvm2",
    "sfdisk": "fdisk",
    "ssh-keygen": "openssh-client",
    "sshd": "openssh-server",
    "sudo": "sudo",
    "systemd": "systemd",
    "systemd-analyze": "systemd",
    "systemd-journald": "systemd",
    "visudo": "sudo",
}
SPELLINGS = {
    "alertmanager": ("prometheus-alertmanager", "alertmanager"),
    "node_exporter": ("prometheus-node-exporter", "node_exporter"),
    "systemd": ("/lib/systemd/systemd",),
    "systemd-journald": ("/lib/systemd/systemd-journald",),
}
POSTGRES_DIRECTORIES = [f"/usr/lib/postgresql/{release}/bin" for release in range(30, 11, -1)]
SEARCHED = (os.environ.get("PATH", ""), "/usr/sbin", "/sbin", *POSTGRES_DIRECTORIES)


def find(program: str) -> str | None:
    """The absolute path of a program under any of its names, or None."""
    for spelling in SPELLINGS.get(program, (program,)):
        if found := shutil.which(spelling, path=os.pathsep.join(SEARCHED)):
            return found
    return None


def require(*programs: str, root: bool = False) -> None:
    """Skip the test, or fail it when CI=true, unless these programs (and root) are here."""
    missing = sorted(program for program in programs if find(program) is None)
    if missing:
        packages = sorted({PACKAGES.get(program, program) for program in missing})
        refuse(f"missing {', '.join(missing)}: apt-get install {' '.join(packages)}")
    if root and os.geteuid() != 0:
        refuse("this part needs root")


def require_namespaces() -> None:
    """Skip (or fail, as `require`) where mounts, namespaces, cgroup2 or loop devices are denied."""
    trial = ["unshare", "--mount", "--pid", "--cgroup", "--fork", "--mount-proc"]
    trial += ["sh", "-c", "mount -t cgroup2 none /mnt && test -e /dev/loop-control"]
    done = subprocess.run(trial, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        refuse(f"this part needs a privileged machine: {done.stderr.strip()}")


def refuse(reason: str) -> None:
    """Skip the test, or fail it when CI=true."""
    if os.environ.get("CI", "").lower() in ("1", "true"):
        pytest.fail(f"CI must have every real part: {reason}", pytrace=False)
    pytest.skip(reason)
