"""Tools that write late, for the moment between a command's end and its output; for hosts and containers alike."""

import shutil
from pathlib import Path


def slow_to_write(tools: Path) -> None:
    """Put a `head` and a `tail` there that write down what a command says a second after it has ended."""
    tools.mkdir(exist_ok=True)
    for name in ("head", "tail"):
        script = tools / name
        script.write_text(f'#!/bin/sh\n[ $# -ne 2 ] || sleep 1\nexec {shutil.which(name)} "$@"\n')
        script.chmod(0o755)
