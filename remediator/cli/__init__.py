"""The command line: one file per command group. `main` is the console script."""

from remediator.cli.program import main

__all__ = ["main"]
