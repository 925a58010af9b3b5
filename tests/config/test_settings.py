"""Settings: safe without a file, strict with one, secrets from files, all errors at once."""

from __future__ import annotations

import json
import pickle
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest

from remediator.config.settings_reader import load_settings
from remediator.config.settings_sections import (
    BasicLogin,
    ListenAddress,
    ProxySettings,
    Role,
    Source,
    StoreSettings,
)
from remediator.core.errors import InvalidSettings, InvalidTarget
from remediator.core.guards.cooldown import CooldownSettings
from remediator.core.guards.storm import StormSettings
from remediator.core.matcher import parse_matcher
from remediator.core.playbook import Mode
from remediator.core.selection import Environment, Reach
from remediator.documents.secret import Secret
from remediator.integrations.alertmanager.settings import ALERTMANAGER_SECTION
from remediator.integrations.aws.settings import AWS_SECTION
from remediator.integrations.hosts.settings.inventory import HostAddress
from remediator.integrations.hosts.settings.section import HOSTS_SECTION
from remediator.integrations.http.settings import HTTP_SECTION
from remediator.integrations.kubernetes.settings import KUBERNETES_SECTION, GitOps
from remediator.integrations.prometheus.settings import PROMETHEUS_SECTION
from remediator.integrations.shell.settings import COMMANDS_SECTION, Command, CommandCheck
from remediator.integrations.slack.settings.section import SLACK_SECTION, SlackSettings
from tests.config.settings_texts import CATALOG, load, problems, settings


def test_without_a_file_everything_is_safe() -> None:
    found = load_settings(None, CATALOG).checked()

    assert found.listen == ListenAddress(host="127.0.0.1", port=9095)
    assert found.store is None
    assert found.data_dir == Path("remediator-data")
    assert found.environments == ()
    assert found.protected == ("namespace/kube-system",)
    with pytest.raises(InvalidTarget):
        found.sections[HOSTS_SECTION].resolver.resolve("web1:9100", {})


def test_the_listen_flag_without_a_file_still_needs_credentials() -> None:
    loaded = load_settings(None, CATALOG, listen="0.0.0.0:9095")

    assert [problem.code for problem in loaded.problems] == ["no-credentials", "no-credentials"]


FULL = """\
    listen: "[::]:9095"
    external_url: https://remediator.example.com
    data_dir: var
    store: postgresql://remediator@db/remediator
    store_password_file: db
    playbooks: [playbooks, /etc/remediator/playbooks]
    tls: {cert_file: cert.pem, key_file: key.pem, client_ca_file: ca.pem}
    sources:
      - {name: prod, bearer_token_files: [am, am-next], playbooks: ["disk-*"],
         targets: ["host/web*"], match: ["team=infra"]}
      - {name: lab, basic: {user: am, password_file: ana}}
      - {name: mesh, client_cn: alertmanager.monitoring}
    users:
      tokens: [{name: ana, role: operator, token_file: ana}]
      proxy: {trusted: [10.0.0.0/8], secret_file: proxy, roles: {operator: [sre]}}
    environments:
      - {name: prod, match: ['env="prod"'], mode: approve}
      - {name: rest, match: [], mode: off}
    hosts:
      resolve:
        - label: ssh_host
        - rewrite: {match: '(.+)\\.lan:\\d+', to: '\\1'}
        - ansible_inventory: inventory.json
        - strip_port
      allow: ['web\\d+']
      ssh: {user: ops, port: 2222, known_hosts: known_hosts, private_key_file: ssh, sudo: false}
    kubernetes: [{name: prod-eu, namespaces: [payments], gitops: refuse}]
    aws: {regions: [eu-west-1], endpoint_url: http://127.0.0.1:5000}
    prometheus: {url: http://prometheus:9090}
    alertmanager: {urls: [http://alertmanager:9093], bearer_token_file: am}
    slack: {bot_token_file: bot, channel: "#sre"}
    contacts:
      oncall: {webhook: {url: https://pager.example.com}}
      leads: {slack: "@sre-leads"}
    severities: {critical: SEV-1}
    notify: [{webhook: https://chat.example.com}, {console: {}}]
    guards: {cooldown: 20m, storm: {runs: 5, per: 5m}}
    floors: {cooldown: 10m}
    protected: [namespace/kube-system, host/db*]
    commands:
      restart-agent:
        argv: [systemctl, restart, "{unit}"]
        parameters: {unit: '[a-z-]+\\.service'}
        check: {argv: [systemctl, is-active, "{unit}"]}
    http: {allow: [example.com, "127.0.0.1:8080"]}
    retention: {runs: 30d, notifications: 7d}
    metrics: {bearer_token_file: am}
    """


def test_access_is_read(settings_folder: Path) -> None:
    found = settings(settings_folder, FULL)

    assert found.listen == ListenAddress(host="::", port=9095)
    assert [source.name for source in found.sources] == ["prod", "lab", "mesh"]
    assert found.sources[0].tokens == (Secret("secret-of-am"), Secret("secret-of-am-next"))
    assert found.sources[0].reach == Reach(
        playbooks=("disk-*",), targets=("host/web*",), match=(parse_matcher("team=infra"),)
    )
    assert found.sources[1].basic == BasicLogin(user="am", password=Secret("secret-of-ana"))
    assert found.sources[2].client_cn == "alertmanager.monitoring"
    assert found.users.tokens[0].role is Role.OPERATOR
    assert found.users.proxy == ProxySettings(
        trusted=(ip_network("10.0.0.0/8"),),
        secret=Secret("secret-of-proxy"),
        roles={Role.OPERATOR: ("sre",)},
    )
    assert found.metrics_token == Secret("secret-of-am")


def test_paths_are_relative_to_the_settings_file(settings_folder: Path) -> None:
    found = settings(settings_folder, FULL)

    assert found.data_dir == settings_folder / "var"
    assert found.playbooks == (settings_folder / "playbooks", Path("/etc/remediator/playbooks"))
    assert found.sections[HOSTS_SECTION].ssh.private_key_file == settings_folder / "ssh"
    assert found.tls is not None
    assert found.tls.client_ca_file == settings_folder / "ca.pem"


def test_the_world_is_read(settings_folder: Path) -> None:
    found = settings(settings_folder, FULL)

    assert found.store == StoreSettings(
        url="postgresql://remediator@db/remediator", password=Secret("secret-of-db")
    )
    assert found.sections[HOSTS_SECTION].resolver.resolve("web1:9100", {}) == "web1"
    assert found.sections[HOSTS_SECTION].resolver.resolve("web7.lan:9100", {}) == "web7"
    assert found.sections[HOSTS_SECTION].resolver.addresses() == {
        "web1": HostAddress(host="10.0.0.1")
    }
    ssh = found.sections[HOSTS_SECTION].ssh
    assert (ssh.user, ssh.port, ssh.sudo) == ("ops", 2222, False)
    assert found.sections[KUBERNETES_SECTION][0].gitops is GitOps.REFUSE
    assert found.sections[AWS_SECTION].regions == ("eu-west-1",)
    prometheus = found.sections[PROMETHEUS_SECTION]
    assert prometheus is not None
    assert prometheus.url == "http://prometheus:9090"
    alertmanager = found.sections[ALERTMANAGER_SECTION]
    assert alertmanager is not None
    assert alertmanager.bearer_token == Secret("secret-of-am")
    slack = found.sections[SLACK_SECTION]
    assert slack is not None
    assert slack.api_url == "https://slack.com/api/"
    assert found.sections[HTTP_SECTION].allow == ("example.com", "127.0.0.1:8080")


SLACK = """\
slack: {bot_token_file: xoxb, app_token_file: xapp, signing_secret_file: am, channel: "#sre"}
"""


def test_slack_is_read(settings_folder: Path) -> None:
    text = """\
contacts: {leads: {slack: "@sre-leads"}}
users:
  slack: {roles: {approver: ["@sre-oncall", ana@example.com], viewer: ["*"]}}
"""
    found = settings(settings_folder, SLACK + text)

    assert found.sections[SLACK_SECTION] == SlackSettings(
        bot_token=Secret("xoxb-secret"),
        app_token=Secret("xapp-secret"),
        signing_secret=Secret("secret-of-am"),
        channel="#sre",
    )
    assert found.users.members["slack"] == {
        Role.APPROVER: ("@sre-oncall", "ana@example.com"),
        Role.VIEWER: ("*",),
    }
    assert found.contacts["leads"] == ({"slack": {"to": "@sre-leads"}},)
    assert found.handles == "slack"
    assert not load_settings(None, CATALOG).settings.handles
    assert {"xoxb-secret", "xapp-secret", "secret-of-am"} <= set(found.secrets())


@pytest.mark.parametrize(
    ("written", "is_read"),
    [
        ("https://slack.com/api/", "https://slack.com/api/"),
        ("https://slack.example.com/api", "https://slack.example.com/api/"),
        ("http://127.0.0.1:8080/api", "http://127.0.0.1:8080/api/"),
        ("http://localhost:8080/api/", "http://localhost:8080/api/"),
    ],
)
def test_an_address_of_slack_is_secure_or_on_this_machine(
    settings_folder: Path, written: str, is_read: str
) -> None:
    found = settings(settings_folder, SLACK.replace("}", f", api_url: '{written}'}}"))

    slack = found.sections[SLACK_SECTION]
    assert slack is not None
    assert slack.api_url == is_read


@pytest.mark.parametrize(
    ("written", "destinations"),
    [
        ("", ({"slack": {"to": "#sre"}},)),
        ("notify:", ({"slack": {"to": "#sre"}},)),
        ("notify: []", ()),
        ("notify: {console: {}}", ({"console": {}},)),
    ],
)
def test_where_nothing_else_is_said_everything_is_told_in_slacks_channel(
    settings_folder: Path, written: str, destinations: tuple[object, ...]
) -> None:
    assert settings(settings_folder, f"{SLACK}{written}\n").notify == destinations


@pytest.mark.parametrize(
    ("roles", "does"),
    [
        ("{}", False),
        ("{viewer: ['*']}", False),
        ("{approver: []}", False),
        ("{approver: [U012AB3CD]}", True),
        ("{operator: ['@sre']}", True),
        ("{admin: [U012AB3CD]}", True),
    ],
)
def test_roles_say_whether_anybody_approves_in_slack(
    settings_folder: Path, roles: str, does: bool
) -> None:
    found = settings(settings_folder, f"{SLACK}users: {{slack: {{roles: {roles}}}}}\n")

    approving = frozenset({"slack"} if does else ())
    assert found.users.approving == approving
    assert found.playbook_rules().approving == approving
    assert not found.users.have_credentials  # a role in Slack opens no door of the API


def test_rules_for_playbooks_are_read(settings_folder: Path) -> None:
    found = settings(settings_folder, FULL)

    assert found.environments == (
        Environment(name="prod", match=(parse_matcher('env="prod"'),), mode=Mode.APPROVE),
        Environment(name="rest", match=(), mode=Mode.OFF),
    )
    assert found.guards == {
        "cooldown": CooldownSettings(rest=timedelta(minutes=20)),
        "storm": StormSettings(runs=5, per=timedelta(minutes=5)),
    }
    assert found.playbook_rules().guard_floors == {
        "cooldown": CooldownSettings(rest=timedelta(minutes=10))
    }
    assert found.playbook_rules().contacts == frozenset({"oncall", "leads"})
    assert found.contacts["oncall"] == ({"webhook": {"url": "https://pager.example.com"}},)
    assert found.notify == ({"webhook": {"url": "https://chat.example.com"}}, {"console": {}})
    assert found.severities == {"critical": "SEV-1"}
    assert found.sections[COMMANDS_SECTION] == {
        "restart-agent": Command(
            argv=("systemctl", "restart", "{unit}"),
            parameters={"unit": r"[a-z-]+\.service"},
            check=CommandCheck(argv=("systemctl", "is-active", "{unit}")),
        )
    }
    assert found.retention.runs == timedelta(days=30)


def test_a_secret_never_shows_itself(settings_folder: Path) -> None:
    found = settings(settings_folder, FULL)

    for text in (repr(found), str(found), f"{found.sources[0].tokens[0]}"):
        assert "secret-of" not in text
    with pytest.raises(TypeError):
        pickle.dumps(found.sources[0].tokens[0])
    with pytest.raises(TypeError):
        json.dumps(found.sources[0].tokens[0])


def test_every_secret_is_known_to_the_scrubber(settings_folder: Path) -> None:
    assert set(settings(settings_folder, FULL).secrets()) == {
        f"secret-of-{name}" for name in ("am", "am-next", "ana", "proxy", "db", "bot")
    }


def test_a_secret_is_read_again_on_reload(settings_folder: Path) -> None:
    before = settings(settings_folder, FULL)
    (settings_folder / "am").write_text("rotated\n")

    after = settings(settings_folder, FULL)

    assert before.sources[0].tokens[0].reveal() == "secret-of-am"
    assert after.sources[0].tokens[0].reveal() == "rotated"


@pytest.mark.parametrize(
    ("listen", "is_loopback"),
    [
        ("127.0.0.1:9095", True),
        ("127.8.8.8:1", True),
        ("localhost:9095", True),
        ("'[::1]:9095'", True),
        ("':9095'", False),
        ("0.0.0.0:9095", False),
        ("'[::]:9095'", False),
        ("10.0.0.1:9095", False),
        ("remediator.lan:9095", False),
        ("127.0.0.1.evil.example:9095", False),
    ],
)
def test_strangers_are_served_on_loopback_only(
    settings_folder: Path, listen: str, is_loopback: bool
) -> None:
    loaded = load(settings_folder, f"listen: {listen}\n")

    assert loaded.has_errors is not is_loopback
    assert loaded.settings.listen.is_loopback is is_loopback


def test_all_errors_of_all_sections_are_shown_at_once(settings_folder: Path) -> None:
    text = "listen: x\nstore: y\ncontacts: {a: {b: c}}\nretention: {runs: z}\nnope: 1\n"

    loaded = load(settings_folder, text)

    assert [problem.line for problem in loaded.problems] == [1, 2, 3, 4, 5]
    with pytest.raises(InvalidSettings, match="`runs`"):
        loaded.checked()


def test_no_problem_shows_a_secret(settings_folder: Path) -> None:
    text = """\
        sources: [{name: a, bearer_token: [swordfish-1]}, {name: b, bearer_token: "swordfish\\t2"}]
        users: {tokens: [{name: c, role: viewer, token: {swordfish-3: x}}]}
        store: postgresql://u:swordfish-4@db/x
        store_password: swordfish-5
        slack: {bot_token: 6, channel: x}
        """

    assert load(settings_folder, text).problems
    assert not [line for line in problems(settings_folder, text) if "swordfish-4" in line]
    assert not [
        line
        for line in problems(settings_folder, text)
        if "swordfish" in line and "key" not in line
    ]


def test_the_password_of_the_store_leaves_its_url(settings_folder: Path) -> None:
    found = settings(settings_folder, "store: postgresql://u:hunter2@db:5432/x?sslmode=require\n")

    assert found.store == StoreSettings(
        url="postgresql://u@db:5432/x?sslmode=require", password=Secret("hunter2")
    )


def test_a_source_without_a_list_may_start_every_playbook() -> None:
    source = Source(name="a")

    assert source.reach.playbooks == ("*",)
    assert source.reach.targets is None


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        (".+", "/"),
        (r"\\S+", "/"),
        ("[^ ]+", "/"),
        ("[a-z/]+", "/"),
        ("/srv/.*", "/"),
        ("[a-z.]+", ".."),
        (r"\\.*[a-z]+", ".."),
        ("[a-z0-9-]+", None),
        ("/srv/[a-z]+", None),
        (r"[a-z]+\\.service", None),
        (r"\\w+", None),
    ],
)
def test_a_pattern_of_a_command_that_leaves_its_path_is_a_warning(
    settings_folder: Path, pattern: str, found: str | None
) -> None:
    text = f'commands:\n  a: {{argv: [rm, "/srv/{{x}}"], parameters: {{x: "{pattern}"}}}}\n'

    warned = [line for line in problems(settings_folder, text) if "path-in-parameter" in line]

    assert len(warned) == (0 if found is None else 1)
    assert all(f"hold `{found}`" in line and ":2:" in line for line in warned)
