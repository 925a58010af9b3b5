"""A parser that comes to no end, for the process apart: a body names the file that tells that its reading has begun."""

import signal
from pathlib import Path

from remediator.core.alert import AlertGroup


def parse(body: bytes) -> AlertGroup:
    Path(body.decode().strip()).touch()
    while True:
        signal.pause()
