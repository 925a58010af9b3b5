"""300 hostile label values through the whole daemon to a real host: they arrive as they were sent, or not at all."""

import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.acceptance.alerts import an_alert
from tests.acceptance.hostile_values import REFUSED, words
from tests.acceptance.hosts import hosts_at
from tests.acceptance.machine import BOUNDLESS, is_settled
from tests.acceptance.site import Site
from tests.parts import web
from tests.parts.prometheus import Prometheus
from tests.parts.sshd import Sshd

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
COUNT, AT_ONCE = 300, 10
NAMES = [f"a{n}" for n in range(AT_ONCE)]
SCRIPT = """\
#!/bin/sh
printf '%s\\0' "$@" >"$0.$1"
"""
HOSTS = [f"web{n}" for n in range(80)]
INJECTION = '"} or vector(1) or nothing{a="'
VERIFY = {"after": "0s", "within": "60s", "every": "1s", "all": [{"alert": "firing"}]}


class Stage:
    """A site with a permissive and a strict command, and the canary that nobody may create."""

    def __init__(self, site: Site, directory: Path) -> None:
        self.site = site
        self.script = directory / "record"
        self.canary = directory / "canary"
        self._count = 0

    def post(self, alertname: str, **labels: str) -> str:
        """Post an alert to the next host; returns its case."""
        self._count += 1
        case = f"c{self._count}"
        host = HOSTS[self._count % len(HOSTS)]
        self.site.alert({"alertname": alertname, "case": case, "instance": host, **labels})
        return case

    def settle(self) -> dict[str, Any]:
        """All runs by case, once every one of them has ended."""
        self.site.wait_for(lambda: is_settled(self.site), 150, "every run ended")
        self.site.wait_for(lambda: self.site.get("/status")["outbox_pending"] == 0, 30, "told")
        return {run["alert"]["labels"]["case"]: run for run in self.site.runs()}

    def recorded(self, case: str) -> list[str] | None:
        """The words that arrived on the host."""
        path = self.script.with_name(f"record.{case}")
        return path.read_bytes().decode().split("\0")[:-1] if path.exists() else None


@pytest.fixture(scope="module")
def stage(
    sshd: Sshd, prometheus: Prometheus, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    directory = tmp_path_factory.mktemp("hostile")
    script = directory / "record"
    script.write_text(SCRIPT)
    script.chmod(0o755)
    words_in = [f"{{{name}}}" for name in NAMES]
    settings = {
        "hosts": hosts_at(directory, sshd, *HOSTS),
        "guards": BOUNDLESS,
        "prometheus": {"url": prometheus.url},
        "commands": {
            "anything": {
                "argv": [str(script), "{case}", *words_in, "--pre={a0}{a1}post"],
                "parameters": {"case": "c[0-9]+", **dict.fromkeys(NAMES, "(?s).*")},
                "reversible": True,
            },
            "letters": {
                "argv": [str(script), "{case}", "{a0}"],
                "parameters": {"case": "c[0-9]+", "a0": "[a-z]{1,20}"},
                "reversible": True,
            },
        },
    }
    playbooks = {
        "anything": playbook("Anything", "anything", *NAMES),
        "letters": playbook("Letters", "letters", "a0"),
        "queries": {
            **playbook("Queries", "letters", "a1"),
            "guards": {"require": [{"promql": 'nothing{a="{{ labels.a0 }}"}'}]},
            "steps": [step("letters", {"a0": "text"})],
        },
    }
    with Site(settings=settings, playbooks=playbooks) as site:
        yield Stage(site, directory)


def playbook(matched: str, command: str, *names: str) -> dict[str, Any]:
    return {
        "match": [f'word="{matched}"'],
        "requires": ["instance"],
        "target": "host/{{ labels.instance | host }}",
        "mode": "auto",
        "steps": [step(command, {name: f"{{{{ labels.{name} }}}}" for name in names})],
        "verify": VERIFY,
    }


def step(command: str, values: dict[str, str]) -> dict[str, Any]:
    return {
        "host.command": {"name": command, "parameters": {"case": "{{ labels.case }}", **values}}
    }


def test_three_hundred_values_arrive_as_they_were_sent_and_nothing_is_run(stage: Stage) -> None:
    values = words(str(stage.canary), COUNT)
    rows = [values[n : n + AT_ONCE] for n in range(0, len(values) - AT_ONCE + 1, AT_ONCE)]
    sent = {
        stage.post("Words", word="Anything", **dict(zip(NAMES, row, strict=True))): row
        for row in rows
    }

    runs = stage.settle()

    assert sum(map(len, rows)) >= COUNT
    for case, row in sent.items():
        assert (runs[case]["outcome"], runs[case]["reason"]) == ("resolved", "verified")
        assert stage.recorded(case) == [case, *row, f"--pre={row[0]}{row[1]}post"]
        assert [runs[case]["alert"]["labels"][name] for name in NAMES] == row
    assert not stage.canary.exists()


def test_values_that_no_pattern_can_permit_are_refused_with_the_reason(stage: Stage) -> None:
    plain = dict.fromkeys(NAMES, "x")
    sent = {
        stage.post("Words", word="Anything", **{**plain, "a3": value}): value for value in REFUSED
    }

    runs = stage.settle()

    for case, value in sent.items():
        assert runs[case]["outcome"] == "failed", value
        assert "the value of a3 does not match '(?s).*'" in runs[case]["reason"]
        assert runs[case]["alert"]["labels"]["a3"] == value
        assert stage.recorded(case) is None


def test_a_strict_pattern_stops_what_does_not_match_all_of_it(stage: Stage) -> None:
    attacks = words(str(stage.canary), COUNT)[::10]
    bad = [value for value in attacks if not re.fullmatch("[a-z]{1,20}", value)]
    sent = [stage.post("Words", word="Letters", a0=value) for value in bad]
    good = stage.post("Words", word="Letters", a0="fine")

    runs = stage.settle()

    assert len(bad) > 20
    for case in sent:
        assert runs[case]["outcome"] == "failed"
        assert "the value of a0 does not match '[a-z]{1,20}'" in runs[case]["reason"]
        assert stage.recorded(case) is None
    assert stage.recorded(good) == [good, "fine"]
    assert not stage.canary.exists()


def test_a_value_inside_a_query_stays_a_text(stage: Stage, prometheus: Prometheus) -> None:
    pasted = f'nothing{{a="{INJECTION}"}}'
    control = web.get_json(f"{prometheus.url}/api/v1/query?query={quote(pasted)}")
    assert control["data"]["result"] != [], "pasted in as it is, it would hold"
    values = (INJECTION, '"} or up{', "\\", '\\"} or vector(1) #', "a\nb", "{{ 7*7 }}")
    sent = [stage.post("Words", word="Queries", a0=value) for value in values]

    runs = stage.settle()

    for case in sent:
        assert runs[case]["outcome"] == "blocked", runs[case]["reason"]
        assert "require" in runs[case]["reason"]
        assert "unknown" not in json.dumps(runs[case]["verdicts"])
        assert stage.recorded(case) is None


def test_hostile_names_and_annotations_come_out_inert_everywhere(stage: Stage) -> None:
    nasty = [value for value in REFUSED if not value.isprintable()]
    alerts = []
    for n, value in enumerate(nasty):
        labels = {"alertname": f"Evil{value}", "word": "Letters", "a0": "fine", value: value}
        labels |= {"case": f"c{9000 + n}", "instance": HOSTS[n], "severity": value}
        alerts.append(an_alert(labels, annotations={"summary": value, value: value}))
    assert stage.site.post(alerts).status == 202

    runs = stage.settle()

    for alert in alerts:
        run = runs[alert["labels"]["case"]]
        assert run["outcome"] == "resolved"
        assert run["alert"]["labels"] == alert["labels"]
        assert run["alert"]["annotations"] == alert["annotations"]
    shown = stage.site.cli("runs", "show", runs["c9000"]["id"])
    told = stage.site.cli("why", str(alerts[0]["fingerprint"]))
    for output in (shown, told, stage.site.cli("runs", "list")):
        assert output.returncode == 0, output.stderr
        assert all(line.isprintable() for line in output.stdout.split("\n"))


def test_every_log_line_is_one_event_and_every_message_is_plain_text(stage: Stage) -> None:
    stage.settle()

    lines = stage.site.full_log().split("\n")
    assert len(lines) > 100
    for line in filter(None, lines):
        assert line.isprintable(), line
        assert json.loads(line)["event"]
    messages = stage.site.told()
    assert len(messages) > 100
    for message in messages:
        texts = (message["title"], message["text"], *message["lines"], *message["facts"].values())
        for text in texts:
            assert all(line.isprintable() for line in text.split("\n")), text


def test_the_daemon_answers_many_hostile_readers_in_json(stage: Stage) -> None:
    paths = ("why/%1b%5b31m", "runs/..%2f..%2fetc", "runs/%00", "why/%E2%80%AE", "playbooks/%0a")
    answers: list[int] = []

    def read(path: str) -> None:
        reply = stage.site.api("GET", f"/{path}")
        assert set(reply.body["error"]) == {"code", "message", "hint"}
        answers.append(reply.status)

    readers = [threading.Thread(target=read, args=(path,)) for path in paths]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()

    assert answers == [404] * len(paths)
