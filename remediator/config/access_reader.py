"""Reads who may reach the daemon: the listener, sources of alerts, users, TLS. No stranger from outside, ever."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from ipaddress import ip_network
from pathlib import Path

from remediator.config.matchers import read_matchers
from remediator.config.members_reader import Roles
from remediator.config.people_reader import PeopleReader
from remediator.config.settings_sections import (
    ListenAddress,
    ProxySettings,
    Source,
    TlsSettings,
    Users,
    UserToken,
)
from remediator.config.settings_shape import (
    ProxyShape,
    SourceShape,
    TlsShape,
    TokenShape,
    UsersShape,
)
from remediator.core.person_names import canonical_person
from remediator.core.selection import Reach
from remediator.documents.report import Report
from remediator.documents.secret import Secret, SecretReader
from remediator.documents.sign_in import read_basic
from remediator.documents.yaml_source import KeyPath


class AccessReader:
    """Reads the sections that decide who may do what; `systems` are the keys of those that know people by names."""

    def __init__(
        self, report: Report, secrets: SecretReader, folder: Path, systems: Sequence[str] = ()
    ) -> None:
        self._report = report
        self._systems = systems
        self._secrets = secrets
        self._folder = folder

    def listen(self, text: str) -> ListenAddress:
        """Read `127.0.0.1:9095`, `[::1]:9095` or `:9095` (everywhere)."""
        host, colon, port = text.rpartition(":")
        bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
        is_port = port.isascii() and port.isdecimal() and int(port) < 65536
        if not colon or not is_port or (":" in bare and bare == host):
            message = f"{text[:100]!r} is not HOST:PORT"
            self._report.error(("listen",), "listen", message)
            return ListenAddress()
        return ListenAddress(host=bare, port=int(port))

    def sources(
        self, shapes: tuple[SourceShape, ...] | None, tls: TlsSettings | None
    ) -> tuple[Source, ...]:
        """Read the sources; without any there is one without credentials, for loopback only."""
        if shapes is None:
            return (Source(name="default"),)
        found = [self._source(("sources", n), shape, tls) for n, shape in enumerate(shapes)]
        self._refuse_twins(("sources",), [source.name for source in found], "source")
        self._refuse_shared(("sources",), [t for source in found for t in source.tokens], "source")
        return tuple(found)

    def users(self, shape: UsersShape, members: Mapping[str, Roles]) -> Users:
        """Read tokens and the proxy; who has which role in an outside system is read already."""
        path: KeyPath = ("users", "tokens")
        found = [self._token((*path, n), each) for n, each in enumerate(shape.tokens)]
        self._refuse_twins(path, [token.name for token in found], "token")
        self._refuse_shared(path, [t for token in found for t in token.tokens], "user")
        proxy = self._proxy(shape.proxy) if shape.proxy else None
        people = PeopleReader(self._report, [token.name for token in found], self._systems)
        people.check_tokens()
        return Users(
            tokens=tuple(found), proxy=proxy, members=members, people=people.read(shape.people)
        )

    def tls(self, shape: TlsShape | None) -> TlsSettings | None:
        """Read our certificate's files, which must be there."""
        if shape is None:
            return None
        for name in ("cert_file", "key_file", "client_ca_file"):
            file = getattr(shape, name)
            if file is not None and not (self._folder / file).is_file():
                message = f"{self._folder / file} is not there"
                self._report.error(("tls", name), "file", message)
        return TlsSettings(
            cert_file=self._folder / shape.cert_file,
            key_file=self._folder / shape.key_file,
            client_ca_file=self._folder / shape.client_ca_file if shape.client_ca_file else None,
        )

    def refuse_strangers(
        self, listen: ListenAddress, sources: tuple[Source, ...], users: Users
    ) -> None:
        """Refuse to listen where others can reach us, unless everybody has to say who they are."""
        if listen.is_loopback:
            return
        hint = "Set credentials, or listen on 127.0.0.1."
        for index, source in enumerate(sources):
            if not source.has_credentials:
                message = (
                    f"the source `{source.name}` has no credentials, but `listen` is not loopback"
                )
                self._report.error(("sources", index), "no-credentials", message, hint)
        if not users.have_credentials:
            message = "`users` has no tokens and no proxy, but `listen` is not loopback"
            self._report.error(("users",), "no-credentials", message, hint, at_key=True)

    def _source(self, path: KeyPath, shape: SourceShape, tls: TlsSettings | None) -> Source:
        if shape.client_cn is not None and (tls is None or tls.client_ca_file is None):
            message = "`client_cn` needs `tls` with a `client_ca_file`"
            self._report.error((*path, "client_cn"), "tls", message, at_key=True)
        pair = (shape.bearer_token, shape.bearer_token_file)
        return Source(
            name=shape.name,
            tokens=self._tokens(path, "bearer_token", pair, shape.bearer_token_files),
            basic=read_basic(self._report, self._secrets, (*path, "basic"), shape.basic),
            client_cn=shape.client_cn or "",
            reach=Reach(
                playbooks=shape.playbooks,
                targets=shape.targets,
                match=read_matchers(self._report, (*path, "match"), shape.match),
            ),
        )

    def _token(self, path: KeyPath, shape: TokenShape) -> UserToken:
        pair = (shape.token, shape.token_file)
        tokens = self._tokens(path, "token", pair, shape.token_files)
        if pair == (None, None) and not shape.token_files:
            message = f"the token `{shape.name}` needs `token_file`"
            self._report.error(path, "missing-key", message)
        return UserToken(name=shape.name, role=shape.role, tokens=tokens)

    def _tokens(
        self, path: KeyPath, name: str, pair: tuple[str | None, str | None], files: tuple[str, ...]
    ) -> tuple[Secret, ...]:
        first = self._secrets.one(path, name, *pair)
        others = (self._secrets.file((*path, f"{name}_files", n), f) for n, f in enumerate(files))
        return tuple(token for token in (first, *others) if token is not None)

    def _proxy(self, shape: ProxyShape) -> ProxySettings | None:
        path: KeyPath = ("users", "proxy")
        secret = self._secrets.one(path, "secret", shape.secret, shape.secret_file)
        if shape.secret is None and shape.secret_file is None:
            message = "`proxy` needs `secret_file`: an address alone proves nothing"
            self._report.error(path, "missing-key", message, at_key=True)
        networks = []
        for index, text in enumerate(shape.trusted):
            try:
                networks.append(ip_network(text))
            except ValueError as error:
                self._report.error((*path, "trusted", index), "value", str(error))
        if secret is None:
            return None
        return ProxySettings(trusted=tuple(networks), secret=secret, roles=shape.roles)

    def _refuse_twins(self, path: KeyPath, names: list[str], noun: str) -> None:
        for index, name in enumerate(names):
            if canonical_person(name) in map(canonical_person, names[:index]):
                message = f"there are two {noun}s named `{name}`"
                self._report.error((*path, index, "name"), "duplicate-name", message)

    def _refuse_shared(self, path: KeyPath, tokens: Iterable[Secret], noun: str) -> None:
        if max(Counter(tokens).values(), default=0) > 1:
            message = f"two {noun}s share one token: a token says who somebody is"
            self._report.error(path, "shared-token", message, at_key=True)
