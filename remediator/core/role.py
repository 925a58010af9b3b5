"""What a person may do at any door."""

from __future__ import annotations

from enum import IntEnum


class Role(IntEnum):
    """What a person may do; each includes the ones before it."""

    VIEWER = 1
    APPROVER = 2
    OPERATOR = 3
    ADMIN = 4
