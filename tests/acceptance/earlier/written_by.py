"""What wrote `before-the-house.tar.xz`, run in a checkout of that commit: `python -m … FOLDER`."""

import shutil
import sys
import time
from pathlib import Path
from typing import Any

from tests.acceptance.site import Site
from tests.parts.sshd import Sshd

HOSTS = ("web1", "web2", "web3", "web4")
NAP = {"argv": ["sleep", "{seconds}"], "parameters": {"seconds": "[0-9.]+"}, "reversible": True}
SETTINGS = {
    "commands": {"nap": NAP},
    "notify": [{"webhook": {"url": "http://127.0.0.1:9/nobody"}}],
    "http": {"allow": ["127.0.0.1:9"]},
    "retention": {"runs": "3600d", "notifications": "3600d"},
}


def _playbook(name: str, seconds: str, **more: Any) -> dict[str, Any]:
    nap = {"name": "nap", "parameters": {"seconds": seconds}}
    check = {"alert": "firing"}
    return {
        "description": "Nap.",
        "match": [f'alertname="{name}"'],
        "requires": ["instance"],
        "target": "host/{{ labels.instance | host }}",
        "mode": "auto",
        "guards": {"cooldown": "0s"},
        "steps": [{"host.command": nap, "id": "nap", "timeout": "30s"}],
        "verify": {"after": "0s", "within": "60s", "every": "1s", "all": [check]},
        **more,
    }


_RESOLVED = {"after": "0s", "within": "20m", "every": "5s", "all": [{"alert": "resolved"}]}
PLAYBOOKS = {
    "done": _playbook("Done", "0.1"),
    "waiting": _playbook("Waiting", "0.2", mode="approve", approval={"expires": "3650d"}),
    "verifying": _playbook("Verifying", "0.1", verify=_RESOLVED),
    "doubted": _playbook("Doubted", "6"),
}


def write(folder: Path) -> None:
    """Run the daemon into all four states, kill it, and keep its data directory."""
    with (
        Sshd() as sshd,
        Site(settings=SETTINGS, playbooks=PLAYBOOKS, sshd=sshd, hosts=HOSTS) as site,
    ):
        site.alert({"alertname": "Done", "instance": "web1:9100"})
        site.wait_for_run(outcome="resolved")
        site.alert({"alertname": "Waiting", "instance": "web2:9100"})
        site.wait_for_run(phase="awaiting_approval")
        site.alert({"alertname": "Verifying", "instance": "web3:9100"})
        site.wait_for_run(phase="verifying")
        site.alert({"alertname": "Doubted", "instance": "web4:9100"})
        run = site.wait_for_run(target="host/web4", phase="acting")
        site.wait_for(lambda: "intent_committed" in site.events(run["id"]), 20, "an intent")
        time.sleep(1)
        sshd.freeze()
        sshd.cut()
        site.wait_for(lambda: "doubted" in site.events(run["id"]), 30, "a doubt")
        site.kill()
        sshd.thaw()
        shutil.copytree(site.directory / "state", folder)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
