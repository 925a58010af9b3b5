"""A site whose daemon runs in an environment with ACME's lamps, and the playbook that lights one."""

import os
from pathlib import Path

from tests.acceptance.site import AUTO, Site

PLAYBOOK = {
    "name": "dark",
    "description": "Light a lamp.",
    "match": ['alertname="Dark"'],
    "requires": ["lamp"],
    "target": "lamp/{{ labels.lamp }}",
    "mode": "auto",
    "guards": {"cooldown": "0s"},
    "steps": [{"acme.light": {}}],
    "verify": {"after": "0s", "within": "10s", "every": "1s", "all": [{"lamp": "lit"}]},
}


def lamps(python: str, folder: Path, source: str = "") -> Site:
    """The site, with its shelf and its paper in this folder; `source` is where its remediator is, if it is another."""
    (folder / "shelf").mkdir()
    settings = {
        "acme": {"shelf": str(folder / "shelf")},
        "environments": AUTO,
        "notify": [{"paper": str(folder / "paper")}],
        "contacts": {},
    }
    site = Site(settings=settings, playbooks={"dark": PLAYBOOK})
    del site.settings["http"]
    site.python = python
    site.environment = {**os.environ, "PYTHONPATH": source} if source else dict(os.environ)
    return site
