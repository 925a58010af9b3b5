"""Ways to reach people as written under `notify` and `contacts`: a channel's name and its settings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from remediator.config.catalog import Catalog, hint_for
from remediator.config.playbook_report import holds_template
from remediator.documents.model_reader import Part, read_shape
from remediator.documents.report import Report, as_mapping
from remediator.documents.secret import Secret, read_quietly
from remediator.documents.yaml_source import KeyPath
from remediator.ports.channel import Channel

_ANNOUNCED = ("pagerduty",)

Ways = tuple[Mapping[str, Any], ...]


def read_destinations(
    report: Report,
    path: KeyPath,
    raw: object,
    catalog: Catalog,
    sections: frozenset[str] | None = None,
) -> Ways:
    """Return one `{channel: settings}` for each way; a list or one mapping of channels are both allowed.

    `sections` are those that the settings have, without some of which nobody is told by some; None if unknown.
    """
    items = list(enumerate(raw)) if isinstance(raw, list) else [(None, raw)]
    destinations: list[Mapping[str, object]] = []
    for index, item in items:
        place = path if index is None else (*path, index)
        mapping = as_mapping(report, place, item, "a way to tell people") or {}
        for name, written in mapping.items():
            settings = _settings(report, (*place, name), (name, written), catalog)
            if sections is not None:
                _check_needs(report, (*place, name), catalog.channels.get(name), sections)
            destinations += [] if settings is None else [{name: settings}]
    return tuple(destinations)


def secrets_of(destinations: Ways) -> tuple[Secret, ...]:
    """Return what those files hold that channels read themselves at each delivery: only to be masked."""
    files = (
        written
        for destination in destinations
        for settings in destination.values()
        for key, written in settings.items()
        if key.endswith("_file") and isinstance(written, str)
    )
    return tuple(secret for file in files if (secret := read_quietly(Path(file))))


def _settings(
    report: Report, path: KeyPath, destination: tuple[str, Any], catalog: Catalog
) -> Mapping[str, object] | None:
    name, written = destination
    channel = catalog.channels.get(name)
    if channel is None:
        _report_unknown(report, path, name, catalog)
        return None
    if channel.how_to_write and written is None:
        message = "this says neither where nor whom"
        report.error(path, "missing-key", message, channel.how_to_write)
        return None
    is_bare = written is not None and not isinstance(written, dict)
    given = {channel.shorthand: written} if is_bare else (written or {})
    if holds_template(given):
        report.error(path, "template", "templates are not filled in here")
    if (
        read_shape(
            report,
            path,
            given,
            channel.settings,
            Part(f"the channel `{name}`", bare=channel.shorthand if is_bare else ""),
        )
        is None
    ):
        return None
    return given


def _check_needs(
    report: Report, path: KeyPath, channel: Channel | None, sections: frozenset[str]
) -> None:
    if channel is None or not channel.needs or channel.needs in sections:
        return
    needs, title = channel.needs, channel.title or channel.name
    message = f"nobody can be told in {title}: the settings have no section `{needs}`"
    report.error(path, f"no-{needs}", message, channel.how_to_set, at_key=True)


def _report_unknown(report: Report, path: KeyPath, name: str, catalog: Catalog) -> None:
    if name in _ANNOUNCED:
        message = f"the channel `{name}` is not in this version; nobody is told this way"
        report.warn(path, "unavailable-channel", message, at_key=True)
        return
    hint = hint_for(name, catalog.channels)
    message = f"`{name[:80]}` is not a channel"
    report.error(path, "unknown-channel", message, hint, at_key=True)
