"""The shape of the settings file: its keys and their types. What they mean is read in `settings_reader`.

Every top-level field has a default, so that a file with an error in one section is still read in all the others.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field, StrictInt, StrictStr

from remediator.config.aws_reader import AwsShape
from remediator.config.playbook_shape import LabelName, Positive, Url
from remediator.config.settings_sections import GitOps, Role
from remediator.config.shapes import Flag, Shape, Word
from remediator.core.masking import LONGEST_PATTERN, MOST_PATTERNS
from remediator.core.playbook import Mode

Path_ = Annotated[StrictStr, Field(min_length=1, max_length=4000)]
Words = Annotated[tuple[Word, ...], Field(max_length=1000)]
Port = Annotated[StrictInt, Field(ge=1, le=65535)]
Argv = Annotated[tuple[StrictStr, ...], Field(min_length=1, max_length=100)]


class BasicShape(Shape):
    """A user name and a password."""

    user: Word
    password: StrictStr | None = None
    password_file: Path_ | None = None


class SourceShape(Shape):
    """One entry of `sources`."""

    name: Word
    bearer_token: StrictStr | None = None
    bearer_token_file: Path_ | None = None
    bearer_token_files: tuple[Path_, ...] = ()
    basic: BasicShape | None = None
    client_cn: Word | None = None
    playbooks: Words = ("*",)


class TokenShape(Shape):
    """One entry of `users.tokens`."""

    name: Word
    role: Role
    token: StrictStr | None = None
    token_file: Path_ | None = None
    token_files: tuple[Path_, ...] = ()


class ProxyShape(Shape):
    """`users.proxy`."""

    trusted: Annotated[tuple[Word, ...], Field(min_length=1)]
    secret: StrictStr | None = None
    secret_file: Path_ | None = None
    roles: dict[Role, Words] = Field(default_factory=dict)


class SlackUsersShape(Shape):
    """`users.slack`."""

    roles: dict[Role, Words] = Field(default_factory=dict)


class PersonShape(Shape):
    """One entry of `users.people`."""

    name: Word
    tokens: Words = ()
    proxy: Words = ()
    slack: Words = ()


class UsersShape(Shape):
    """`users`."""

    people: Annotated[tuple[PersonShape, ...], Field(max_length=10_000)] = ()
    tokens: tuple[TokenShape, ...] = ()
    proxy: ProxyShape | None = None
    slack: SlackUsersShape | None = None


class TlsShape(Shape):
    """`tls`."""

    cert_file: Path_
    key_file: Path_
    client_ca_file: Path_ | None = None


class MetricsShape(Shape):
    """`metrics`."""

    bearer_token: StrictStr | None = None
    bearer_token_file: Path_ | None = None


class EnvironmentShape(Shape):
    """One entry of `environments`."""

    name: Word
    match: list[StrictStr]
    mode: Mode


class SshShape(Shape):
    """`hosts.ssh`."""

    user: Word | None = None
    port: Port | None = None
    config_file: Path_ | None = None
    known_hosts: Path_ | None = None
    private_key_file: Path_ | None = None
    certificate_file: Path_ | None = None
    passphrase_file: Path_ | None = None
    sudo: Flag = False
    receipts: Annotated[StrictStr, Field(pattern=r"^/[A-Za-z0-9/._-]+$")] = (
        "/var/lib/remediator/receipts"
    )


class HostsShape(Shape):
    """`hosts`."""

    resolve: list[Any] | None = None
    allow: Words | None = None
    same: Annotated[
        tuple[Annotated[Words, Field(min_length=2)], ...], Field(max_length=10_000)
    ] = ()
    ssh: SshShape = SshShape()


class RewriteShape(Shape):
    """A rule `rewrite` under `hosts.resolve`."""

    match: Word
    to: Word


class KubernetesShape(Shape):
    """One entry of `kubernetes`."""

    name: Annotated[StrictStr, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")]
    kubeconfig: Path_ | None = None
    context: Word | None = None
    namespaces: Words = ()
    gitops: GitOps = GitOps.REFUSE


class SignInShape(Shape):
    """How to sign in at a server."""

    bearer_token: StrictStr | None = None
    bearer_token_file: Path_ | None = None
    basic: BasicShape | None = None


class PrometheusShape(SignInShape):
    """`prometheus`."""

    url: Url


class AlertmanagerShape(SignInShape):
    """`alertmanager`."""

    urls: Annotated[tuple[Url, ...], Field(min_length=1, max_length=20)]


class SlackShape(Shape):
    """`slack`."""

    bot_token: StrictStr | None = None
    bot_token_file: Path_ | None = None
    app_token: StrictStr | None = None
    app_token_file: Path_ | None = None
    signing_secret: StrictStr | None = None
    signing_secret_file: Path_ | None = None
    channel: Word | None = None
    api_url: Url = "https://slack.com/api/"


class CommandCheckShape(Shape):
    """How to see whether a command has worked."""

    argv: Argv


class CommandShape(Shape):
    """One entry of `commands`."""

    argv: Argv
    parameters: dict[LabelName, Word] = Field(default_factory=dict)
    check: CommandCheckShape | None = None
    reversible: Flag = False


class RetentionShape(Shape):
    """`retention`."""

    runs: Positive = timedelta(days=90)
    notifications: Positive = timedelta(days=30)


class MaskShape(Shape):
    """`mask`."""

    patterns: Annotated[
        tuple[Annotated[StrictStr, Field(min_length=1, max_length=LONGEST_PATTERN)], ...],
        Field(max_length=MOST_PATTERNS),
    ] = ()


class HttpShape(Shape):
    """`http`."""

    allow: tuple[Annotated[StrictStr, Field(pattern=r"^[A-Za-z0-9._:\[\]-]{1,255}$")], ...] = ()


class SettingsShape(Shape):
    """All keys of the settings."""

    listen: Word = "127.0.0.1:9095"
    external_url: Url = ""
    data_dir: Path_ | None = None
    store: Word | None = None
    store_password: StrictStr | None = None
    store_password_file: Path_ | None = None
    playbooks: tuple[Path_, ...] = ()
    tls: TlsShape | None = None
    sources: Annotated[tuple[SourceShape, ...], Field(min_length=1)] | None = None
    users: UsersShape = UsersShape()
    metrics: MetricsShape = MetricsShape()
    environments: tuple[EnvironmentShape, ...] = ()
    hosts: HostsShape = HostsShape()
    kubernetes: tuple[KubernetesShape, ...] = ()
    aws: AwsShape = AwsShape()
    prometheus: PrometheusShape | None = None
    alertmanager: AlertmanagerShape | None = None
    slack: SlackShape | None = None
    contacts: dict[Word, Any] = Field(default_factory=dict)
    severities: dict[Word, Word] | None = None
    notify: Any = None
    guards: Any = None
    floors: Any = None
    protected: tuple[Annotated[StrictStr, Field(pattern=r"^[a-z][a-z0-9_]*/\S+$")], ...] | None = (
        None
    )
    commands: dict[Word, CommandShape] = Field(default_factory=dict)
    http: HttpShape = HttpShape()
    mask: MaskShape = MaskShape()
    retention: RetentionShape = RetentionShape()
