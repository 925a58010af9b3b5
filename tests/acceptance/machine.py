"""A machine for chaos: a command whose every effect is written down, and what a site needs to allow it.

The command notes when it begins and when it ends, each with one atomic line, so that doubled, lost and overlapping
effects can be counted afterwards. Runs say who they are by their alert's label `case`.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.acceptance.hosts import hosts_at
from tests.acceptance.site import Site
from tests.parts.sshd import Sshd

NAME = "[a-z0-9-]+"
SCRIPT = """\
#!/bin/sh
printf 'begin %s %s %s %s\\n' "$1" "$2" "$3" "$(date +%s.%N)" >>"$0.ledger"
sleep "$4"
printf 'end %s %s %s %s\\n' "$1" "$2" "$3" "$(date +%s.%N)" >>"$0.ledger"
"""
# Nothing but the protocol itself may keep runs apart here.
BOUNDLESS = {
    "cooldown": "0s",
    "limits": [{"max": 100_000, "per": "1h", "by": "playbook"}],
    "concurrency": {"max": 1000},
    "blast_radius": {"max": 100_000},
    "storm": {"runs": 100_000, "per": "1h", "quiet": "1m"},
    "breaker": {"failures": 100_000, "ineffective": 100_000},
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the ledger."""

    what: str
    target: str
    case: str
    step: str
    at: float


class Machine:
    """The script and its ledger, in a directory that outlives all daemons. `names` are hosts behind one sshd."""

    def __init__(self, directory: Path, sshd: Sshd, *names: str) -> None:
        self.directory = directory
        self.script = directory / "effect"
        self.script.write_text(SCRIPT)
        self.script.chmod(0o755)
        self._ledger = directory / "effect.ledger"
        self._hosts = hosts_at(directory, sshd, *names)

    def settings(self) -> dict[str, Any]:
        """Reach the hosts, allow the command, and let no guard but the protocol stand in the way."""
        words = {"target": NAME, "case": NAME, "step": NAME, "seconds": r"[0-9.]+"}
        argv = [str(self.script), *(f"{{{name}}}" for name in words)]
        command = {"argv": argv, "parameters": words, "reversible": True}
        return {"hosts": self._hosts, "commands": {"effect": command}, "guards": BOUNDLESS}

    def lines(self, what: str = "begin") -> list[Line]:
        """What the ledger says, in order."""
        text = self._ledger.read_text() if self._ledger.exists() else ""
        rows = (row.split() for row in text.splitlines())
        return [
            Line(row[0], row[1], row[2], row[3], float(row[4])) for row in rows if row[0] == what
        ]

    def begun(self, case: str) -> list[str]:
        """The steps of a case, in the order in which they began."""
        return [line.step for line in self.lines() if line.case == case]

    def wait_for_begin(self, case: str, step: str, seconds: float = 30) -> None:
        """Return as soon as a step's command runs."""
        deadline = time.monotonic() + seconds
        while step not in self.begun(case):
            assert time.monotonic() < deadline, f"{case} {step} did not begin: {self.lines()}"
            time.sleep(0.02)

    def doubled(self) -> list[tuple[str, str]]:
        """Every (case, step) that began more than once."""
        seen = [(line.case, line.step) for line in self.lines()]
        return sorted({each for each in seen if seen.count(each) > 1})

    def overlaps(self) -> list[tuple[str, str]]:
        """Pairs of cases that were under way on one target at the same time, from first begin to last end."""
        spans: dict[tuple[str, str], list[float]] = {}
        for line in (*self.lines("begin"), *self.lines("end")):
            spans.setdefault((line.target, line.case), []).append(line.at)
        found = []
        for (target, case), times in spans.items():
            for (other_target, other), others in spans.items():
                if target == other_target and case < other:
                    apart = max(times) <= min(others) or max(others) <= min(times)
                    found += [] if apart else [(case, other)]
        return found


def steps_playbook(*seconds: float, matched: str = "Sick", **more: Any) -> Mapping[str, Any]:
    """Run the command once per number, for so long each; verified as long as the alert is not taken back."""
    return {
        "match": [f'alertname="{matched}"'],
        "requires": ["instance", "case"],
        "target": "host/{{ labels.instance | host }}",
        "mode": "auto",
        "steps": [_step(f"step{n}", each) for n, each in enumerate(seconds, start=1)],
        "verify": {"after": "0s", "within": "60s", "every": "1s", "all": [{"alert": "firing"}]},
        **more,
    }


def _step(name: str, seconds: float) -> Mapping[str, Any]:
    values = {
        "target": "{{ target.name }}",
        "case": "{{ labels.case }}",
        "step": name,
        "seconds": str(seconds),
    }
    return {
        "host.command": {"name": "effect", "parameters": values},
        "id": name,
        "timeout": "20s",
        "retries": {"max": 2, "backoff": "1s"},
    }


def sick(case: str, target: str) -> dict[str, str]:
    """The labels of an alert that `steps_playbook` answers."""
    return {"alertname": "Sick", "instance": f"{target}:9100", "case": case}


def is_settled(site: Site) -> bool:
    """Whether nothing waits in the inbox and every run has ended."""
    status = site.get("/status")
    return status["inbox_new"] == 0 and not any(status["runs_active"].values())


def case_of(run: Mapping[str, Any]) -> str:
    """Which alert a run answers."""
    return str(run["alert"]["labels"]["case"])


def all_runs(site: Site) -> list[dict[str, Any]]:
    """Every run, page by page."""
    found: list[dict[str, Any]] = []
    before = ""
    while True:
        page = site.get(f"/runs?limit=500{before}")
        found += page["items"]
        if not page["next"]:
            return found
        before = f"&before={page['next']}"
