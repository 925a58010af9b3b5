"""Ways to reach people as written under `notify` and `contacts`: a channel's name and its settings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from remediator.config.catalog import Catalog
from remediator.config.reading import holds_template
from remediator.documents.problem import did_you_mean
from remediator.documents.report import Report, as_mapping
from remediator.documents.secret import Secret, read_quietly
from remediator.documents.shapes import Part, read_shape
from remediator.documents.yaml_source import KeyPath

_ANNOUNCED = ("pagerduty",)

Ways = tuple[Mapping[str, Any], ...]


def read_ways(
    report: Report, path: KeyPath, raw: Any, catalog: Catalog, *, has_slack: bool | None = None
) -> Ways:
    """Return one `{channel: settings}` for each way; a list or one mapping of channels are both allowed.

    `has_slack` says whether the settings have a section `slack`, without which nobody is told there; None if unknown.
    """
    items = list(enumerate(raw)) if isinstance(raw, list) else [(None, raw)]
    ways: list[Mapping[str, Any]] = []
    for index, item in items:
        place = path if index is None else (*path, index)
        mapping = as_mapping(report, place, item, "a way to tell people") or {}
        for name, written in mapping.items():
            settings = _settings(report, (*place, name), (name, written), catalog)
            if name == "slack" and has_slack is False:
                _report_no_slack(report, (*place, name))
            ways += [] if settings is None else [{name: settings}]
    return tuple(ways)


def secrets_of(ways: Ways) -> tuple[Secret, ...]:
    """Return what those files hold that channels read themselves at each delivery: only to be masked."""
    files = (
        written
        for way in ways
        for settings in way.values()
        for key, written in settings.items()
        if key.endswith("_file") and isinstance(written, str)
    )
    return tuple(secret for file in files if (secret := read_quietly(Path(file))))


def _settings(
    report: Report, path: KeyPath, way: tuple[str, Any], catalog: Catalog
) -> Mapping[str, Any] | None:
    name, written = way
    if name == "slack" and written is None:
        hint = "Write it in quotes, slack: '#sre', because # begins a comment."
        report.error(path, "missing-key", "this says neither where nor whom", hint)
        return None
    channel = catalog.channels.get(name)
    if channel is None:
        _report_unknown(report, path, name, catalog)
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


def _report_no_slack(report: Report, path: KeyPath) -> None:
    message = "nobody can be told in Slack: the settings have no section `slack`"
    hint = "Add `slack` with `bot_token_file` and `channel`."
    report.error(path, "no-slack", message, hint, at_key=True)


def _report_unknown(report: Report, path: KeyPath, name: str, catalog: Catalog) -> None:
    if name in _ANNOUNCED:
        message = f"the channel `{name}` is not in this version; nobody is told this way"
        report.warn(path, "unavailable-channel", message, at_key=True)
        return
    hint = did_you_mean(name, catalog.channels)
    message = f"`{name[:80]}` is not a channel"
    report.error(path, "unknown-channel", message, hint, at_key=True)
