"""Reads `users.KEY.roles`: who has which role by a name that an outside system knows them by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from remediator.config.settings_sections import Role
from remediator.config.settings_shape import MembersShape, UsersShape
from remediator.documents.report import Report
from remediator.documents.yaml_source import KeyPath
from remediator.ports.members import EVERYBODY, Members

Roles = Mapping[Role, tuple[str, ...]]


class MembersReader:
    """Reads the roles of each system's members; `written` are the keys of the sections that are there."""

    def __init__(self, report: Report, written: frozenset[str]) -> None:
        self._report = report
        self._written = written

    def read(self, shape: UsersShape, known: Iterable[Members]) -> Mapping[str, Roles]:
        """Return the roles by the system's key."""
        return {
            members.key: self._roles(members, roles)
            for members in known
            if isinstance(roles := getattr(shape, members.key), MembersShape)
        }

    def _roles(self, members: Members, shape: MembersShape) -> Roles:
        key, title = members.key, members.title
        if key not in self._written:
            message = (
                f"`users.{key}` gives roles in {title}, but the settings have no section `{key}`"
            )
            self._report.error(("users", key), f"no-{key}", message, at_key=True)
        for role, names in shape.roles.items():
            for index, name in enumerate(names):
                self._check(("users", key, "roles", role.value, index), members, role, name)
        return shape.roles

    def _check(self, path: KeyPath, members: Members, role: Role, name: str) -> None:
        if name != EVERYBODY and not members.is_name(name):
            message = f"{name[:80]!r} is nobody in {members.title}"
            self._report.error(path, f"{members.key}-name", message, members.how_to_write)
        elif name == EVERYBODY and role is not Role.VIEWER:
            message = f"{members.everybody} is {role.value}"
            self._report.warn(path, "everybody", message, "Name a group or people.")
