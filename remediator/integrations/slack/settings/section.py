"""The section `slack` of the settings file."""

from __future__ import annotations

from remediator.integrations.slack.settings.sections import SlackSettings
from remediator.integrations.slack.settings.shape import SlackShape
from remediator.integrations.slack.settings.slack_reader import SlackReader
from remediator.ports.sections import Section, SectionReading


def _read(reading: SectionReading, shape: object) -> SlackSettings | None:
    written = shape if isinstance(shape, SlackShape) else None
    return SlackReader(reading.report, reading.secrets).slack(written)


SLACK_SECTION: Section[SlackSettings | None] = Section(
    key="slack", shape=SlackShape | None, unwritten=None, read=_read, absent=None
)
