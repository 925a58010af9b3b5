"""The one value that remediator sees."""

from acme_remediator.api import LAMPS, SWITCHES, Panel, Shelf
from acme_remediator.settings import ACME
from remediator.sdk import Connected, Integration, Reads, Services, Writes


def connect(services: Services) -> Connected:
    """Return both halves where the settings name a shelf."""
    acme = services.sections[ACME]
    if acme is None:
        return Connected()
    return Connected(
        reads=Reads().having(LAMPS, Shelf(acme.shelf)),
        writes=Writes().having(SWITCHES, Panel(acme.shelf)),
    )


INTEGRATION = Integration(name="acme", sections=(ACME,), connect=connect)
