"""The entries of a kubeconfig: every key that we act on, and no other. Used by `kubeconfig`.

A key that is ignored is a change of who we are: without `as` an account acts with more power than was configured,
without `tokenFile` as nobody. So a key that is not named here is refused by its name. What excludes what is as in
client-go (`clientcmd`, validation.go).
"""

from __future__ import annotations

from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

_PROXIES = ("http", "https")


class _Entry(BaseModel):
    """What is written with dashes, for Python; `key: null` is as if it were not there."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        defer_build=True,
        alias_generator=lambda name: name.strip("_").replace("_", "-"),
    )

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, written: Any) -> Any:
        if not isinstance(written, dict):
            return written
        return {key: value for key, value in written.items() if value is not None}

    @classmethod
    def read(cls, written: Any, what: str) -> Self:
        """Return the entry; ValueError names the key that cannot be."""
        try:
            return cls.model_validate(written)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            key = ".".join(map(str, first["loc"]))
            if first["type"] == "extra_forbidden":
                text = f"the {what} has `{key}`, which we do not act on: remove it, or use another account"
                raise ValueError(text) from error
            told = f"`{key}` of the {what}" if key else f"the {what}"
            raise ValueError(f"{told}: {first['msg'].removeprefix('Value error, ')}") from error


class Context(_Entry):
    """A context: which cluster, as which user."""

    cluster: str = ""
    user: str = ""
    namespace: str = ""
    extensions: Any = None


class ClusterEntry(_Entry):
    """Where a cluster is, and how it proves who it is."""

    server: Annotated[str, Field(min_length=1)]
    tls_server_name: str = ""
    insecure_skip_tls_verify: bool = False
    certificate_authority: str = ""
    certificate_authority_data: str = ""
    proxy_url: str = ""
    disable_compression: bool = False
    extensions: tuple[dict[str, Any], ...] = ()

    @model_validator(mode="after")
    def _can_be_reached(self) -> Self:
        proxy = urlsplit(self.proxy_url)
        if self.proxy_url and (proxy.scheme not in _PROXIES or not proxy.hostname):
            text = f"`proxy-url` begins with `{proxy.scheme}`: only http:// and https:// are spoken, no SOCKS"
            raise ValueError(text)
        authority = self.certificate_authority or self.certificate_authority_data
        if self.insecure_skip_tls_verify and authority:
            raise ValueError("`insecure-skip-tls-verify` beside a `certificate-authority`: choose")
        return self


class Variable(_Entry):
    """One variable of a plugin's environment."""

    name: str
    value: str = ""


class PluginEntry(_Entry):
    """A program that signs us in."""

    model_config = ConfigDict(alias_generator=None)

    command: Annotated[str, Field(min_length=1)]
    args: tuple[str, ...] = ()
    env: tuple[Variable, ...] = ()
    api_version: str = Field("client.authentication.k8s.io/v1", alias="apiVersion")
    install_hint: str = Field("", alias="installHint")
    provide_cluster_info: bool = Field(False, alias="provideClusterInfo")
    interactive_mode: str = Field("", alias="interactiveMode")

    @model_validator(mode="after")
    def _asks_nobody(self) -> Self:
        if self.interactive_mode == "Always":
            raise ValueError("`interactiveMode: Always`: nobody sits here to answer it")
        return self


def _refuse_provider(_written: Any) -> None:
    raise ValueError("it is gone from Kubernetes: use a credential plugin, `exec`")


class User(_Entry):
    """Who we are, and as whom we act (`as`)."""

    client_certificate: str = ""
    client_certificate_data: str = ""
    client_key: str = ""
    client_key_data: str = ""
    token: str = Field("", repr=False)
    token_file: str = Field("", alias="tokenFile")
    username: str = ""
    password: str = Field("", repr=False)
    exec: PluginEntry | None = None
    as_: str = ""
    as_uid: str = ""
    as_groups: tuple[str, ...] = ()
    as_user_extra: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    auth_provider: Annotated[None, BeforeValidator(_refuse_provider)] = None
    extensions: Any = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.username or self.password) and (self.token or self.token_file):
            raise ValueError("a token beside `username` and `password`: choose")
        if ":" in self.username:
            raise ValueError("`username` holds a colon, which HTTP has no way to say")
        if not self.as_ and (self.as_uid or self.as_groups or self.as_user_extra):
            raise ValueError("`as-uid`, `as-groups` and `as-user-extra` need `as`")
        return self
