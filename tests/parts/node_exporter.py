"""Debian's node exporter, by default with the file system collector only; feeds real disk alerts."""

from collections.abc import Sequence

from tests.parts import web
from tests.parts.part import Part
from tests.parts.require import find
from tests.parts.server import free_port

ARGUMENTS = (
    "--collector.disable-defaults",
    "--collector.filesystem",
    "--collector.filesystem.mount-points-exclude=^/($|(dev|etc|proc|run|sys|mnt|usr)($|/))",
    "--web.disable-exporter-metrics",
    "--log.level=warn",
)


class NodeExporter(Part):
    """Shows the file systems of its namespace but /: it reads /proc/1/mounts, so `wrap` decides.

    `more` are further arguments, such as `--collector.systemd`.
    """

    def __init__(self, *, wrap: Sequence[str] = (), more: Sequence[str] = ()) -> None:
        super().__init__("node-exporter")
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self._wrap, self._more = tuple(wrap), tuple(more)

    def start(self) -> None:
        program = find("node_exporter")
        assert program is not None, "require('node_exporter') first"
        argv = [*self._wrap, program, *ARGUMENTS, *self._more]
        argv += [f"--web.listen-address={self.address}"]
        self._server.start(argv, lambda: web.answers(f"http://{self.address}/metrics"))

    def metrics(self) -> str:
        return web.get(f"http://{self.address}/metrics")
