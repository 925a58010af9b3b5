"""Who may come in: sources that post alerts, people and programs that call the API. Made by `app` from the settings.

Secrets are hashed before they are compared, in constant time, against all known ones. Whatever is wrong with
credentials has one answer, 401, and nothing of the request is kept. Credentials that are sent must be right, also
where none would be needed.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

from aiohttp import web

from remediator.core.people import People, Proof
from remediator.core.person import Person
from remediator.core.person_names import is_printable_name
from remediator.http.credentials import Caller, ProxyTrust, Role, SourceKeys, UserKeys
from remediator.http.refusal import HttpRefusal

SECRET_HEADER = "X-Remediator-Proxy-Secret"  # noqa: S105
ANONYMOUS = "local"
ADMIN_GROUP = "admin"
CLI_AGENT = "remediator-cli/"


class Authenticator:
    """Knows all credentials. On loopback, doors without any are open: to the first source, and to operator `local`."""

    def __init__(
        self,
        *,
        sources: Sequence[SourceKeys] = (),
        users: Sequence[UserKeys] = (),
        proxy: ProxyTrust | None = None,
        metrics_tokens: Sequence[str] = (),
        on_loopback: bool = False,
        people: People | None = None,
    ) -> None:
        self._sources = tuple((_hashed_source(source), source.name) for source in sources)
        self._certificates = {s.client_cn: s.name for s in sources if s.client_cn}
        self._users = tuple((_hashed_tokens(user.tokens), user) for user in users)
        self._proxy = proxy
        self._people = people or People()
        self._networks = tuple(ip_network(str(n)) for n in proxy.networks) if proxy else ()
        self._proxy_secret = _hash(proxy.secret) if proxy else b""
        self._metrics = _hashed_tokens(metrics_tokens)
        open_source = next((source.name for source in sources), ANONYMOUS)
        is_open = on_loopback and not any(source.are_set for source in sources)
        self._anonymous_source = open_source if is_open else None
        self._anonymous_user = on_loopback and not users and proxy is None

    def source(self, request: web.Request) -> str:
        """Return the name of the source that sent this; raise HttpRefusal(401)."""
        authorization = _authorization(request)
        if authorization is None:
            return self._source_without(request)
        key = _hash(authorization)
        found = [name for known, name in self._sources if _is_among(key, known)]
        if not found:
            raise unauthorized()
        return found[0]

    def caller(self, request: web.Request) -> Caller:
        """Return the person behind a request; raise HttpRefusal (401; 403 for a person without a role)."""
        authorization = _authorization(request)
        if authorization is None:
            return self._caller_without(request)
        key = _hash(authorization)
        found = [user for known, user in self._users if _is_among(key, known)]
        if not found:
            raise unauthorized()
        user = found[0]
        caller = _caller(request, user.name, user.role, user.groups)
        return self._recognised(caller, Proof.TOKENS)

    def check_scraper(self, request: web.Request) -> None:
        """Let anyone read the metrics, unless a token is set."""
        if self._metrics and not _is_among(_hash(_authorization(request) or ""), self._metrics):
            raise unauthorized()

    def _source_without(self, request: web.Request) -> str:
        if self._certificates:
            name = self._certificates.get(_certificate_name(request))
            if name is not None:
                return name
        if self._anonymous_source is not None:
            return self._anonymous_source
        raise unauthorized()

    def _caller_without(self, request: web.Request) -> Caller:
        if self._proxy is not None and SECRET_HEADER in request.headers:
            return self._proxied(request, self._proxy)
        if self._anonymous_user:
            return _caller(request, ANONYMOUS, Role.OPERATOR, ())
        raise unauthorized()

    def _proxied(self, request: web.Request, proxy: ProxyTrust) -> Caller:
        secret = _hash(_only(request, SECRET_HEADER))
        if not hmac.compare_digest(secret, self._proxy_secret) or not self._is_trusted(request):
            raise unauthorized()
        name = _only(request, "X-Forwarded-Email") or _only(request, "X-Forwarded-User")
        if not is_printable_name(name):
            raise unauthorized()
        groups = tuple(g.strip() for g in _only(request, "X-Forwarded-Groups").split(",") if g)
        caller = _caller(request, name, _highest(proxy.roles, groups), groups)
        return self._recognised(caller, Proof.PROXY)

    def _recognised(self, caller: Caller, proof: Proof) -> Caller:
        return replace(caller, person=self._people.recognise(caller.person, proof))

    def _is_trusted(self, request: web.Request) -> bool:
        return _is_within(request.remote or "", self._networks)


def unauthorized() -> HttpRefusal:
    """Return the one answer to missing and wrong credentials."""
    return HttpRefusal(
        401,
        "unauthorized",
        "credentials are missing or wrong",
        "send `Authorization: Bearer TOKEN`",
    )


def _authorization(request: web.Request) -> str | None:
    """Return the one Authorization header, its scheme in lower case; two of them are as wrong as a wrong one."""
    values = request.headers.getall("Authorization", ())
    if not values:
        return None
    if len(values) > 1:
        raise unauthorized()
    scheme, _, credentials = values[0].strip().partition(" ")
    return f"{scheme.lower()} {_canonical(scheme.lower(), credentials.strip())}"


def _canonical(scheme: str, credentials: str) -> str:
    if scheme != "basic":
        return credentials
    try:
        return base64.b64decode(credentials, validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise unauthorized() from error


def _hash(text: str) -> bytes:
    return sha256(text.encode("utf-8", "surrogateescape")).digest()


def _hashed_source(source: SourceKeys) -> tuple[bytes, ...]:
    basic = (_hash(f"basic {source.basic[0]}:{source.basic[1]}"),) if source.basic else ()
    return _hashed_tokens(source.tokens) + basic


def _hashed_tokens(tokens: Iterable[str]) -> tuple[bytes, ...]:
    return tuple(_hash(f"bearer {token}") for token in tokens if token)


def _is_among(key: bytes, known: Iterable[bytes]) -> bool:
    return any([hmac.compare_digest(key, one) for one in known])  # a list: compare with all of them


def _only(request: web.Request, header: str) -> str:
    """Return the value of a header that must not be there twice; empty where it is absent."""
    values = request.headers.getall(header, ())
    if len(values) > 1:
        raise unauthorized()
    return values[0].strip() if values else ""


def _is_within(address: str, networks: Iterable[IPv4Network | IPv6Network]) -> bool:
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None) or parsed
    return any(mapped in network for network in networks if network.version == mapped.version)


def _highest(roles: Mapping[Role, Sequence[str]], groups: Iterable[str]) -> Role:
    mine = {*groups, "*"}
    held = [role for role, names in roles.items() if mine & set(names)]
    if not held:
        raise HttpRefusal(
            403, "forbidden", "none of your groups has a role here", "see `users.proxy.roles`"
        )
    return max(held)


def _caller(request: web.Request, name: str, role: Role, groups: Iterable[str]) -> Caller:
    """Return a caller; the group `admin`, by which control knows admins, comes from the role and never from outside."""
    door = "cli" if request.headers.get("User-Agent", "").startswith(CLI_AGENT) else "api"
    kept = tuple(group for group in groups if group != ADMIN_GROUP)
    admin = (ADMIN_GROUP,) if role is Role.ADMIN else ()
    return Caller(Person(name=name, door=door, groups=kept + admin), role)


def _certificate_name(request: web.Request) -> str:
    """Return the common name of the client's verified certificate; nothing where it has none, or more than one:
    which of them its authority meant, nobody can know."""
    transport = request.transport
    certificate: Any = transport.get_extra_info("peercert") if transport else None
    if not certificate:
        return ""
    fields = [field for part in certificate.get("subject", ()) for field in part]
    names = [value for key, value in fields if key == "commonName"]
    return str(names[0]) if len(names) == 1 else ""
