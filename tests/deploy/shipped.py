"""The shipped sudoers file for another account's name, as an operator with another name would write it."""

from pathlib import Path

SUDOERS = Path(__file__).parents[2] / "deploy/sudoers.d/remediator"


def sudoers_for(account: str) -> str:
    text = SUDOERS.read_text().replace("Defaults:remediator", f"Defaults:{account}")
    text = text.replace("remediator ALL=", f"{account} ALL=")
    return text.replace("REMEDIATOR_", f"R{account[-8:].upper()}_")
