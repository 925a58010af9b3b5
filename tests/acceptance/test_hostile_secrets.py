"""Canary secrets in every file of the settings, and a host that prints them all: none may ever be seen again."""

import json
import secrets
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.alerts import an_alert
from tests.acceptance.hosts import hosts_at
from tests.acceptance.machine import BOUNDLESS, is_settled
from tests.acceptance.site import SOURCE, USERS, Site
from tests.parts.prometheus import Prometheus
from tests.parts.sshd import Sshd

pytestmark = [pytest.mark.slow]
FILES = (
    *("second-source", "basic-password", "proxy", "scraper", "second-user", "passphrase"),
    *("prometheus", "webhook-token", "webhook-hmac", "slack-bot", "slack-app", "slack-signing"),
)
LEAK = """\
#!/bin/sh
cat {canaries}
cat {canaries} >&2
sed -n "$2p" {canaries} | tee /dev/stderr
exit "$1"
"""
LINES = len(FILES) + len(USERS) + 1
HOSTS = [f"web{n}" for n in range(2 * LINES + 1)]
VERIFY = {"after": "0s", "within": "60s", "every": "1s", "all": [{"alert": "firing"}]}


class Vault:
    """The secrets of a site, its own tokens among them."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.canaries = {name: f"canary-{name}-{secrets.token_urlsafe(12)}" for name in FILES}
        for name, canary in self.canaries.items():
            site.write(f"{name}.secret", canary + "\n")
        self.all = [*self.canaries.values(), *site.tokens.values()]

    def found_in(self, text: str) -> list[str]:
        """The secrets that a text holds, as they are or in base64."""
        return [each for each in self.all if each in text or _in_base64(each) in text]


@pytest.fixture(scope="module")
def vault(
    sshd: Sshd, prometheus: Prometheus, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Vault]:
    directory = tmp_path_factory.mktemp("leak")
    site = Site(
        playbooks={
            "talks": playbook("Talks", 0),
            "fails": playbook("Fails", 3),
            "asks": {**playbook("Asks", 0), "mode": "approve"},
        }
    )
    vault = Vault(site)
    (directory / "canaries").write_text("".join(f"{each}\n" for each in vault.all))
    script = directory / "leak"
    script.write_text(LEAK.format(canaries=directory / "canaries"))
    script.chmod(0o755)
    site.settings |= settings(site, hosts_at(directory, sshd, *HOSTS))
    site.settings["prometheus"] = {"url": prometheus.url, "bearer_token_file": "prometheus.secret"}
    site.settings["commands"] = {
        "leak": {
            "argv": [str(script), "{code}", "{line}"],
            "parameters": {"code": "[0-9]", "line": "[0-9]+"},
            "reversible": True,
        }
    }
    with site:
        tell_stories(site)
        yield vault


def settings(site: Site, hosts: dict[str, Any]) -> dict[str, Any]:
    """Every `*_file` that there is, Slack's too."""
    url = f"{site.receiver.url()}"
    webhook = {"url": url, "bearer_token_file": str(site.directory / "webhook-token.secret")}
    webhook["hmac_secret_file"] = str(site.directory / "webhook-hmac.secret")
    tokens = [
        {"name": name, "role": role, "token_files": [f"{name}.token"]}
        for name, role in USERS.items()
    ]
    tokens[0]["token_files"].append("second-user.secret")
    return {
        "sources": [
            {"name": SOURCE, "bearer_token_files": [f"{SOURCE}.token", "second-source.secret"]},
            {"name": "old", "basic": {"user": "am", "password_file": "basic-password.secret"}},
        ],
        "users": {
            "tokens": tokens,
            "proxy": {
                "trusted": ["127.0.0.1/32"],
                "secret_file": "proxy.secret",
                "roles": {"viewer": ["sre"]},
            },
        },
        "metrics": {"bearer_token_file": "scraper.secret"},
        "hosts": {**hosts, "ssh": {**hosts["ssh"], "passphrase_file": "passphrase.secret"}},
        "slack": {
            "bot_token_file": "slack-bot.secret",
            "app_token_file": "slack-app.secret",
            "signing_secret_file": "slack-signing.secret",
            "channel": "#sre",
        },
        "guards": BOUNDLESS,
        "notify": [{"webhook": webhook}],
    }


def playbook(matched: str, code: int) -> dict[str, Any]:
    values = {"code": str(code), "line": "{{ labels.line }}"}
    return {
        "match": [f'alertname="{matched}"'],
        "requires": ["instance"],
        "target": "host/{{ labels.instance | host }}",
        "mode": "auto",
        "guards": {"require": [{"promql": "vector(1)"}]},
        "steps": [{"host.command": {"name": "leak", "parameters": values}}],
        "verify": VERIFY,
        "on_failure": [{"escalate": [{"to": "oncall"}]}],
    }


def tell_stories(site: Site) -> None:
    """Runs that work, that fail, one that is approved; wrong credentials; a reload that is refused."""
    for line in range(1, LINES + 1):
        site.alert({"alertname": "Talks", "instance": HOSTS[line], "line": str(line)})
        site.alert({"alertname": "Fails", "instance": HOSTS[-line], "line": str(line)})
    site.alert({"alertname": "Asks", "instance": HOSTS[0], "line": "1"})
    asked = site.wait_for_run(phase="awaiting_approval")
    body = {"digest": asked["plan"]["digest"], "reason": "go"}
    assert site.api("POST", f"/runs/{asked['id']}/approve", body, user="abe").status == 200
    for path in ("/api/v1/runs", "/metrics"):
        near_miss = {"Authorization": f"Bearer {site.tokens['ana']}x"}
        assert site.call("GET", path, headers=near_miss).status == 401
    mixed_up = site.call("GET", "/api/v1/runs", headers=site.bearer(SOURCE))
    assert mixed_up.status == 401
    site.write_playbook("broken", "name: [")
    assert site.call("POST", "/-/reload", {}, headers=site.bearer("root")).status == 422
    (site.playbooks / "broken.yaml").unlink()
    site.wait_for(lambda: is_settled(site), 60, "every run ended")
    site.wait_for(lambda: site.get("/status")["outbox_pending"] == 0, 30, "everything told")


def test_the_stories_were_told_and_the_host_did_speak(vault: Vault) -> None:
    outcomes = Counter((run["playbook"], run["outcome"]) for run in vault.site.runs())
    assert outcomes == {
        ("talks", "resolved"): LINES,
        ("fails", "failed"): LINES,
        ("asks", "resolved"): 1,
    }
    assert len(vault.site.told("escalation", path="oncall")) == LINES
    for run in vault.site.runs(playbook="talks"):
        assert "ran leak: ***" in json.dumps(run["steps"])
    for run in vault.site.runs(playbook="fails"):
        assert "leak: ***" in run["reason"]


def test_no_secret_is_in_the_log(vault: Vault) -> None:
    assert vault.found_in(vault.site.full_log()) == []


def test_no_secret_is_in_a_message(vault: Vault) -> None:
    assert vault.found_in(json.dumps(vault.site.receiver.messages)) == []


def test_no_secret_is_in_an_answer(vault: Vault) -> None:
    site = vault.site
    runs = site.runs()
    paths = ["/status", "/playbooks", "/playbooks/talks", "/decisions", "/approvals", "/actions"]
    paths += [f"/runs/{run['id']}" for run in runs]
    paths += [f"/runs/{run['id']}/events?limit=500" for run in runs]
    paths += [f"/why/{run['id']}" for run in runs]
    for path in paths:
        assert vault.found_in(json.dumps(site.get(path))) == [], path
    for path in ("/-/healthy", "/-/ready", "/api/openapi.json"):
        assert vault.found_in(json.dumps(site.call("GET", path).body)) == [], path
    scraper = {"Authorization": f"Bearer {vault.canaries['scraper']}"}
    assert vault.found_in(str(site.call("GET", "/metrics", headers=scraper).body)) == []


def test_no_secret_is_printed_by_a_command(vault: Vault) -> None:
    site = vault.site
    run = site.runs(playbook="fails")[0]["id"]
    config = str(site.directory / "remediator.yaml")
    for words in (("runs", "show", run), ("why", run), ("check", "--config.file", config)):
        told = site.cli(*words)
        assert told.stdout, told.stderr
        assert vault.found_in(told.stdout + told.stderr) == []


def test_no_secret_is_in_the_database_or_its_log(vault: Vault) -> None:
    state = Path(vault.site.directory) / "state"
    files = [path for path in state.iterdir() if path.is_file()]

    assert {path.suffix for path in files} >= {".sqlite3"}
    for path in files:
        assert vault.found_in(path.read_bytes().decode("latin-1")) == [], path.name
        assert path.stat().st_mode & 0o077 == 0, path.name


def test_no_secret_is_in_the_words_or_the_environment_of_the_daemon(vault: Vault) -> None:
    process = Path(f"/proc/{vault.site.pid}")
    for name in ("cmdline", "environ"):
        assert vault.found_in((process / name).read_bytes().decode("latin-1")) == []


def test_a_secret_that_an_alert_carries_is_masked_in_the_log_too(vault: Vault) -> None:
    labels = {"alertname": f"Leaks{vault.canaries['proxy']}", "instance": "web1"}
    vault.site.post([an_alert(labels)])
    vault.site.wait_for(lambda: is_settled(vault.site), 30, "an empty inbox")

    assert vault.found_in(vault.site.full_log()) == []


def _in_base64(secret: str) -> str:
    return b64encode(secret.encode()).decode().rstrip("=")
