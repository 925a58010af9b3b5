"""What is wrong with a settings file, with its place and what would help."""

from __future__ import annotations

from pathlib import Path

import pytest

from remediator.config.settings_shape import shape_with
from tests.config.playbook_texts import assert_lines
from tests.config.settings_texts import CATALOG, load, problems

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
        "a store that is no URL",
        "store: postgresql://[::1/x\n",
        ["settings.yaml:1:8: error[store]: the store's URL cannot be read: Invalid IPv6 URL"],
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
        "labels that a source is limited to",
        "sources:\n  - name: a\n    match: ['env=prod', 'env']\n",
        ["settings.yaml:3:25: error[matcher]: 'env' is not a matcher: …"],
    ),
    (
        "targets that a source is limited to",
        "sources:\n  - name: a\n    targets: [host/web1, web1]\n",
        ["settings.yaml:3:26: error[value]: `targets`: …"],
    ),
    (
        "host rules",
        "hosts:\n  resolve:\n    - lable: x\n    - rewrite: {match: '(a)\\1', to: x}\n"
        "    - rewrite: {match: 'a', to: '\\2'}\n    - ansible_inventory: gone.json\n    - 3\n"
        "  allow: ['web(']\n",
        [
            "settings.yaml:3:7: error[rule]: `lable` is not a rule with such a value. "
            "Did you mean `label`?",
            r"settings.yaml:4:24: error[pattern]: `(a)\1` is not a regular expression of RE2 (as in Prometheus): "
            r"invalid escape sequence: \1; a group cannot be referred to (back-reference)",
            "settings.yaml:5:33: error[pattern]: `\\2`: the pattern has no such group",
            "settings.yaml:6:26: error[inventory]: …",
            "settings.yaml:7:7: error[rule]: expected one of label, rewrite, ansible_inventory …",
            "settings.yaml:8:11: error[pattern]: `web(` is not a regular expression of RE2 …",
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
            "settings.yaml:2:58: error[pattern]: `(` is not a regular expression of RE2 …",
        ],
    ),
    (
        "tests of units",
        "commands:\n"
        "  a: {argv: [a, '{x}'], parameters: {x: '[a-z]+'}, tests: a.service}\n"
        "  b: {argv: [b], tests: a.service}\n"
        "  c: {argv: [c], tests: c.timer}\n",
        ["settings.yaml:4:25: error[value]: `tests`: string should match pattern …"],
    ),
    (
        "tests of units that can be read",
        "commands:\n"
        "  a: {argv: [a, '{x}'], parameters: {x: '[a-z]+'}, tests: a.service}\n"
        "  b: {argv: [b], tests: a.service}\n",
        [
            "settings.yaml:2:59: error[tests]: what tests a unit before its restart takes no parameters",
            "settings.yaml:3:25: error[tests]: `a` tests a.service already",
        ],
    ),
    (
        "URLs",
        "prometheus: {url: 'prometheus:9090'}\nalertmanager: {urls: ['http://u:p@am']}\n",
        [
            "settings.yaml:1:19: error[value]: `url`: 'prometheus:9090' is not an http:// …",
            "settings.yaml:2:23: error[value]: `urls`: a URL must not hold credentials",
        ],
    ),
    (
        "headers that are not for settings to say",
        "prometheus:\n  url: http://p\n  headers: {Authorization: x, 'X Y': z}\n"
        "alertmanager: {urls: ['http://a'], headers: {Host: b, X-Scope-OrgID: \"a\\r\\nb\"}}\n",
        [
            "settings.yaml:3:28: error[value]: `Authorization`: `bearer_token_file` and `basic` write that header",
            "settings.yaml:3:38: error[value]: `X Y`: that is not the name of a header …",
            "settings.yaml:4:52: error[value]: `Host`: the header Host is the client's own",
            "settings.yaml:4:70: error[value]: `X-Scope-OrgID`: a header's value is printable ASCII…",
        ],
    ),
    (
        "text where keys should be",
        "prometheus: http://prometheus:9090\n",
        ["settings.yaml:1:13: error[type]: `prometheus` must be a mapping, not text"],
    ),
    (
        "Slack without a token",
        "slack: {channel: '#sre', app_token_file: xapp}\n",
        ["settings.yaml:1:1: error[missing-key]: `slack` needs `bot_token_file`"],
    ),
    (
        "Slack where nobody can answer",
        "slack: {bot_token_file: xoxb, channel: '#sre'}\n",
        [
            "settings.yaml:1:1: warning[no-door]: without `app_token_file` or "
            "`signing_secret_file` nobody can answer in Slack"
        ],
    ),
    (
        "a channel that YAML takes for a comment",
        "slack:\n  bot_token_file: xoxb\n  signing_secret_file: am\n  channel: #sre\n",
        [
            "settings.yaml:1:1: error[missing-key]: `slack` needs `channel`. "
            "Write it in quotes, channel: '#sre', because # begins a comment."
        ],
    ),
    (
        "tokens in each other's place, a channel without its sign, an address for everybody to hear",
        "slack:\n  bot_token_file: xapp\n  app_token_file: xoxb\n  channel: sre\n"
        "  api_url: http://slack.example.com/api/\n",
        [
            "settings.yaml:2:19: warning[token]: this is no bot token: those begin with xoxb-",
            "settings.yaml:3:19: warning[token]: this is no app token: those begin with xapp-",
            "settings.yaml:4:12: error[slack-channel]: 'sre' is not a channel. Write '#name' …",
            "settings.yaml:5:12: error[api-url]: tokens are sent here: it must be https://, …",
        ],
    ),
    (
        "roles in a Slack that is not set",
        "users: {slack: {roles: {approver: ['@sre']}}}\n",
        ["settings.yaml:1:9: error[no-slack]: `users.slack` gives roles in Slack, but …"],
    ),
    (
        "roles for nobody and for everybody",
        "slack: {bot_token_file: xoxb, app_token_file: xapp, channel: '#sre'}\n"
        "users:\n  slack:\n    roles:\n      operator: [sre, '@sre', S012AB3CD, U012AB3CD, W012AB3CD, a@b.example]\n"
        "      approver: ['*', '@', '@here']\n      viewer: ['*']\n",
        [
            "settings.yaml:5:18: error[slack-name]: 'sre' is nobody in Slack. "
            "Write @group, S… or U… (ids), an e-mail, or * for every full member.",
            "settings.yaml:6:18: warning[everybody]: every full member of the workspace is "
            "approver. Name a group or people.",
            "settings.yaml:6:23: error[slack-name]: '@' is nobody in Slack. …",
            "settings.yaml:6:28: error[slack-name]: '@here' is nobody in Slack. …",
        ],
    ),
    (
        "a role that is none",
        "slack: {bot_token_file: xoxb, app_token_file: xapp, channel: '#sre'}\n"
        "users: {slack: {roles: {king: ['@sre']}}}\n",
        ["settings.yaml:2:31: error[choice]: `king` must be …"],
    ),
    (
        "ways to a Slack that is not set",
        "contacts: {leads: {slack: '@leads'}}\nnotify: [{slack: '#sre'}, {console: {}}]\n",
        [
            "settings.yaml:1:20: error[no-slack]: nobody can be told in Slack: the settings have "
            "no section `slack`. Add `slack` with `bot_token_file` and `channel`.",
            "settings.yaml:2:11: error[no-slack]: …",
        ],
    ),
    (
        "a way to Slack that YAML takes for a comment",
        "slack: {bot_token_file: xoxb, app_token_file: xapp, channel: '#sre'}\n"
        "notify:\n  - slack: #sre\n",
        [
            "settings.yaml:3:11: error[missing-key]: this says neither where nor whom. "
            "Write it in quotes, slack: '#sre', because # begins a comment."
        ],
    ),
    (
        "ways to a Slack that is wrong in another place",
        "slack: {bot_token_file: xoxb, chanel: '#sre'}\nnotify: {slack: '#sre'}\n"
        "users: {slack: {roles: {viewer: ['*']}}}\n",
        ["settings.yaml:1:31: error[unknown-key]: …"],
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
    settings_folder: Path, text: str, expected: list[str]
) -> None:
    assert_lines(problems(settings_folder, text), expected)


@pytest.mark.parametrize("key", sorted(shape_with(CATALOG.sections, CATALOG.members).model_fields))
@pytest.mark.parametrize("value", ["null", "3", "x", "[3]", "{a: 3}", "[[[]]]", "{a: {b: [c]}}"])
def test_no_value_of_the_wrong_type_makes_the_reader_fail(
    settings_folder: Path, key: str, value: str
) -> None:
    loaded = load(settings_folder, f"{key}: {value}\n")

    assert all(problem.file.endswith("settings.yaml") for problem in loaded.problems)
