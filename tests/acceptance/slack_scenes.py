"""A stage for what people do to plans that wait: one site with both doors, and for each scene a run of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.acceptance.slack import (
    SlackSite,
    a_workspace,
    action_ids,
    invocation,
    labels_of,
    restarts,
)
from tests.parts.host import Host


@contextmanager
def a_stage(host: Host) -> Iterator["Scenes"]:
    """A site whose playbooks want different people's yes."""
    group = {"groups": ["@sre-oncall"]}
    brief = {"by": group, "expires": "5s", "on_expiry": "cancel"}
    playbooks = {
        "restart": restarts(host),
        "hasty": _for("ServiceFlaps", host, approval=brief),
        "own": _for(
            "ServiceOwned",
            host,
            owner="ana@example.com",
            approval={"by": {**group, "not_author": True}},
        ),
        "pair": _for("ServicePrecious", host, approval={"by": {**group, "count": 2}}),
        "anybody": _for("ServiceCommon", host, approval={}),
    }
    names = [f"web{number}" for number in range(1, 60)]
    guards = {"storm": {"runs": 500}, "blast_radius": {"max": 500}}
    with a_workspace() as slack:
        site = SlackSite(
            slack,
            door="both",
            sshd=host.sshd,
            hosts=names,
            playbooks=playbooks,
            settings={"guards": guards},
        )
        site.settings["http"]["allow"].append(f"127.0.0.1:{host.sshd.port}")
        with site:
            yield Scenes(site, host)


def _for(alert: str, host: Host, **more: Any) -> dict[str, Any]:
    return restarts(host, match=[f'alertname="{alert}"'], **more)


@dataclass(slots=True)
class Scene:
    """A run that waits, on a host of its own, and what was so before anybody did anything."""

    site: SlackSite
    host: Host
    run: Any
    before: str

    def is_untouched(self) -> bool:
        """Whether the plan still waits, nobody has voted, the message still asks, and the host is as it was."""
        run = self.site.run(self.run["id"])
        return (
            run["phase"] == "awaiting_approval"
            and run["approval"]["votes"] == []
            and action_ids(self.site.root(run))[0] == "run.approve"
            and invocation(self.host) == self.before
        )


class Scenes:
    """Sets scenes."""

    def __init__(self, site: SlackSite, host: Host) -> None:
        self.site, self._host, self._number = site, host, 0

    def set(self, alert: str = "ServiceDown") -> Scene:
        """Let an alert come, on a host that had none yet, and wait for the message that asks."""
        self._number += 1
        before = invocation(self._host)
        run = self.site.asked(labels_of(f"web{self._number}", alert))
        return Scene(self.site, self._host, run, before)
