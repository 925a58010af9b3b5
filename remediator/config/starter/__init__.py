"""What `remediator init` writes: settings, first playbooks, schemas for editors, and what integrations say that their
systems need."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib.resources import files

from remediator import __version__
from remediator.config.catalog import Catalog
from remediator.config.schema import KINDS, schema_of

SETTINGS = "remediator.yaml"
PLAYBOOKS = "playbooks"
SCHEMAS = "schemas"


def starter_files(catalog: Catalog, url: str) -> Mapping[str, str]:
    """Return the files by their path below a folder; `url` is where the daemon will listen."""
    found = {SETTINGS: files(__package__).joinpath(SETTINGS).read_text(encoding="utf-8")}
    found |= {f"{PLAYBOOKS}/{name}": text for name, text in sorted(_playbooks())}
    for kind in KINDS:
        schema = schema_of(kind, catalog, __version__)
        found[f"{SCHEMAS}/{kind}.json"] = json.dumps(schema, indent=1) + "\n"
    for source in catalog.sources:
        if source.receiver:
            found[f"{source.kind}.yml"] = _HEADER + source.receiver(url + source.path)
    for integration in catalog.integrations:
        found |= integration.starter() if integration.starter else {}
    return found


def template_names() -> tuple[str, ...]:
    """Return the names of the playbooks that others may begin from."""
    return tuple(sorted(name.removesuffix(".yaml") for name, _ in _playbooks()))


def template_text(template: str, name: str) -> str:
    """Return one of them under another name."""
    text = dict(_playbooks())[f"{template}.yaml"]
    return text.replace(f"\nname: {template}\n", f"\nname: {name}\n", 1)


_HEADER = (
    "# Merge this into the configuration that you have; it is also a whole one, to try it with.\n"
)


def _playbooks() -> Iterator[tuple[str, str]]:
    for file in files(__package__).joinpath(PLAYBOOKS).iterdir():
        yield file.name, file.read_text(encoding="utf-8")
