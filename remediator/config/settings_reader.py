"""Reads the settings file into `Settings`, reporting everything that is wrong with it at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from remediator.config.access_reader import AccessReader
from remediator.config.catalog import Catalog
from remediator.config.channels import Ways, read_destinations, secrets_of
from remediator.config.check_orders import read_check
from remediator.config.expressions import CelConditions
from remediator.config.guards import read_guards
from remediator.config.matchers import read_matchers
from remediator.config.members_reader import MembersReader
from remediator.config.own_machines import Surroundings, own_machines
from remediator.config.playbook_report import Reading
from remediator.config.settings import SEVERITIES, Settings
from remediator.config.settings_sections import Retention, StoreSettings
from remediator.config.settings_shape import (
    EnvironmentShape,
    SettingsShape,
    shape_with,
)
from remediator.config.templates import Templates
from remediator.core.errors import InvalidSettings
from remediator.core.identity import OwnMachine
from remediator.core.masking import problem_of
from remediator.core.selection import Environment
from remediator.documents.model_reader import Part, read_loosely
from remediator.documents.problem import Problem, errors_first, has_errors, in_order
from remediator.documents.report import Report
from remediator.documents.secret import Secret, SecretReader
from remediator.documents.yaml_source import KeyPath, YamlSource, read_yaml_file
from remediator.ports.sections import SectionReading, Sections

_PLAYBOOKS_HERE = Path("playbooks")


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedSettings:
    """What loading found. Use the settings only where there is no error among the problems."""

    settings: Settings
    problems: tuple[Problem, ...] = ()

    @property
    def has_errors(self) -> bool:
        """Whether anything keeps the settings from being used."""
        return has_errors(self.problems)

    def checked(self) -> Settings:
        """Return the settings, or raise InvalidSettings with every problem."""
        if self.has_errors:
            raise InvalidSettings(errors_first(self.problems))
        return self.settings


def load_settings(
    path: Path | None, catalog: Catalog, *, listen: str | None = None
) -> LoadedSettings:
    """Read the settings file, or take the defaults without one, with the folder `playbooks` where that stands here.

    `listen` (a flag) wins over the file's.
    """
    nothing = YamlSource(file="(no settings file)", value={})
    source = nothing if path is None else read_yaml_file(path)
    report = Report(source)
    folder = path.resolve().parent if path is not None else Path.cwd()
    if report.has_errors:
        return LoadedSettings(settings=Settings(), problems=in_order(report.problems))
    shape_of_all = shape_with(catalog.sections, catalog.members)
    shape = read_loosely(report, source.value, shape_of_all, Part("the settings"), folder)
    if listen is not None:
        shape = shape.model_copy(update={"listen": listen})
    settings = replace(_SettingsReader(report, catalog, folder).read(shape), file=path)
    if path is None and _PLAYBOOKS_HERE.is_dir():
        settings = replace(settings, playbooks=(_PLAYBOOKS_HERE,))
    return LoadedSettings(settings=settings, problems=in_order(report.problems))


class _SettingsReader:
    def __init__(self, report: Report, catalog: Catalog, folder: Path) -> None:
        self._report = report
        self._catalog = catalog
        self._folder = folder
        self._secrets = SecretReader(report, folder)
        self._access = AccessReader(
            report, self._secrets, folder, [each.key for each in catalog.members]
        )
        written = report.source.value if isinstance(report.source.value, dict) else {}
        keys = (section.key for section in catalog.sections)
        self._written = frozenset(key for key in keys if written.get(key) is not None)

    def read(self, shape: SettingsShape) -> Settings:
        tls = self._access.tls(shape.tls)
        listen = self._access.listen(shape.listen)
        sources = self._access.sources(shape.sources, tls)
        sections = self._sections(shape)
        members = MembersReader(self._report, self._written)
        roles = members.read(shape.users, self._catalog.members)
        users = self._access.users(shape.users, roles)
        self._access.refuse_strangers(listen, sources, users)
        metrics = (shape.metrics.bearer_token, shape.metrics.bearer_token_file)
        contacts = self._contacts(shape.contacts)
        notify = self._notify(shape.notify, sections)
        store = self._store(shape)
        return Settings(
            listen=listen,
            external_url=shape.external_url,
            data_dir=self._folder / shape.data_dir if shape.data_dir else Settings().data_dir,
            store=store,
            playbooks=tuple(self._folder / each for each in shape.playbooks),
            tls=tls,
            sources=sources,
            users=users,
            metrics_token=self._secrets.one(("metrics",), "bearer_token", *metrics),
            environments=self._environments(shape.environments),
            contacts=contacts,
            severities=SEVERITIES if shape.severities is None else shape.severities,
            notify=notify,
            handles=self._handles(sections),
            channel_secrets=secrets_of(
                (*notify, *(w for destinations in contacts.values() for w in destinations))
            ),
            guards=self._guards("guards", shape.guards, sections),
            floors=self._guards("floors", shape.floors, sections),
            protected=self._protected(shape.protected),
            own_machines=self._own_machines(store, shape.unprotected, sections),
            sections=sections,
            mask=self._mask(shape.mask.patterns),
            retention=Retention(
                runs=shape.retention.runs, notifications=shape.retention.notifications
            ),
            trust=shape.trust.thresholds(),
            drill=shape.drill.limits(),
        )

    def _sections(self, shape: SettingsShape) -> Sections:
        reading = SectionReading(report=self._report, secrets=self._secrets, folder=self._folder)
        sections = Sections()
        for section in self._catalog.sections:
            value = section.read(reading, getattr(shape, section.key))
            sections = sections.having(section, value)
        return sections

    def _mask(self, patterns: tuple[str, ...]) -> tuple[str, ...]:
        """Return the patterns of further secrets; what RE2 cannot read is an error."""
        for number, pattern in enumerate(patterns):
            if problem := problem_of(pattern):
                message = f"`{pattern}` is no pattern of a secret: {problem}"
                self._report.error(("mask", "patterns", number), "mask", message)
        return patterns

    def _store(self, shape: SettingsShape) -> StoreSettings | None:
        if shape.store is None:
            return None
        try:
            parts = urlsplit(shape.store)
        except ValueError as error:
            self._report.error(("store",), "store", f"the store's URL cannot be read: {error}")
            return None
        if parts.scheme not in ("postgresql", "sqlite"):
            message = "the store must be a postgresql:// or sqlite:// URL"
            self._report.error(("store",), "store", message)
            return None
        pair = (shape.store_password, shape.store_password_file)
        password = self._secrets.one((), "store_password", *pair)
        if not parts.password:
            return StoreSettings(url=shape.store, password=password)
        hint = "Put it into a file of its own and name that in `store_password_file`."
        self._report.warn(("store",), "inline-secret", "a password in the store's URL", hint)
        user, _, rest = parts.netloc.rpartition("@")
        url = parts._replace(netloc=f"{user.partition(':')[0]}@{rest}").geturl()
        return StoreSettings(url=url, password=password or Secret(parts.password))

    def _environments(self, shapes: tuple[EnvironmentShape, ...]) -> tuple[Environment, ...]:
        return tuple(
            Environment(
                name=shape.name,
                match=read_matchers(self._report, ("environments", index, "match"), shape.match),
                mode=shape.mode,
            )
            for index, shape in enumerate(shapes)
        )

    def _protected(self, written: tuple[str, ...] | None) -> tuple[str, ...]:
        known = self._catalog.integrations
        unsaid = tuple(place for each in known for place in each.protected)
        own = (place for each in known if each.own_places for place in each.own_places())
        return tuple(dict.fromkeys((*(unsaid if written is None else written), *own)))

    def _own_machines(
        self, store: StoreSettings | None, unprotected: tuple[str, ...], sections: Sections
    ) -> tuple[OwnMachine, ...]:
        known = self._catalog.integrations
        servers = (each.servers(sections) for each in known if each.servers)
        databases = (each.databases(sections) for each in known if each.databases)
        same = (each.same(sections) for each in known if each.same)
        around = Surroundings(
            servers=tuple(chain(*servers)),
            databases=tuple(chain(*databases)),
            same=tuple(chain(*same)),
        )
        return own_machines(store.url if store else "", around, unprotected)

    def _contacts(self, written: Mapping[str, object]) -> dict[str, Ways]:
        return {
            name: self._destinations(("contacts", name), destinations)
            for name, destinations in written.items()
        }

    def _notify(self, raw: object, sections: Sections) -> Ways:
        """Read the ways for all runs; where nothing is said, the integrations know where people look."""
        if raw is None:
            asked = (each.notify(sections) for each in self._catalog.integrations if each.notify)
            return tuple(destination for destinations in asked for destination in destinations)
        return self._destinations(("notify",), raw)

    def _destinations(self, path: KeyPath, raw: object) -> Ways:
        if raw is None:
            return ()
        return read_destinations(self._report, path, raw, self._catalog, self._written)

    def _handles(self, sections: Sections) -> str:
        caller = self._catalog.caller
        return caller.name if caller and caller.needs in sections.keys else ""

    def _guards(self, key: str, raw: object, sections: Sections) -> dict[str, object]:
        reading = Reading(
            report=self._report,
            catalog=self._catalog,
            templates=Templates(self._catalog.filters(sections)),
            conditions=CelConditions(),
        )

        def check(path: KeyPath, written: object) -> Any:
            return read_check(reading, path, written)

        written = {} if raw is None else raw
        return read_guards(self._report, (key,), written, check, in_settings=True)
