"""`plan`: what would happen now for an alert, with real looks; as `amtool config routes test` is for a route."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Any

import click

from remediator.cli.alert_words import alerts_in, labels_of
from remediator.cli.client import Client
from remediator.cli.failures import NO, UNREACHABLE, USAGE, Failure, asks_without_daemon
from remediator.cli.options import asks_daemon, check_hint, output_option
from remediator.cli.runs import say_lines
from remediator.cli.story import Line, rehearsal
from remediator.cli.terminal import dump, say
from remediator.core.vocabulary import spelled
from remediator.ports.preview import Wanted

WORDS = ("run", "ask", "waiting", "dry_run", "blocked", "skipped", "off", "not_matched")
"""What may become of an alert, what goes farthest first: of several playbooks the one that goes farthest counts."""
_TOLD = {
    "run": "would run by itself",
    "ask": "would ask people first",
    "waiting": "would wait",
    "dry_run": "would only rehearse (dry run)",
    "blocked": "would be blocked",
    "skipped": "would be skipped",
    "off": "is off",
    "not_matched": "does not match",
}
_MEMORY = (
    "Asked without a daemon: cooldowns, limits, the breaker, pauses and other runs are not known."
)
_NOTHING = "Nothing was changed, and nothing is stored."


def _names_alerts(function: Callable[..., object]) -> Callable[..., None]:
    """Give the command the options that name alerts, and hand it what is `wanted`."""

    @click.option(
        "--labels",
        "-l",
        multiple=True,
        metavar="K=V,…",
        help="The alert's labels. May be repeated.",
    )
    @click.option(
        "--alert",
        "alert_file",
        type=click.File("rb"),
        help="A file (or -) with an alert, `amtool alert -o json`, or a notification.",
    )
    @click.option("--fingerprint", help="An alert that the daemon knows, or that fires now.")
    @click.option("--playbook", default="", help="Only this playbook.")
    @wraps(function)
    def with_wanted(
        *, labels: tuple[str, ...], alert_file: Any, fingerprint: str | None, **kwargs: Any
    ) -> None:
        only = kwargs.pop("playbook")
        wanted = _wanted(labels, alert_file, fingerprint)
        function(wanted=[replace(each, playbook=only) for each in wanted], **kwargs)

    return with_wanted


@click.command()
@_names_alerts
@click.option(
    "--expect", type=click.Choice(WORDS), help="Exit code 1 where something else would happen."
)
@click.option(
    "--config.file",
    "config_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Settings to look with: no daemon is asked.",
)
@asks_daemon
@output_option
def plan(
    wanted: list[Wanted], expect: str | None, config_file: Path | None, client: Client, output: str
) -> None:
    """Say what would happen now for an alert. Looks at hosts, clusters and Prometheus; changes nothing.

    A running daemon is asked (role operator), or, with --config.file, none at all. Of several
    playbooks that answer, --expect goes by the one that goes farthest: run, ask, waiting,
    dry_run, blocked, skipped, off, not_matched.

    \b
    Examples:
      remediator plan --labels alertname=DiskSpaceLow,instance=web1:9100,mountpoint=/var
      amtool alert query DiskSpaceLow -o json | remediator plan --alert - --config.file s.yaml
      remediator plan --fingerprint 3b1f0c9d2e4a5b6c --playbook disk-space-low --expect ask
    """
    found = _offline(config_file, wanted) if config_file else [_ask(client, w) for w in wanted]
    if output != "table":
        dump(found[0] if len(found) == 1 else found, output)
    else:
        say_lines(_told(found, datetime.now(UTC)))
        say()
        say(f"{_NOTHING} {_MEMORY}" if config_file else _NOTHING)
    if expect:
        _compare(expect, found)


def _wanted(labels: Sequence[str], alert_file: Any, fingerprint: str | None) -> Sequence[Wanted]:
    if sum(map(bool, (labels, alert_file, fingerprint))) != 1:
        raise click.UsageError("name the alert by one of --labels, --alert and --fingerprint")
    try:
        if labels:
            return [Wanted(labels=labels_of(labels))]
        return (
            alerts_in(alert_file.read()) if alert_file else [Wanted(fingerprint=fingerprint or "")]
        )
    except ValueError as error:
        raise Failure(str(error), exit_code=USAGE) from error


def _ask(client: Client, wanted: Wanted) -> Mapping[str, Any]:
    """Ask the daemon; what was not given is not sent, so that an older one understands it, too."""
    given = {
        "labels": dict(wanted.labels),
        "annotations": dict(wanted.annotations),
        "fingerprint": wanted.fingerprint,
        "playbook": wanted.playbook,
    }
    body = {key: value for key, value in given.items() if value}
    try:
        answer: Mapping[str, Any] = client.post("/plan", body)
    except Failure as failure:
        if failure.exit_code == UNREACHABLE:
            failure.hint += "; without a daemon: --config.file"
        raise
    return answer


def _offline(config_file: Path, wanted: Sequence[Wanted]) -> Sequence[Mapping[str, Any]]:
    from remediator.app.offline import preview_offline
    from remediator.config.catalog import find_catalog
    from remediator.core.errors import ActionError

    try:
        with asks_without_daemon(check_hint(str(config_file))):
            return preview_offline(config_file, find_catalog(), wanted)
    except ActionError as error:
        raise Failure(f"cannot list what fires: {error.detail}") from error


def _told(found: Iterable[Mapping[str, Any]], now: datetime) -> Iterator[Line]:
    for number, answer in enumerate(found):
        if number:
            yield Line()
        yield Line(_named(answer["alert"]), is_heading=True)
        if not answer["decisions"]:
            yield Line("  No playbook is like this alert: nothing would happen.")
        for decided in answer["decisions"]:
            yield from _decision(decided, now)


def _named(alert: Mapping[str, Any]) -> str:
    others = (f"{k}={v}" for k, v in sorted(alert["labels"].items()) if k != "alertname")
    return "  ".join((alert["name"], *others))


def _decision(decided: Mapping[str, Any], now: datetime) -> Iterator[Line]:
    target = f" on {decided['target']}" if decided.get("target") else ""
    yield Line()
    yield Line(f"{decided['playbook']} {_TOLD[word_of(decided)]}{target}", is_heading=True)
    if decided["reason"]:
        yield Line(f"  {decided['reason']}")
    if run := decided.get("run"):
        if word_of(decided) in ("blocked", "waiting"):
            yield Line(f"  {run['reason']}")
        yield from rehearsal(run, now)


def word_of(decided: Mapping[str, Any]) -> str:
    """Return one playbook's decision as one of WORDS: a run that needs a yes is not one by itself."""
    decision = str(decided["decision"])
    return "ask" if decision == "run" and decided.get("would") == "ask" else decision


def _compare(expected: str, found: Iterable[Mapping[str, Any]]) -> None:
    """Fail where an alert would get something else than was expected."""
    for answer in found:
        words = [word_of(decided) for decided in answer["decisions"]]
        actual = min(words, key=WORDS.index, default="not_matched")
        if actual != expected:
            name = _named(answer["alert"])
            text = f"expected {spelled(expected)}, got {spelled(actual)}: {name}"
            raise Failure(text, exit_code=NO)
