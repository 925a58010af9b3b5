"""Settings: safe without a file, strict with one, secrets from files, all errors at once."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from textwrap import dedent

import pytest

from remediator.config.inventory import HostAddress
from remediator.config.secret import Secret
from remediator.config.settings import Settings
from remediator.config.settings_reader import LoadedSettings, load_settings
from remediator.config.settings_sections import (
    BasicLogin,
    Command,
    GitOps,
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
from remediator.core.selection import Environment
from tests.config.catalogs import small_catalog

CATALOG = small_catalog()


def load(folder: Path, text: str) -> LoadedSettings:
    path = folder / "settings.yaml"
    path.write_text(dedent(text))
    return load_settings(path, CATALOG)


def settings(folder: Path, text: str) -> Settings:
    return load(folder, text).checked()


def problems(folder: Path, text: str) -> list[str]:
    return [str(p).removeprefix(f"{folder}/") for p in load(folder, text).problems]


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    for name in ("am", "am-next", "ana", "proxy", "ssh", "bot", "db"):
        (tmp_path / name).write_text(f"secret-of-{name}\n")
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "two-lines").write_text("a\nb\n")
    for name in ("cert.pem", "key.pem", "ca.pem"):
        (tmp_path / name).write_text("-\n")
    document = {"_meta": {"hostvars": {"web1": {"ansible_host": "10.0.0.1"}}}}
    (tmp_path / "inventory.json").write_text(json.dumps(document))
    return tmp_path


def test_without_a_file_everything_is_safe() -> None:
    found = load_settings(None, CATALOG).checked()

    assert found.listen == ListenAddress(host="127.0.0.1", port=9095)
    assert found.store is None
    assert found.data_dir == Path("remediator-data")
    assert found.environments == ()
    assert found.protected == ("namespace/kube-system",)
    with pytest.raises(InvalidTarget):
        found.resolver.resolve("web1:9100", {})


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
      - {name: prod, bearer_token_files: [am, am-next], playbooks: ["disk-*"]}
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


def test_access_is_read(folder: Path) -> None:
    found = settings(folder, FULL)

    assert found.listen == ListenAddress(host="::", port=9095)
    assert [source.name for source in found.sources] == ["prod", "lab", "mesh"]
    assert found.sources[0].tokens == (Secret("secret-of-am"), Secret("secret-of-am-next"))
    assert found.sources[0].may_start("disk-full")
    assert not found.sources[0].may_start("service-down")
    assert found.sources[1].basic == BasicLogin(user="am", password=Secret("secret-of-ana"))
    assert found.sources[2].client_cn == "alertmanager.monitoring"
    assert found.users.tokens[0].role is Role.OPERATOR
    assert found.users.proxy == ProxySettings(
        trusted=(ip_network("10.0.0.0/8"),),
        secret=Secret("secret-of-proxy"),
        roles={Role.OPERATOR: ("sre",)},
    )
    assert found.metrics_token == Secret("secret-of-am")


def test_paths_are_relative_to_the_settings_file(folder: Path) -> None:
    found = settings(folder, FULL)

    assert found.data_dir == folder / "var"
    assert found.playbooks == (folder / "playbooks", Path("/etc/remediator/playbooks"))
    assert found.ssh.private_key_file == folder / "ssh"
    assert found.tls is not None
    assert found.tls.client_ca_file == folder / "ca.pem"


def test_the_world_is_read(folder: Path) -> None:
    found = settings(folder, FULL)

    assert found.store == StoreSettings(
        url="postgresql://remediator@db/remediator", password=Secret("secret-of-db")
    )
    assert found.resolver.resolve("web1:9100", {}) == "web1"
    assert found.resolver.resolve("web7.lan:9100", {}) == "web7"
    assert found.resolver.addresses() == {"web1": HostAddress(host="10.0.0.1")}
    assert (found.ssh.user, found.ssh.port, found.ssh.sudo) == ("ops", 2222, False)
    assert found.kubernetes[0].gitops is GitOps.REFUSE
    assert found.aws.regions == ("eu-west-1",)
    assert found.prometheus is not None
    assert found.prometheus.urls == ("http://prometheus:9090",)
    assert found.alertmanager is not None
    assert found.alertmanager.bearer_token == Secret("secret-of-am")
    assert found.slack is not None
    assert found.slack.api_url == "https://slack.com/api/"
    assert found.http_allow == ("example.com", "127.0.0.1:8080")


def test_rules_for_playbooks_are_read(folder: Path) -> None:
    found = settings(folder, FULL)

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
    assert found.commands == {
        "restart-agent": Command(
            argv=("systemctl", "restart", "{unit}"),
            parameters={"unit": r"[a-z-]+\.service"},
            check=("systemctl", "is-active", "{unit}"),
        )
    }
    assert found.retention.runs == timedelta(days=30)


def test_a_secret_never_shows_itself(folder: Path) -> None:
    found = settings(folder, FULL)

    for text in (repr(found), str(found), f"{found.sources[0].tokens[0]}"):
        assert "secret-of" not in text
    with pytest.raises(TypeError):
        pickle.dumps(found.sources[0].tokens[0])
    with pytest.raises(TypeError):
        json.dumps(found.sources[0].tokens[0])


def test_every_secret_is_known_to_the_scrubber(folder: Path) -> None:
    assert set(settings(folder, FULL).secrets()) == {
        f"secret-of-{name}" for name in ("am", "am-next", "ana", "proxy", "db", "bot")
    }


def test_a_secret_is_read_again_on_reload(folder: Path) -> None:
    before = settings(folder, FULL)
    (folder / "am").write_text("rotated\n")

    after = settings(folder, FULL)

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
    folder: Path, listen: str, is_loopback: bool
) -> None:
    loaded = load(folder, f"listen: {listen}\n")

    assert loaded.has_errors is not is_loopback
    assert loaded.settings.listen.is_loopback is is_loopback


BAD = [
    (
        "unknown keys",
        "lisen: x\nhosts: {ssh: {usr: x}}\n",
        [
            "settings.yaml:1:1: error[unknown-key]: `lisen` is not a key of the settings. "
            "Did you mean `listen`?",
            "settings.yaml:2:15: error[unknown-key]: `usr` is not a key of `ssh`. "
            "Did you mean `user`?",
        ],
    ),
    (
        "listening to strangers",
        "listen: 0.0.0.0:9095\nsources: [{name: a}, {name: b, bearer_token_file: am}]\n",
        [
            "settings.yaml:1:1: error[no-credentials]: `users` has no tokens and no proxy, "
            "but `listen` is not loopback. Set credentials, or listen on 127.0.0.1.",
            "settings.yaml:2:11: error[no-credentials]: the source `a` has no credentials, "
            "but `listen` is not loopback. Set credentials, or listen on 127.0.0.1.",
        ],
    ),
    (
        "no address",
        "listen: 9095\n",
        ["settings.yaml:1:9: error[type]: `listen` must be text, not a number"],
    ),
    ("a bare IPv6", "listen: ::1:9095\n", ["settings.yaml:1:9: error[listen]: …"]),
    ("a wrong port", "listen: localhost:99999\n", ["settings.yaml:1:9: error[listen]: …"]),
    (
        "an inline secret",
        "sources: [{name: a, bearer_token: swordfish}]\n",
        [
            "settings.yaml:1:21: warning[inline-secret]: `bearer_token` is a secret in a settings "
            "file. Put it into a file of its own and name that in `bearer_token_file`."
        ],
    ),
    (
        "a secret given twice",
        "sources: [{name: a, bearer_token: x, bearer_token_file: am}]\n",
        [
            "settings.yaml:1:21: error[secret]: "
            "`bearer_token` and `bearer_token_file` exclude each other"
        ],
    ),
    (
        "secret files",
        "sources:\n  - {name: a, bearer_token_file: gone}\n  - {name: b, bearer_token_file: empty}\n"
        "  - {name: c, bearer_token_files: [am, two-lines]}\n",
        [
            "settings.yaml:2:34: error[secret-file]: …",
            "settings.yaml:3:34: error[secret]: the secret is empty …",
            "settings.yaml:4:40: error[secret]: the secret is empty or holds characters …",
        ],
    ),
    (
        "shared tokens and twins",
        "sources: [{name: a, bearer_token_file: am}, {name: a, bearer_token_file: am}]\n",
        [
            "settings.yaml:1:1: error[shared-token]: two sources share one token: …",
            "settings.yaml:1:52: error[duplicate-name]: there are two sources named `a`",
        ],
    ),
    (
        "no sources",
        "sources: []\n",
        ["settings.yaml:1:10: error[range]: `sources` must not be empty"],
    ),
    (
        "client certificates without TLS",
        "sources: [{name: a, client_cn: x}]\n",
        ["settings.yaml:1:21: error[tls]: `client_cn` needs `tls` with a `client_ca_file`"],
    ),
    (
        "TLS files",
        "tls: {cert_file: cert.pem, key_file: gone.pem}\n",
        ["settings.yaml:1:38: error[file]: …"],
    ),
    (
        "users",
        "users:\n  tokens: [{name: a, role: king, token_file: ana}, {name: b, role: viewer}]\n",
        [
            "settings.yaml:2:28: error[choice]: `role` must be 'viewer', 'approver', 'operator' "
            "or 'admin' (got 'king')"
        ],
    ),
    (
        "a token without a secret",
        "users: {tokens: [{name: b, role: viewer}]}\n",
        ["settings.yaml:1:18: error[missing-key]: the token `b` needs `token_file`"],
    ),
    (
        "a proxy that anybody can play",
        "users: {proxy: {trusted: [10.0.0.1/8, x], roles: {}}}\n",
        [
            "settings.yaml:1:9: error[missing-key]: `proxy` needs `secret_file`: "
            "an address alone proves nothing",
            "settings.yaml:1:27: error[value]: 10.0.0.1/8 has host bits set",
            "settings.yaml:1:39: error[value]: 'x' does not appear to be an IPv4 or IPv6 network",
        ],
    ),
    (
        "the store",
        "store: mysql://x/y\n",
        ["settings.yaml:1:8: error[store]: the store must be a postgresql:// or sqlite:// URL"],
    ),
    (
        "a password in the store's URL",
        "store: postgresql://u:hunter2@db/x\n",
        ["settings.yaml:1:8: warning[inline-secret]: a password in the store's URL. …"],
    ),
    (
        "environments",
        "environments:\n  - {name: a, match: ['env'], mode: auto}\n  - {name: b, mode: auto}\n",
        [
            "settings.yaml:3:5: error[missing-key]: `environments` needs `match`",
        ],
    ),
    (
        "a matcher",
        "environments: [{name: a, match: ['env'], mode: auto}]\n",
        ["settings.yaml:1:34: error[matcher]: 'env' is not a matcher: …"],
    ),
    (
        "host rules",
        "hosts:\n  resolve:\n    - lable: x\n    - rewrite: {match: '(a+)+', to: x}\n"
        "    - rewrite: {match: 'a', to: '\\2'}\n    - ansible_inventory: gone.json\n    - 3\n"
        "  allow: ['web(']\n",
        [
            "settings.yaml:3:7: error[rule]: `lable` is not a rule with such a value. "
            "Did you mean `label`?",
            "settings.yaml:4:24: error[pattern]: `(a+)+` repeats a group, which can be very slow; "
            "repeat single characters",
            "settings.yaml:5:33: error[pattern]: `\\2`: invalid group reference 2 …",
            "settings.yaml:6:26: error[inventory]: …",
            "settings.yaml:7:7: error[rule]: expected one of label, rewrite, ansible_inventory …",
            "settings.yaml:8:11: error[pattern]: `web(` is not a regular expression: …",
        ],
    ),
    (
        "guards and floors",
        "guards: {cooldwn: 1h, protected: {}}\nfloors: {cooldown: soon}\n",
        [
            "settings.yaml:1:10: error[unknown-guard]: `cooldwn` is not a guard. "
            "Did you mean `cooldown`?",
            "settings.yaml:1:23: error[unknown-guard]: the guard `protected` cannot be set here",
            "settings.yaml:2:20: error[value]: the guard `cooldown`: 'soon' is not a duration: …",
        ],
    ),
    (
        "contacts and channels",
        "contacts: {oncall: {webhok: x}, leads: {webhook: {}}}\nnotify: {console: {colour: on}}\n",
        [
            "settings.yaml:1:21: error[unknown-channel]: `webhok` is not a channel. "
            "Did you mean `webhook`?",
            "settings.yaml:1:41: error[missing-key]: the channel `webhook` needs `url`",
            "settings.yaml:2:20: error[unknown-key]: `colour` is not a key of the channel `console`",
        ],
    ),
    (
        "commands",
        "commands:\n  a: {argv: ['{x}', '{y}'], parameters: {x: '[a-z]+', z: '('}}\n  b: {argv: []}\n",
        ["settings.yaml:3:13: error[range]: `argv` must not be empty"],
    ),
    (
        "placeholders",
        "commands:\n  a: {argv: ['{x}', '{y}'], parameters: {x: '[a-z]+', z: '('}}\n",
        [
            "settings.yaml:2:14: error[placeholder]: the command itself must be written out",
            "settings.yaml:2:21: error[placeholder]: `{y}` has no pattern under `parameters`",
            "settings.yaml:2:55: error[unused]: no word of the command holds `{z}`",
            "settings.yaml:2:58: error[pattern]: `(` is not a regular expression: …",
        ],
    ),
    (
        "URLs",
        "prometheus: {url: 'prometheus:9090'}\nalertmanager: {urls: ['http://u:p@am']}\n"
        "aws: {endpoint_url: file:///etc}\n",
        [
            "settings.yaml:1:19: error[value]: `url`: 'prometheus:9090' is not an http:// …",
            "settings.yaml:2:23: error[value]: `urls`: a URL must not hold credentials",
            "settings.yaml:3:21: error[value]: `endpoint_url`: 'file:///etc' is not an http:// …",
        ],
    ),
    (
        "Slack without a token",
        "slack: {channel: '#sre'}\n",
        ["settings.yaml:1:1: error[missing-key]: `slack` needs `bot_token_file`"],
    ),
    (
        "protected and allowed",
        "protected: [kube-system]\nhttp: {allow: ['http://x/']}\n",
        [
            "settings.yaml:1:13: error[value]: `protected`: string should match pattern …",
            "settings.yaml:2:16: error[value]: `allow`: string should match pattern …",
        ],
    ),
    (
        "a retention of nothing",
        "retention: {runs: 0s}\n",
        ["settings.yaml:1:19: error[range]: `runs` must be greater than 0s (got '0s')"],
    ),
]


@pytest.mark.parametrize(("text", "expected"), [b[1:] for b in BAD], ids=[b[0] for b in BAD])
def test_every_problem_has_its_place_and_its_words(
    folder: Path, text: str, expected: list[str]
) -> None:
    found = problems(folder, text)

    assert len(found) == len(expected), found
    for line, wanted in zip(found, expected, strict=True):
        assert line.startswith(wanted[:-1]) if wanted.endswith("…") else line == wanted


def test_all_errors_of_all_sections_are_shown_at_once(folder: Path) -> None:
    text = "listen: x\nstore: y\ncontacts: {a: {b: c}}\nretention: {runs: z}\nnope: 1\n"

    loaded = load(folder, text)

    assert [problem.line for problem in loaded.problems] == [1, 2, 3, 4, 5]
    with pytest.raises(InvalidSettings, match="`runs`"):
        loaded.checked()


def test_no_problem_shows_a_secret(folder: Path) -> None:
    text = """\
        sources: [{name: a, bearer_token: [swordfish-1]}, {name: b, bearer_token: "swordfish\\t2"}]
        users: {tokens: [{name: c, role: viewer, token: {swordfish-3: x}}]}
        store: postgresql://u:swordfish-4@db/x
        store_password: swordfish-5
        slack: {bot_token: 6, channel: x}
        """

    assert load(folder, text).problems
    assert not [line for line in problems(folder, text) if "swordfish-4" in line]
    assert not [
        line for line in problems(folder, text) if "swordfish" in line and "key" not in line
    ]


def test_the_password_of_the_store_leaves_its_url(folder: Path) -> None:
    found = settings(folder, "store: postgresql://u:hunter2@db:5432/x?sslmode=require\n")

    assert found.store == StoreSettings(
        url="postgresql://u@db:5432/x?sslmode=require", password=Secret("hunter2")
    )


def test_a_source_without_a_list_may_start_every_playbook() -> None:
    source = Source(name="a")

    assert source.may_start("anything")
    assert not replace(source, playbooks=()).may_start("anything")
