"""Every command by its name, imported when it is asked for: help needs their names and a sentence of each, no more."""

from __future__ import annotations

from collections import UserDict
from collections.abc import Mapping
from importlib import import_module

import click

from remediator.cli.rights import command_of
from remediator.config.folders import find_grant_writers
from remediator.core.errors import InvalidSettings

OURS: Mapping[str, tuple[str, str]] = {
    "demo": ("daemon", "Take a minute's tour, with nothing of yours involved."),
    "init": (
        "init",
        "Write settings, playbooks, and what Alertmanager and Prometheus need, into DIR.",
    ),
    "serve": ("daemon", "Run the daemon."),
    "check": ("check", "Check playbooks and settings."),
    "plan": (
        "plan",
        "Say what would happen now for an alert. Looks at hosts, clusters and Prometheus; changes nothing.",
    ),
    "coverage": (
        "coverage",
        "Say which alert rules have a playbook, and which labels the others lack.",
    ),
    "new": (
        "new",
        "Write the playbook NAME, with everything filled in that can be known, and a test.",
    ),
    "fmt": ("fmt", "Put the keys of playbooks in one order, as the documentation has them."),
    "docs": ("docs", "Write pages for people."),
    "test": ("test", "Run the tests of playbooks. Exit code 1 where one fails."),
    "replay": (
        "replay",
        "Say what playbooks would have decided about the alerts of the past. Nothing is done.",
    ),
    "playbooks": (
        "playbooks",
        "Show the playbooks in use, what became of their runs, and whether they are ready for more.",
    ),
    "drill": (
        "drill",
        "Say which targets each playbook could help now, and why not the others. Changes nothing.",
    ),
    "status": ("status", "Say what remediator does now, and for whom it waits."),
    "runs": ("runs", "Show what remediator is doing and did, stop it, and settle its doubts."),
    "why": (
        "why",
        "Explain why remediator did something about an alert or a notification, or why it did not.",
    ),
    "audit": (
        "audit",
        "List the site's journal, newest first: pauses, reloads, starts, decisions about runs that had ended.",
    ),
    "approve": ("decide", "Say yes to a run's plan."),
    "reject": ("decide", "Say no to a run's plan, with a reason."),
    "pause": ("pauses", "Stop new changes: everywhere, or in one SCOPE."),
    "resume": ("pauses", "End a pause: of a SCOPE, or the one with this id."),
    "actions": ("actions", "Show what remediator knows how to do."),
    "resolve": ("resolve", "Say which host an INSTANCE is, rule by rule."),
    "schema": ("schema", "Print the JSON Schema of playbooks, settings or files of tests."),
    "slack": ("slack", "Set Slack up."),
    "db": ("database", "Look after the database."),
    "healthcheck": ("health", "Ask a daemon whether it is alive; for containers and scripts."),
    "version": ("health", "Print the version."),
}
"""The file in this folder, and the first sentence of the help; in the order in which people meet them."""
_BEFORE_THE_BROUGHT = "resolve"


class Commands(UserDict[str, click.Command]):
    """The commands by name. One of ours stands there as its help's first sentence until it is asked for."""

    def __getitem__(self, name: str) -> click.Command:
        command = super().__getitem__(name)
        if isinstance(command, Summary):
            command = self.data[name] = command.whole()
        return command

    def summary(self, name: str) -> click.Command:
        """Return a command, or what stands for it."""
        return self.data[name]


class Summary(click.Command):
    """What a list of commands says of one of ours."""

    def __init__(self, name: str, module: str, sentence: str) -> None:
        super().__init__(name, help=sentence)
        self._module = module

    def whole(self) -> click.Command:
        """Import the command itself."""
        found = getattr(import_module(f"{__package__}.{self._module}"), str(self.name))
        if not isinstance(found, click.Command):
            raise TypeError(f"{self._module}.{self.name} is no command")
        return found


def all_commands() -> Commands:
    """Return every command; raise InvalidSettings where an integration brings one that is there."""
    brought = {writer.command: command_of(writer) for writer in find_grant_writers()}
    found = Commands()
    for name, row in OURS.items():
        if name in brought:
            raise InvalidSettings(f"an integration brings `{name}`, which is there: it has to go")
        found[name] = Summary(name, *row)
        if name == _BEFORE_THE_BROUGHT:
            found.update(brought)
    return found
