"""What the words that only a run knows may look like, in the commands that run as root on hosts; for their rights.

Each is no wider than the check that the action or probe makes itself before it sends the word.
"""

from __future__ import annotations

from remediator.integrations.hosts.knowledge.blockdevices import DEVICE_NAME, DISK_NAME, VOLUME_NAME
from remediator.integrations.hosts.rights import Grammar
from remediator.integrations.shell.settings import SERVICE_NAME

UNIT_NAME = r"[A-Za-z0-9_][A-Za-z0-9@_.:-]{0,200}"
_PART = r"\.?[A-Za-z0-9@_+-][A-Za-z0-9@_.+-]*"
_LONGEST_NUMBER = 16


def _at_least(least: int, digits: int) -> str:
    """Return the pattern of whole numbers from `least` (of more than one digit) up to so many digits."""
    text = str(least)
    greater = [
        f"{text[:index]}[{int(digit) + 1}-9][0-9]{{{len(text) - index - 1}}}"
        for index, digit in enumerate(text)
        if digit != "9"
    ]
    return "|".join([text, *greater, f"[1-9][0-9]{{{len(text)},{digits - 1}}}"])


SECONDS = Grammar(name="SECONDS", pattern="[1-9][0-9]{0,4}", examples=("21", "14"))
SERVICE = Grammar(
    name="SERVICE", pattern=SERVICE_NAME, examples=("any-of-the.service", "other.one.service")
)
UNIT = Grammar(name="UNIT", pattern=UNIT_NAME, examples=("any.service", "other.socket"))
PATH = Grammar(name="PATH", pattern=f"/(({_PART}/)*({_PART})?)?", examples=("/any/a", "/other/b"))
SIZE = Grammar(
    name="BYTES", pattern=_at_least(2**20, _LONGEST_NUMBER), examples=("2000000001", "3000000002")
)
AGE = Grammar(name="AGE", pattern=f"({_at_least(60, 8)})s", examples=("1234567s", "2345678s"))
LINES = Grammar(name="LINES", pattern="[1-9][0-9]?|100", examples=("19", "28"))
CONTAINERS = Grammar(
    name="CONTAINER…",
    pattern="[0-9a-f]{64}",
    examples=("a1" * 32, "b2" * 32),
    comes_often=True,
)
JOURNAL = Grammar(
    name="JOURNAL",
    pattern="/(var|run)/log/journal/[0-9a-f]{32}",
    examples=(f"/var/log/journal/{'a1' * 16}", f"/run/log/journal/{'b2' * 16}"),
)
DEVICE = Grammar(name="DEVICE", pattern=f"/dev/{DEVICE_NAME}", examples=("/dev/sda1", "/dev/vdb2"))
DISK = Grammar(name="DISK", pattern=f"/dev/{DISK_NAME}", examples=("/dev/sda", "/dev/vdb"))
NUMBER = Grammar(name="NUMBER", pattern="[1-9][0-9]{0,2}", examples=("1", "2"))
GROUP = Grammar(
    name="GROUP/VOLUME", pattern=f"{VOLUME_NAME}/{VOLUME_NAME}", examples=("vg/var", "data/lv")
)
