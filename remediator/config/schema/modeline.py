"""The comments by which editors find a schema; they stand before anything else in a file."""

from __future__ import annotations


def modelines(place: str) -> str:
    """Return that of yaml-language-server (Visual Studio Code, Neovim, Helix, …), and that of JetBrains' editors."""
    return f"# yaml-language-server: $schema={place}\n# $schema: {place}"
