"""What a fake machine answers to each command it knows; used by `host` only. Unknown commands end with 127."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from remediator.integrations.hosts.fake.host_docker import FakeDocker
from remediator.integrations.shell.api import Output

MEBIBYTE = 1024 * 1024
_LIMIT = re.compile(r"--vacuum-(size|time)=(\d+)s?")


@dataclass(slots=True)
class FakeDisk:
    """One file system, in bytes."""

    mountpoint: str = "/var"
    device: str = "/dev/vda2"
    size: int = 100 * 1024 * MEBIBYTE
    used: int = 94 * 1024 * MEBIBYTE


@dataclass(slots=True)
class FakeMachine:
    """One host. `expired` is the part of `journal` that a vacuum by time would take; `docker` is bytes by kind (as
    `docker system df` names them), None without Docker, and `engine` more of the same where that is not enough;
    `journal_directory` is where the journal lies; `units` are states by name; `programs` answer by first word.
    """

    disks: list[FakeDisk] = field(default_factory=lambda: [FakeDisk()])
    journal: int | None = 2048 * MEBIBYTE
    expired: int = 0
    docker: dict[str, int] | None = None
    docker_root: str = "/var/lib/docker"
    engine: FakeDocker | None = None
    journal_directory: str = "/var/log/journal"
    units: dict[str, str] = field(default_factory=dict)
    programs: dict[str, Callable[[Sequence[str]], Output]] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    machine_id: str = field(default_factory=lambda: secrets.token_hex(16))
    boot_id: str = field(default_factory=lambda: secrets.token_hex(16))
    invocations: dict[str, str] = field(default_factory=dict)
    reachable: bool = True

    def __post_init__(self) -> None:
        if self.engine is not None:
            self.docker, self.docker_root = self.engine.usage, self.engine.root

    def disk_of(self, path: str) -> FakeDisk | None:
        """Return the disk that holds a path: the one with the longest mountpoint before it."""
        holding = [disk for disk in self.disks if _is_below(path, disk.mountpoint)]
        return max(holding, key=lambda disk: len(disk.mountpoint), default=None)

    def free(self, path: str, size: int) -> None:
        """Take bytes off the disk that holds a path."""
        disk = self.disk_of(path)
        if disk:
            disk.used = max(0, disk.used - size)


def said(stdout: str = "", *, code: int = 0, stderr: str = "", seconds: float = 0.1) -> Output:
    """Return an answer."""
    return Output(exit_code=code, stdout=stdout, stderr=stderr, seconds=seconds)


def answer(machine: FakeMachine, words: list[str]) -> Output:
    """Return what this machine answers, and change it where the command does."""
    name = words[0] if words else ""
    if name in machine.programs:
        return machine.programs[name](words)
    return _ANSWERS.get(name, _not_found)(machine, words)


def _not_found(machine: FakeMachine, words: list[str]) -> Output:
    return said(code=127, stderr=f"{' '.join(words)}: not found\n")


def _timeout(machine: FakeMachine, words: list[str]) -> Output:
    return answer(machine, words[4:])


def _sh(machine: FakeMachine, words: list[str]) -> Output:
    """Answer only whether a program is there."""
    if len(words) != 5 or "command -v" not in words[2]:
        return _not_found(machine, words)
    name = words[4]
    there = name in machine.programs or name in _ANSWERS
    if name == "docker" and name not in machine.programs:
        there = machine.docker is not None
    return said(f"/usr/bin/{name}\n") if there else said(code=1)


def _test(machine: FakeMachine, words: list[str]) -> Output:
    there = [machine.journal_directory] if machine.journal is not None else []
    if machine.engine is not None and machine.engine.containerd_root:
        there.append(machine.engine.containerd_root)
    return said(code=0 if words[1] == "-d" and words[-1] in there else 1)


def _find(machine: FakeMachine, words: list[str]) -> Output:
    if words[-1] == "*.journal":
        there = machine.journal is not None and words[2] == machine.journal_directory
        return said(f"{words[2]}/system.journal\n" if there else "")
    if not machine.expired or "-mmin" not in words:
        return said()
    return said(f"-rw-r----- 1 0 0 {machine.expired} Jan  1 00:00 {words[2]}/a@b.journal\n")


def _journalctl(machine: FakeMachine, words: list[str]) -> Output:
    if words[1:] == ["--disk-usage"]:
        mebibytes = (machine.journal or 0) / MEBIBYTE
        usage = f"Archived and active journals take up {mebibytes:.1f}M in the file system."
        return said(usage + "\n")
    if words[1:2] == ["--rotate"]:
        return _vacuum(machine, words[2:])
    return said()


def _systemctl(machine: FakeMachine, words: list[str]) -> Output:
    match words[1:]:
        case ["show", _, "--", unit]:
            return _show(machine, unit)
        case ["restart", "--", unit]:
            return _restart(machine, unit)
        case ["reset-failed", "--", _]:
            return said()
    return _not_found(machine, words)


def _is_below(path: str, mountpoint: str) -> bool:
    return path == mountpoint or path.startswith(mountpoint.rstrip("/") + "/")


def _cat(machine: FakeMachine, words: list[str]) -> Output:
    paths = words[2:]
    files: Mapping[str, str] = {
        "/etc/machine-id": machine.machine_id + "\n",
        "/proc/sys/kernel/random/boot_id": machine.boot_id + "\n",
        **machine.files,
    }
    missing = [path for path in paths if path not in files]
    text = "".join(files[path] for path in paths if path in files)
    complaint = "".join(f"cat: {path}: No such file or directory\n" for path in missing)
    return said(text, code=1 if missing else 0, stderr=complaint)


def _df(machine: FakeMachine, words: list[str]) -> Output:
    path, inodes = words[-1], "-i" in words
    disk = machine.disk_of(path)
    if disk is None:
        return said(code=1, stderr=f"df: {path}: No such file or directory\n")
    size, used = (1000, 100) if inodes else (disk.size, disk.used)
    row = f"{disk.device} {size} {used} {size - used} {100 * used // size}% {disk.mountpoint}\n"
    return said(f"Filesystem 1-blocks Used Available Capacity Mounted on\n{row}")


def _vacuum(machine: FakeMachine, limits: Sequence[str]) -> Output:
    if machine.journal is None:
        return said(code=1, stderr="No journal files were found.\n")
    freed = 0
    for kind, number in (found.groups() for limit in limits if (found := _LIMIT.fullmatch(limit))):
        part = machine.journal - int(number) if kind == "size" else machine.expired
        freed = max(freed, part)
    machine.journal -= freed
    machine.expired = max(0, machine.expired - freed)
    machine.free(machine.journal_directory, freed)
    return said(stderr=f"Vacuuming done, freed {freed}B of archived journals.\n")


def _docker(machine: FakeMachine, words: list[str]) -> Output:
    if machine.docker is None:
        return _not_found(machine, words)
    if machine.engine is None or machine.engine.usage is not machine.docker:
        machine.engine = FakeDocker(usage=machine.docker)
    machine.engine.root, machine.engine.id = machine.docker_root, machine.machine_id[:12]
    return machine.engine.answer(words, machine.free)


def _containerd(machine: FakeMachine, words: list[str]) -> Output:
    if machine.engine is None or machine.engine.containerd_root is None:
        return _not_found(machine, words)
    return said(f"version = 2\nroot = '{machine.engine.containerd_root}'\n")


def _show(machine: FakeMachine, unit: str) -> Output:
    state = machine.units.get(unit)
    loaded = "not-found" if state is None else "loaded"
    invocation = machine.invocations.setdefault(unit, secrets.token_hex(16)) if state else ""
    return said(
        f"LoadState={loaded}\nActiveState={state or 'inactive'}\nSubState=dead\n"
        f"InvocationID={invocation}\n"
    )


def _restart(machine: FakeMachine, unit: str) -> Output:
    if unit not in machine.units:
        return said(code=5, stderr=f"Failed to restart {unit}: Unit {unit} not found.\n")
    machine.units[unit] = "active"
    machine.invocations[unit] = secrets.token_hex(16)
    return said()


_ANSWERS: Mapping[str, Callable[[FakeMachine, list[str]], Output]] = {
    "cat": _cat,
    "containerd": _containerd,
    "df": _df,
    "docker": _docker,
    "find": _find,
    "journalctl": _journalctl,
    "sh": _sh,
    "systemctl": _systemctl,
    "test": _test,
    "timeout": _timeout,
}
