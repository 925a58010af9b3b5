"""The playbooks that come with remediator, with shorter times, so that a story takes seconds."""

from collections.abc import Mapping

from tests.acceptance.command import ROOT

SHIPPED = ROOT / "playbooks"


def shipped(name: str, changes: Mapping[str, str]) -> str:
    """The text of a shipped playbook with some texts replaced; each must be there exactly once."""
    text = (SHIPPED / f"{name}.yaml").read_text()
    for old, new in changes.items():
        assert text.count(old) == 1, f"{name}: {old!r} is there {text.count(old)} times"
        text = text.replace(old, new)
    return text
