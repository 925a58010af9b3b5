"""The reading of settings given as text, for the tests of this folder."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

from remediator.config.settings import Settings
from remediator.config.settings_reader import LoadedSettings, load_settings
from tests.config.catalogs import small_catalog

CATALOG = small_catalog()


def load(folder: Path, text: str) -> LoadedSettings:
    path = folder / "settings.yaml"
    path.write_text(dedent(text))
    return load_settings(path, CATALOG)


def settings(folder: Path, text: str) -> Settings:
    return load(folder, text).checked()


def problems(folder: Path, text: str) -> list[str]:
    return [str(p).removeprefix(f"{folder}/") for p in load(folder, text).problems]
