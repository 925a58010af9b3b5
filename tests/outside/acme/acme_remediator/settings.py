"""The section `acme`."""

from remediator.sdk import File, Section, Shape


class AcmeSettings(Shape):
    """`acme`."""

    shelf: File


ACME: Section[AcmeSettings | None] = Section(key="acme", shape=AcmeSettings | None, absent=None)
