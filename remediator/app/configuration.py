"""A site: everything that the settings and playbooks say, as one value. A reload swaps it whole, or keeps
the old one."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from remediator.app.gateways import build_gateways
from remediator.app.identities import ConfiguredIdentities
from remediator.config.catalog import Catalog
from remediator.config.expressions import CelConditions
from remediator.config.order import Orders
from remediator.config.playbooks import PlaybookBook, PlaybookLoader
from remediator.config.settings import Settings
from remediator.config.settings_reader import load_settings
from remediator.config.templates import Templates
from remediator.core.identity import OwnMachine
from remediator.core.masking import Mask
from remediator.core.people import People
from remediator.core.selection import Environment, Index
from remediator.engine.admission import Rules
from remediator.engine.recorder import Routes
from remediator.http.auth import Authenticator
from remediator.http.credentials import ProxyTrust, Role, SourceKeys, UserKeys
from remediator.ports.gateways import Reads, Writes
from remediator.ports.identity import Identities
from remediator.ports.integration import Connected


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """One consistent reading of settings and playbooks, with the gateways that go with it."""

    settings: Settings
    book: PlaybookBook
    rules: Rules
    routes: Routes
    authenticator: Authenticator
    gateways: Connected
    identities: Identities
    mask: Mask = field(default_factory=Mask)
    settings_digest: str = ""
    warnings: tuple[str, ...] = ()


class InForce:
    """The configuration of now, for what outlives it; a reload replaces it whole."""

    def __init__(self, configuration: Configuration) -> None:
        self.now = configuration
        self.reads = Reads.following(lambda: self.now.gateways.reads)
        self.writes = Writes.following(lambda: self.now.gateways.writes)

    def rules(self) -> Rules:
        """What decides about alerts."""
        return self.now.rules

    def playbooks(self) -> tuple[str, ...]:
        """The names of those that are loaded."""
        return tuple(self.now.book.by_name)

    def mask(self) -> Mask:
        """What hides the secrets of strangers."""
        return self.now.mask

    def protected(self) -> tuple[str | OwnMachine, ...]:
        """What nothing may touch."""
        return self.now.settings.out_of_reach


def load_configuration(
    config_file: Path | None,
    catalog: Catalog,
    conditions: CelConditions,
    *,
    listen: str | None = None,
    gateways: Callable[[Settings], Connected] = build_gateways,
) -> Configuration:
    """Read everything; raise InvalidSettings or InvalidPlaybook with every error there is."""
    loaded = load_settings(config_file, catalog, listen=listen)
    settings = loaded.checked()
    templates = Templates(catalog.filters(settings.sections))
    loader = PlaybookLoader(
        catalog, settings.playbook_rules(), templates=templates, conditions=conditions
    )
    found = loader.load(settings.playbooks)
    book = found.checked()
    built = gateways(settings)  # after all that may be refused: nobody would close them
    return Configuration(
        settings=settings,
        book=book,
        rules=_rules(settings, book, catalog, templates),
        mask=Mask(settings.mask),
        settings_digest=_digest_of(settings),
        routes=Routes(always=settings.notify, contacts=settings.contacts, handles=settings.handles),
        authenticator=_authenticator(settings),
        gateways=built,
        identities=ConfiguredIdentities(settings, built.reads),
        warnings=tuple(str(p) for p in (*loaded.problems, *found.problems)),
    )


def _digest_of(settings: Settings) -> str:
    """Return the SHA-256 of the settings file, as `sha256sum` says it; "" without one, or where it is gone by now.

    A secret that stands in it is left out: who knows all else must not be able to try words for it.
    """
    try:
        text = settings.file.read_bytes() if settings.file else b""
    except OSError:
        return ""
    for secret in filter(None, settings.secrets()):
        text = text.replace(secret.encode(), b"***")
    return hashlib.sha256(text).hexdigest() if settings.file else ""


def _rules(settings: Settings, book: PlaybookBook, catalog: Catalog, templates: Templates) -> Rules:
    environments = tuple(
        Environment(name=e.name, match=e.match, mode=e.mode) for e in settings.environments
    )
    orders = Orders(catalog, templates, settings.severities, settings.sections)
    return Rules(
        index=Index(book),
        environments=environments,
        reach={source.name: source.reach for source in settings.sources},
        render=orders.render_order,
        severity=orders.severity,
        parsers={source.kind: source.parse for source in catalog.sources},
        mask=Mask(settings.mask),
    )


def _authenticator(settings: Settings) -> Authenticator:
    sources = [
        SourceKeys(
            name=source.name,
            tokens=[token.reveal() for token in source.tokens],
            basic=(source.basic.user, source.basic.password.reveal()) if source.basic else None,
            client_cn=source.client_cn,
        )
        for source in settings.sources
        if source.has_credentials
    ]
    users = [
        UserKeys(name=u.name, role=Role[u.role.name], tokens=[t.reveal() for t in u.tokens])
        for u in settings.users.tokens
    ]
    token = settings.metrics_token
    return Authenticator(
        sources=sources,
        users=users,
        proxy=_proxy(settings),
        metrics_tokens=[token.reveal()] if token else [],
        on_loopback=settings.listen.is_loopback,
        people=People(settings.users.people),
    )


def _proxy(settings: Settings) -> ProxyTrust | None:
    proxy = settings.users.proxy
    if proxy is None:
        return None
    return ProxyTrust(
        networks=[str(network) for network in proxy.trusted],
        secret=proxy.secret.reveal(),
        roles={Role[role.name]: groups for role, groups in proxy.roles.items()},
    )
