"""A corpus of what strangers' logs repeat: what must not be read in a chat, and what must."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import pytest

from remediator.core import masking
from remediator.core.facts import Answer, Known
from remediator.core.masking import MASKED, Mask, problem_of

MASK = Mask()
J = "eyJhbGciOiJIUzI1NiJ9" + ".e30." + "c2lnbmF0dXJl"
AWS = "AKIA" + "IOSFODNN7EXAMPLE"
AWS_SECRET = "wJalrXUtnFEMI/K7MDENG" + "/bPxRfiCYEXAMPLEKEY"
HEX = "0123456789abcdef" * 2

# a line, what must be gone, what must still be there
SECRETS: list[tuple[str, str, str]] = [
    # the cases of the issue
    ("connection refused: postgres://shop:Tulip-77@db.internal:5432/orders", "Tulip-77", "postgres://shop:"),
    (f"Authorization: Bearer {J}", J, "Authorization: Bearer"),
    ("login failed user=ana password=hunter-22 from 192.0.2.7", "hunter-22", "from 192.0.2.7"),
    # URLs of any scheme
    ("redis://:s3cr3t@cache:6379/0 timed out", "s3cr3t", "@cache:6379/0 timed out"),
    ("amqp://guest:gu%40est!@mq/vhost", "gu%40est!", "@mq/vhost"),
    ("mongodb+srv://app:p@ss@cluster0.example.net/?retryWrites=true", "p@ss", "cluster0"),
    ("mysql://root:a/b@db/x", "a/b", "@db/x"),
    ("dial https://svc:pw123@[2001:db8::1]:8443/path", "pw123", "[2001:db8::1]:8443"),
    ("fatal: could not read from https://x-access-token:abcdef@github.com/o/r.git", "abcdef", "github.com/o/r.git"),
    (f"cloning https://{HEX}@git.example.com/o/r", HEX, "git.example.com"),
    ("proxy http://proxy:8080 via http://u:hunter@proxy:3128", "hunter", "http://proxy:8080"),
    ("GET /blob?sv=2021&sig=abC%2Fd3%3D&se=2026 403", "abC%2Fd3%3D", "se=2026"),
    ("https://b.s3.example/k?X-Amz-Signature=deadbeef01&X-Amz-Expires=60", "deadbeef01", "X-Amz-Expires=60"),
    ("GET /cb?access_token=q8Zk-1&state=ok", "q8Zk-1", "state=ok"),
    ("GET /maps?key=Zx81kk22pqq", "Zx81kk22pqq", "/maps?key="),
    ("posting to https://hooks.slack.com/services/T00000000/B00000000/XXXXYYYY", "B00000000", "hooks.slack.com"),
    # headers
    ("> authorization: basic dXNlcjpwYXNz", "dXNlcjpwYXNz", "authorization: basic"),
    ('{"headers":{"Authorization":"Bearer abc.def-123"}}', "abc.def-123", '"Authorization":"Bearer'),
    ("{'Authorization': 'Token 9944b09199c62bcf'}", "9944b09199c62bcf", "'Authorization': 'Token"),
    ("map[Authorization:[Bearer s3cr3ttoken]]", "s3cr3ttoken", "Authorization"),
    ("Proxy-Authorization: Basic cHJveHk6cHc=", "cHJveHk6cHc=", "Proxy-Authorization: Basic"),
    ('Authorization: Digest username="ana", response="6629fae49393a053"', "6629fae49393a053", "Authorization: Digest"),
    ("Authorization: AWS4-HMAC-SHA256 Credential=x/y, Signature=fe5f80f77d5fa3", "fe5f80f77d5fa3", "AWS4-HMAC-SHA256"),
    ("sent Bearer 8f14e45fceea167a5a36dedd4bea2543", "8f14e45fceea167a5a36dedd4bea2543", "sent Bearer"),
    ("X-Api-Key: 5d41402abc4b2a76", "5d41402abc4b2a76", "X-Api-Key:"),
    ("x-auth-token=abcdef123 denied", "abcdef123", "denied"),
    ("PRIVATE-TOKEN: abcdef", "abcdef", "PRIVATE-TOKEN"),
    ("Cookie: sid=8a7b6c5d; theme=dark", "8a7b6c5d", "Cookie:"),
    ("Set-Cookie: SESSION=Zm9vYmFy; Path=/; HttpOnly", "Zm9vYmFy", "Set-Cookie:"),
    ("JSESSIONID=1A2B3C4D5E6F", "1A2B3C4D5E6F", "JSESSIONID"),
    # tokens with a form
    (f"token {J} is expired", J, "is expired"),
    (f"jwt={J}", J, "jwt="),
    (f"signed by {AWS}", AWS, "signed by"),
    (f"{AWS} {AWS_SECRET}", AWS_SECRET, ""),
    (f"aws_secret_access_key = {AWS_SECRET}", AWS_SECRET, "aws_secret_access_key"),
    ("ASIA" + "Y34FZKBOKMUTVV7A was used", "ASIA" + "Y34FZKBOKMUTVV7A", "was used"),
    ("ghp_" + "a1B2" * 9 + " revoked", "a1B2a1B2", "revoked"),
    ("github_pat_" + "11ABCDEFG0" * 4, "11ABCDEFG0", ""),
    ("xoxb-" + "2222-3333-abcDEF", "2222-3333-abcDEF", ""),
    ("xapp-" + "1-A0-22-abcdef", "A0-22", ""),
    ("using sk_live_" + "4eC39HqLyjWD", "4eC39HqLyjWD", "using"),
    ("whsec_" + "abcDEF123456", "abcDEF123456", ""),
    ("glpat-" + "a1b2c3d4e5f6g7h8i9j0", "a1b2c3d4e5f6", ""),
    ("npm_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8", "a1B2c3D4", ""),
    ("AIza" + "SyA-1234567890abcdefghijklmnopqrstuv", "SyA-1234567890", ""),
    ("SG." + "ngeVfQFYQlKU0ufo8x5d1A.TwL2iGABf9DHoTf-09kqeF8tAmbihYzrnopKc", "TwL2iGABf9DHoTf", ""),
    ("pypi-" + "AgEIcHlwaS5vcmcCJDU3ZTM1", "AgEIcHlwaS5vcmc", ""),
    ("hvs." + "CAESIJlU9JMYEhOPYv4igdhm9PnZDrabYTobQ4Ymn", "CAESIJlU9JMYEhOP", ""),
    ("ana:$6$rounds=5000$salt$hashhashhash:19000:0:99999:7:::", "hashhashhash", "ana:"),
    ("admin:$apr1$abcdefgh$ijklmnopqrstuv", "ijklmnopqrstuv", "admin:"),
    # private keys
    ("-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nabc\n-----END RSA PRIVATE KEY-----\nnext", "MIIEow", "next"),
    ("-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1r\ncut off here", "b3BlbnNzaC1r", ""),
    ('{"key": "-----BEGIN PRIVATE KEY-----\\nMIIEvQ\\n-----END PRIVATE KEY-----"}', "MIIEvQ", '"key"'),
    # a name that says so, in all notations
    ('{"user":"ana","password":"p,w d;1"}', "p,w d;1", '"user":"ana"'),
    ('{"password": "a\\"b c", "x": 1}', "b c", '"x": 1'),
    ('{\\"db_password\\":\\"hunter2\\",\\"port\\":1}', "hunter2", "port"),
    ("{'client_secret': 'abc'}", "abc", "client_secret"),
    ("spring.datasource.password=hunter2", "hunter2", "spring.datasource.password"),
    ("DB_PASSWORD: hunter2", "hunter2", "DB_PASSWORD"),
    ("DB_PASSWORD:      hunter2", "hunter2", "DB_PASSWORD"),
    ("export PGPASSWORD='hunter two'", "hunter two", "PGPASSWORD"),
    ("MYSQL_PWD=hunter2 mysql -u root", "hunter2", "mysql -u root"),
    ("SECRET_KEY_BASE64=Zm9v", "Zm9v", "SECRET_KEY"),
    ("rootPassword=hunter2&user=x", "hunter2", "user=x"),
    ("dbPass: hunter2", "hunter2", "dbPass"),
    ("smtp pass=hunter2", "hunter2", "smtp pass"),
    ("password := hunter2", "hunter2", "password"),
    ("password => 'hunter2'", "hunter2", "password"),
    ("api key: 5d41402a", "5d41402a", "api key"),
    ("Secret Key: 5d41402a", "5d41402a", "Secret Key"),
    ("token=0", "=0", "token"),
    ('"passwords": ["hunter2"]', "hunter2", "passwords"),
    ("Server=db;User Id=sa;Password=hunter2;Encrypt=yes", "hunter2", "Encrypt=yes"),
    ("AccountName=x;AccountKey=Zm9vYmFy==;EndpointSuffix=y", "Zm9vYmFy", "EndpointSuffix=y"),
    ("Endpoint=sb://x/;SharedAccessKeyName=Root;SharedAccessKey=abc123=", "abc123", "SharedAccessKeyName=Root"),
    ("- name: DB_PASSWORD\n  value: hunter2", "hunter2", "name: DB_PASSWORD"),
    ('{"name":"API_TOKEN","value":"hunter2"}', "hunter2", '"name":"API_TOKEN"'),
    ("export AWS_SESSION_TOKEN=FwoGZXIvYXdzEBY", "FwoGZXIvYXdzEBY", "AWS_SESSION_TOKEN"),
    # words of commands
    ("exec: app --password hunter2 --verbose", "hunter2", "--verbose"),
    ("exec: app --db-password=hunter2 -v", "hunter2", "-v"),
    ("exec: app -password 'hunter 2' -v", "hunter 2", "-v"),
    ("helm login --token abc123", "abc123", "--token"),
    ("curl -u ana:hunter2 https://x", "hunter2", "https://x"),
    ("curl --user ana:hunter2 https://x", "hunter2", "ana:"),
    ("mysql -uroot -phunter2 shop", "hunter2", "shop"),
    ("sshpass -p hunter2 ssh web1", "hunter2", "ssh web1"),
    ("redis-cli -h cache -a hunter2 ping", "hunter2", "ping"),
    ("openssl rsa -passin pass:hunter2", "hunter2", "openssl"),
    ("CREATE USER x IDENTIFIED BY 'hunter2'", "hunter2", "CREATE USER x"),
    ("ALTER ROLE x WITH PASSWORD 'hunter2' VALID", "hunter2", "VALID"),
]  # fmt: skip

PLAIN: list[str] = [
    "password changed for user ana",
    "Failed password for root from 192.0.2.7 port 22 ssh2",
    "Invalid password: wrong",
    "password: expired",
    "token: invalid, please sign in again",
    "invalid token, expected one of ',' '}'",
    "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh user=ana",
    "sudo:  ana : TTY=pts/0 ; PWD=/home/ana ; USER=root ; COMMAND=/usr/bin/ls",
    "passwd:         files systemd",
    "password_file=/run/secrets/db",
    "--token-file /run/secrets/token",
    "reading token: /var/run/secrets/kubernetes.io/serviceaccount/token",
    'MountVolume.SetUp failed for volume "x" : secret "db-credentials" not found',
    "secretName: db-credentials, secretKeyRef: {name: x}",
    "DB_PASSWORD:  <set to the key 'password' in secret 'db'>  Optional: false",
    "password=${DB_PASSWORD} --password $(cat x)",
    "max_tokens=4096 token_count=7 tokens: 12",
    "PasswordAuthentication no",
    "Basic Authentication is required; Bearer authentication as well",
    "docker.io/library/nginx@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "commit 3f2a9c1d5e6b7a8f9c0d1e2f3a4b5c6d7e8f9a0b by ana",
    "run_0199f0c4a1b27c3e8d5f60718293a4b5 plan 3f2a9c1d",
    "pod api-7c9d8f6b5-x2x4z uid 6f1c2b1e-8d2a-4c57-9a3e-0b6d1f2e3a4b",
    "machine-id 0123456789abcdef0123456789abcdef InvocationID=0123456789abcdef0123456789abcdef",
    "/var/lib/docker/overlay2/0a1b2c3d4e5f/merged/etc/passwd",
    "https://grafana.example.com/d/abc?orgId=1&from=now-1h&to=now",
    "http://web1:9100/metrics returned 500",
    "https://packages.example.org/@scope/pkg and https://medium.com/@ana/post",
    "mailto:ana@example.com git@github.com:o/r.git ssh://git@host/x",
    "http://[2001:db8::11]:9100/metrics?to=ana@example.com",
    "chown 1000:1000 /data; docker run -u 1000:1000 busybox; kubectl --user admin",
    "compass: north, bypass=true, passes=3 passed: 12 failed: 1",
    "node_filesystem_avail_bytes{instance=\"web1:9100\",mountpoint=\"/\"} 0.04",
    "key=value sort key: name primary key: id key 7",
    "Cookie: not found; cookie consent=given",
    "monkey: banana, keyboard=us",
    "2026-11-29T02:33:52Z ERROR [main] o.h.Foo - 17 of 93 slots are used (18.3 %)",
    "nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)",
    "restart web.service on host/web1 (now activating (auto-restart), restarted 40 times by systemd)",
    "authorization: denied for user ana",
    "session opened for user root(uid=0); session=c2; session 4123 closed",
    "spin=3 mapping: x author: ana authors=2 lotp tokenizer=bpe secretary: ana",
    "Auth: ok, author=ana, oauth: enabled",
    # what people look for: commits, images, instances, requests, paths, tools' words
    "HEAD is now at 3f2a9c1 Fix the pool; merge 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
    "Pulled registry.example.com:5000/a:v1@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "i-0abcd1234ef567890 in eu-central-1a, vol-049df61146c4d7901, snap-0a1b2c3d4e5f67890",
    "arn:aws:iam::123456789012:role/remediator is not authorized to perform: ec2:ModifyVolume",
    "(ExpiredToken) when calling DescribeVolumes: The security token included in the request is expired",
    "request id 6f1c2b1e-8d2a-4c57-9a3e-0b6d1f2e3a4b, trace 4bf92f3577b34da6a3ce929d0e0e4736",
    "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    'secrets "db" is forbidden: User "system:serviceaccount:shop:api" cannot get resource "secrets"',
    'MountVolume.SetUp failed for volume "x": failed to fetch token: serviceaccounts "api" not found',
    'resourceVersion: "184467440", pod-template-hash=7c9d8f6b5, controller-revision-hash: web-6d4cf56db6',
    "/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol049df61146c4d7901 UUID=6f1c2b1e-8d2a-4c57-9a3e-0b6d1f2e3a4b",
    "/var/lib/kubelet/pods/6f1c2b1e-8d2a-4c57-9a3e-0b6d1f2e3a4b/volumes/kubernetes.io~secret/tls",
    "ssh: SHA256:uNiVztksCsDhcc0u9e8BgrJXVGDnHMMjBhfMNOJJpkA (ED25519) accepted publickey for ana",
    "receipt t.0199f0c4a1b27c3e8d5f60718293a4b5.out; PASS: 12 FAIL: 1; pass=3",
]  # fmt: skip


@pytest.mark.parametrize(("line", "secret", "stays"), SECRETS)
def test_what_looks_like_a_secret_is_masked_and_its_name_stays(
    line: str, secret: str, stays: str
) -> None:
    masked = MASK(line)

    assert secret not in masked
    assert MASKED in masked
    assert stays in masked
    assert MASK(masked) == masked


@pytest.mark.parametrize("line", PLAIN)
def test_an_ordinary_line_is_left_as_it_is(line: str) -> None:
    assert MASK(line) == line


@pytest.mark.parametrize(("line", "secret", "stays"), SECRETS)
def test_a_secret_in_the_middle_of_other_words_is_found_too(
    line: str, secret: str, stays: str
) -> None:
    masked = MASK(f"2026-11-29T02:33:52Z web1 app[77]: [{line}")

    assert secret not in masked
    assert "web1 app[77]: [" in masked


def test_a_private_key_over_many_lines_of_evidence_is_one_secret() -> None:
    lines = [
        "before",
        "-----BEGIN EC PRIVATE KEY-----",
        "MHcCAQ",
        "-----END EC PRIVATE KEY-----",
        "after",
    ]

    assert MASK.lines(lines) == ("before", MASKED, "after")
    assert MASK.lines(()) == ()
    assert MASK.lines([""]) == ("",)


@pytest.mark.parametrize(
    ("pattern", "text", "masked"),
    [
        (r"badge-\d+", "the badge-77 of ana", "the *** of ana"),
        (r"badge=(\w+)", "badge=77 of ana", "badge=*** of ana"),
        (r"(id|no)=(?P<secret>\w+)", "no=77 of ana", "no=*** of ana"),
    ],
)
def test_a_site_has_patterns_of_its_own(pattern: str, text: str, masked: str) -> None:
    assert problem_of(pattern) is None
    assert Mask([pattern])(text) == masked
    assert MASK(text) == text


@pytest.mark.parametrize("pattern", ["(", "a(?=b)", r"(a)\1", "x*", ""])
def test_a_pattern_that_re2_does_not_read_or_that_matches_nothing_is_no_pattern(
    pattern: str,
) -> None:
    assert problem_of(pattern)


@pytest.mark.parametrize("text", ["a\ud800 password=x", "é password=hünter", "\x00password=x"])
def test_any_text_at_all_can_be_masked(text: str) -> None:
    assert MASK(text).endswith(f"password={MASKED}")


def test_inside_a_value_a_secrets_name_masks_all_that_stands_under_it() -> None:
    value = {
        "spec/env/DB_PASSWORD": "correct horse",
        "/data/token": "x",
        "list": ["password=x", 7, None, True],
        "replicas": 3,
        "password": 5,
    }

    assert MASK.inside(value) == {
        "spec/env/DB_PASSWORD": MASKED,
        "/data/token": MASKED,
        "list": [f"password={MASKED}", 7, None, True],
        "replicas": 3,
        "password": 5,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    text: str = "password=x"
    lines: tuple[str, ...] = ("token=y1", "fine")
    facts: dict[str, Any] = field(default_factory=lambda: {"a": "secret=z1"})
    inner: Any = None


def test_a_value_is_masked_however_deep_and_stays_the_same_where_nothing_is_hidden() -> None:
    masked = MASK.told(Told(inner=Told(inner=(Told(),))))

    assert "x" not in masked.text
    assert masked.inner.inner[0] == Told(
        text=f"password={MASKED}",
        lines=(f"token={MASKED}", "fine"),
        facts={"a": f"secret={MASKED}"},
    )
    plain = Told(text="a", lines=(), facts={})
    assert MASK.told(plain) is plain


@pytest.mark.parametrize(
    "hostile",
    [
        "password=" * 40_000,
        "a://" * 80_000,
        "a:b@" * 80_000,
        "-----BEGIN PRIVATE KEY-----" * 10_000,
        '"password":"' + "\\" * 300_000,
        "eyJ" * 100_000,
        "mysql " * 50_000,
        "Cookie:" * 50_000,
        " --password" * 30_000,
        "name: x_password " * 20_000,
    ],
    ids=lambda text: text[:12],
)
def test_the_time_is_linear_in_the_text(hostile: str) -> None:
    def took(text: str) -> float:
        began = time.process_time()
        MASK(text)
        return time.process_time() - began

    half, whole = took(hostile[: len(hostile) // 2]), took(hostile)

    assert whole < 5
    assert whole < 8 * half + 0.5


def test_a_word_of_an_enumeration_stays_one_and_is_no_error() -> None:
    """Answers, outcomes and kinds are texts of types of their own; the first masks died of them."""
    answer = Answer(known=Known.HOLDS, detail="login failed user=ana password=hunter-22")

    told = Mask().told(answer)

    assert told.known is Known.HOLDS
    assert "hunter-22" not in told.detail


def test_a_text_without_a_secret_costs_one_look_and_one_that_comes_again_costs_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Counted:
        def __init__(self, pattern: Any) -> None:
            self.pattern, self.searches = pattern, 0

        def search(self, text: str) -> Any:
            self.searches += 1
            return self.pattern.search(text)

    plain = [line for line in PLAIN if not masking._ANY.search(line)]
    every, rule = Counted(masking._ANY), (None, None)  # a rule that were used would raise
    monkeypatch.setattr(masking, "_ANY", every)
    monkeypatch.setattr(masking, "_RULES", (rule,))
    mask = Mask()

    for line in [*plain, *plain]:
        mask(line)

    assert len(plain) > 20
    assert every.searches == len(plain)
