"""`remediator lampkeys`: which switches the panel's key must open."""

from acme_remediator.api import SwitchRight
from remediator.sdk import Granting, GrantOption, Grants, GrantWriter


def write(granting: Granting) -> Grants:
    """Return a line for each playbook and target."""
    mine = [need for need in granting.needs if isinstance(need.right, SwitchRight)]
    key = granting.options["key"]
    lines = [f"{key}: {need.target}: {need.right.words} ({need.playbook})\n" for need in mine]
    return Grants(text="".join(lines), notes=() if mine else ("no lamp is switched",))


GRANTS = (
    GrantWriter(
        command="lampkeys",
        what="Print which switches the panel's key must open.",
        examples=("remediator lampkeys playbooks", "remediator lampkeys --key spare playbooks"),
        options=(GrantOption(name="key", help="The key's name.", default="main"),),
        write=write,
    ),
)
