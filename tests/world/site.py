"""Real parts around the simulated world: its process, and sites whose daemons act on it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.acceptance.command import PYTHON, environment
from tests.acceptance.machine import BOUNDLESS, NAME
from tests.acceptance.site import Site
from tests.parts.part import Part
from tests.world.hosts_process import EFFECT


class WorldPart(Part):
    """The world's process with its ledger."""

    def __init__(self, *, hosts: int, seconds: float) -> None:
        super().__init__("world")
        self.socket = self.directory / "world.socket"
        self._ledger = self.directory / "ledger"
        self._words = (str(hosts), str(seconds))

    def start(self) -> None:
        """Let the world begin."""
        argv = [PYTHON, "-m", "tests.world.hosts_process", str(self.socket), str(self._ledger)]
        self._server.start([*argv, *self._words], self.socket.exists, env=environment())

    def ledger(self) -> list[tuple[str, str, str, float]]:
        """Every change as it went: begin or end, host, token, when."""
        rows = (line.split() for line in self._ledger.read_text().splitlines())
        return [(row[0], row[1], row[2], float(row[3])) for row in rows]


class WorldSite(Site):
    """A site over the world; `name` is its daemon's in the store."""

    def __init__(self, name: str, world: WorldPart, **more: Any) -> None:
        super().__init__(**more)
        self.name = name
        self._world = world

    def start(self) -> None:
        """See Site."""
        config = self.write("remediator.yaml", json.dumps(self.settings))
        argv = [PYTHON, "-m", "tests.world.daemon", str(config), str(self._world.socket)]
        env = dict(self.environment or environment())
        self._server.start([*argv, self.name], self.is_ready, env=env, seconds=90)


def world_settings(**more: Any) -> dict[str, Any]:
    """Let everything be done on every host, and nothing but the protocol itself keep runs apart."""
    words = {"case": NAME, "step": NAME}
    argv = [EFFECT, *(f"{{{name}}}" for name in words)]
    return {
        "hosts": {"allow": ["web[0-9]+"]},
        "commands": {"effect": {"argv": argv, "parameters": words, "reversible": True}},
        "guards": BOUNDLESS,
        **more,
    }


def playbook(name: str, *steps: Mapping[str, Any], mode: str = "auto") -> Mapping[str, Any]:
    """Answer alerts of this name, each on its own host; verified as long as the alert is not taken back."""
    return {
        "match": [f'alertname="{name}"'],
        "requires": ["instance", "case"],
        "target": "host/{{ labels.instance | host }}",
        "mode": mode,
        "steps": list(steps),
        "verify": {"after": "0s", "within": "60s", "every": "1s", "all": [{"alert": "firing"}]},
    }


def effect(step: str) -> Mapping[str, Any]:
    """The allowed command, as a step."""
    values = {"case": "{{ labels.case }}", "step": step}
    return {
        "host.command": {"name": "effect", "parameters": values},
        "id": step,
        "timeout": "20s",
        "retries": {"max": 2, "backoff": "1s"},
    }


CLEANING: tuple[Mapping[str, Any], ...] = (
    {"journal.vacuum": {"keep_size": "500M", "path": "/var"}, "irreversible": "allow"},
    {"docker.prune": {"what": ["images"], "older_than": "24h"}, "irreversible": "allow"},
)
"""What ships for full disks."""


def database_of(url: str) -> str:
    """Return the name at the end of a database's URL."""
    return url.rpartition("/")[2]
