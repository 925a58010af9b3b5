"""What all tests of some playbooks share: catalog, settings, playbooks, and what makes orders of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from remediator.config.catalog import Catalog
from remediator.config.expressions import CelConditions
from remediator.config.order import Orders
from remediator.config.playbooks import PlaybookLoader
from remediator.config.settings import Settings
from remediator.config.templates import Templates
from remediator.core.languages import Conditions
from remediator.core.playbook import Mode
from remediator.core.selection import Environment
from remediator.engine.recorder import Routes


class Inline:
    """Conditions that are always evaluated where they are asked: in virtual time nobody waits for a thread."""

    def __init__(self, conditions: Conditions) -> None:
        self._conditions = conditions

    def holds(self, text: str, variables: Mapping[str, object]) -> bool:
        """See core.languages.Conditions."""
        return self._conditions.holds(text, variables)

    def is_quick(self, text: str, variables: Mapping[str, object]) -> bool:
        """Say yes: time stands still meanwhile."""
        return True


@dataclass(frozen=True)
class Site:
    """One reading of the settings. Without a file, every target of a world that can be played may be touched."""

    catalog: Catalog
    settings: Settings
    conditions: CelConditions

    @classmethod
    def of(cls, catalog: Catalog, settings: Settings) -> Site:
        """Return the site of these settings."""
        if settings.file is None:
            sections = settings.sections
            for world in catalog.worlds:
                sections = world.opened(sections)
            settings = replace(settings, sections=sections)
        return cls(catalog, settings, CelConditions())

    @cached_property
    def inline(self) -> Inline:
        """The conditions as a life asks them."""
        return Inline(self.conditions)

    @cached_property
    def templates(self) -> Templates:
        """What fills in labels."""
        return Templates(self.catalog.filters(self.settings.sections))

    @cached_property
    def loader(self) -> PlaybookLoader:
        """What reads playbooks."""
        return PlaybookLoader(
            self.catalog,
            self.settings.playbook_rules(),
            templates=self.templates,
            conditions=self.conditions,
        )

    @cached_property
    def orders(self) -> Orders:
        """What writes orders."""
        settings = self.settings
        return Orders(self.catalog, self.templates, settings.severities, settings.sections)

    @cached_property
    def routes(self) -> Routes:
        """Where messages go. Nothing is sent anywhere: a test hears all of them."""
        settings = self.settings
        return Routes(always=settings.notify, contacts=settings.contacts, handles=settings.handles)

    def environment(self, name: str | None, mode: Mode | None) -> Environment:
        """Return where a test takes place: as the settings say of this name, else as far as playbooks go."""
        known = {each.name: each.mode for each in self.settings.environments}
        ceiling = mode or known.get(name or "", Mode.AUTO)
        return Environment(name=name or "test", match=(), mode=ceiling)
