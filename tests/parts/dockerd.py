"""A real Docker engine without network or privileges of note, for the prune action."""

import hashlib
import io
import json
import os
import subprocess
import tarfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.parts.part import Part
from tests.parts.require import find
from tests.parts.server import output

MEBIBYTE = 1024 * 1024
QUIET = (
    *("--storage-driver=vfs", "--bridge=none", "--iptables=false", "--ip-forward=false"),
    *("--ip-masq=false", "--userland-proxy=false"),
)


class Dockerd(Part):
    """An engine that keeps its images below `root`; `wrap` puts it into a namespace.

    Inside a namespace use `socket=Path("/run/docker.sock")`: then a plain `docker` finds it there.
    """

    def __init__(self, root: Path, *, socket: Path | None = None, wrap: Sequence[str] = ()) -> None:
        self.root = root
        super().__init__("dockerd")
        self.socket = socket or self.directory / "docker.sock"
        self._wrap = tuple(wrap)
        # Containers with a network leave a mount behind, which would keep the directory busy.
        self._server.last_words = f"umount {self.directory}/exec/netns/* 2>/dev/null"

    def start(self) -> None:
        daemon = find("dockerd")
        assert daemon is not None, "require('dockerd') first"
        argv = [*self._wrap, daemon, *QUIET, f"--host=unix://{self.socket}"]
        argv += [f"--data-root={self.root}", f"--exec-root={self.directory}/exec"]
        argv += [f"--pidfile={self.directory}/pid", f"--config-file={self._empty_config()}"]
        self._server.start(argv, self._answers, seconds=60)

    def docker(self, *words: str) -> str:
        """What the `docker` client prints; raise PartFailed if it fails."""
        return output(self._argv(*words), seconds=120).strip()

    def import_image(self, tag: str | None, mebibytes: int, *, days_old: int = 0) -> str:
        """Load an image of random bytes; no tag makes it dangling. Returns its id."""
        archive = self.directory / "image.tar"
        created = datetime.now(UTC) - timedelta(days=days_old)
        image_id = write_image_archive(archive, os.urandom(mebibytes * MEBIBYTE), tag, created)
        self.docker("load", "--quiet", "--input", str(archive))
        archive.unlink()
        return image_id

    def images(self) -> set[str]:
        """Ids of all images, dangling ones too."""
        return set(self.docker("image", "ls", "--all", "--quiet", "--no-trunc").split())

    def _answers(self) -> bool:
        argv = self._argv("version", "--format", "{{.Server.Version}}")
        return subprocess.run(argv, capture_output=True, check=False).returncode == 0

    def _argv(self, *words: str) -> list[str]:
        return [*self._wrap, "docker", "--host", f"unix://{self.socket}", *words]

    def _empty_config(self) -> Path:
        config = self.directory / "daemon.json"
        config.write_text("{}")
        return config


def write_image_archive(archive: Path, content: bytes, tag: str | None, created: datetime) -> str:
    """Write what `docker save` would have written for an image with one file; return its id.

    `docker import` cannot set the creation time that `--filter until=` looks at; this can.
    """
    layer = _tar({"ballast": content})
    config = {
        "architecture": "amd64",
        "os": "linux",
        "created": created.isoformat().replace("+00:00", "Z"),
        "config": {"Cmd": ["/ballast"]},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]},
    }
    config_bytes = json.dumps(config).encode()
    digest = hashlib.sha256(config_bytes).hexdigest()
    entry = {
        "Config": f"{digest}.json",
        "RepoTags": [tag] if tag else None,
        "Layers": ["layer.tar"],
    }
    members = {
        f"{digest}.json": config_bytes,
        "layer.tar": layer,
        "manifest.json": json.dumps([entry]).encode(),
    }
    archive.write_bytes(_tar(members))
    return f"sha256:{digest}"


def _tar(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            member.mode = 0o755
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()
