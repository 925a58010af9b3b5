"""The real daemon as `remediator serve` runs it, but for its hosts: those are in the world's process.

python -m tests.world.daemon CONFIG SOCKET NAME

Its workers' names begin with NAME, so that the store tells whose claims are whose.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from pathlib import Path

from remediator.app.configuration import Configuration, load_configuration
from remediator.app.daemon import SWITCH_SECONDS, Daemon
from remediator.app.gateways import build_gateways, joined
from remediator.config.catalog import find_catalog
from remediator.config.expressions import CelConditions
from remediator.config.settings import Settings
from remediator.integrations.shell.api import LOOKER, SHELL
from remediator.ports.ambient import Ambient, system_ambient
from remediator.ports.gateways import Reads, Writes
from remediator.ports.integration import Connected
from remediator.telemetry import setup_logging
from tests.world.far_hosts import FarHosts


def owner_prefix(name: str) -> str:
    """How the workers of this daemon are named in the store."""
    return f"wrk_{name}_"


def _ambient(name: str) -> Ambient:
    ambient = system_ambient()

    def new_id(prefix: str) -> str:
        made = ambient.new_id(prefix)
        return made.replace("wrk_", owner_prefix(name)) if prefix == "wrk" else made

    return replace(ambient, new_id=new_id)


def serve(config: Path, socket: Path, name: str) -> None:
    """Run until a signal."""
    catalog, conditions = find_catalog(), CelConditions()

    def simulated(settings: Settings) -> Connected:
        hosts = FarHosts(socket)
        far = Connected(reads=Reads().having(LOOKER, hosts), writes=Writes().having(SHELL, hosts))
        return joined(build_gateways(settings), far)

    def read() -> Configuration:
        return load_configuration(config, catalog, conditions, gateways=simulated)

    configuration = read()
    setup_logging(level="info", log_format="json", secrets=(), mask=configuration.mask)
    sys.setswitchinterval(SWITCH_SECONDS)
    asyncio.run(Daemon(configuration, catalog, conditions, read, ambient=_ambient(name)).run())


if __name__ == "__main__":
    serve(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
