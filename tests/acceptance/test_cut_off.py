"""Alerts that a receiver's `max_alerts` cuts off: told, counted, and fetched from the Alertmanager that holds them."""

import time

import pytest

from tests.acceptance.machine import steps_playbook
from tests.acceptance.rawhttp import query
from tests.acceptance.site import SOURCE, Site
from tests.parts.alertmanager import Alertmanager
from tests.parts.require import require

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]
STEPS = {
    **steps_playbook(),
    "target": "host/web1",
    "steps": [{"service.restart": {"unit": "x.service"}}],
}


def known(site: Site) -> set[str]:
    return {disk for (disk,) in query(site, "select alert ->> '$.labels.disk' from episode")}


def test_all_alerts_of_a_group_are_taken_though_only_one_is_sent() -> None:
    require("alertmanager", "amtool")
    site = Site(playbooks={"steps": STEPS})
    part = Alertmanager(
        f"{site.url}/webhooks/alertmanager", bearer_token=site.tokens[SOURCE], max_alerts=1
    )
    site.settings["alertmanager"] = {"urls": [part.url]}
    with site, part:
        part.silence({"disk": "quiet"})
        for disk in ("a", "b", "c", "quiet"):
            part.push({"alertname": "Nobody", "instance": "web1", "disk": disk})

        site.wait_for(lambda: known(site) == {"a", "b", "c"}, 30, "the alerts that were cut off")

        time.sleep(3)  # for one too many
        assert known(site) == {"a", "b", "c"}
        metrics = str(site.call("GET", "/metrics").body)
        (cut,) = [
            line.split()[1]
            for line in metrics.splitlines()
            if line.startswith("remediator_alerts_truncated_total ")
        ]
        assert float(cut) >= 1
        assert "alerts_truncated" in site.full_log()
        assert {source for (source,) in query(site, "select source from inbox")} == {SOURCE}


def test_an_alertmanager_that_does_not_answer_holds_up_nothing() -> None:
    require("alertmanager", "amtool")
    site = Site(playbooks={"steps": STEPS})
    part = Alertmanager(
        f"{site.url}/webhooks/alertmanager", bearer_token=site.tokens[SOURCE], max_alerts=1
    )
    site.settings["alertmanager"] = {"urls": ["http://127.0.0.1:9"]}
    with site, part:
        for disk in ("a", "b"):
            part.push({"alertname": "Nobody", "instance": "web1", "disk": disk})

        site.wait_for(lambda: len(known(site)) == 1, 30, "the one that was sent")

        assert site.is_ready()
        site.restart()  # also in the middle of its tries
        assert len(known(site)) == 1
