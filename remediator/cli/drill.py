"""`drill`: could every playbook help every target that its alerts may name? Real looks, nothing is changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click

from remediator.cli.client import Client
from remediator.cli.failures import NO, asks_without_daemon
from remediator.cli.options import asks_daemon, check_hint, output_option
from remediator.cli.run_status import Json
from remediator.cli.terminal import clock, dump, say, say_table
from remediator.core.vocabulary import counted

_HEADINGS = ("PLAYBOOK", "HELPED", "IN PART", "NOT", "KEPT OUT")
_WAYS = ("full", "part", "none", "kept_out")
_MOST = 200


@click.command()
@click.option("--now", "is_now", is_flag=True, help="Have the daemon drill up to 50 targets now.")
@click.option("--playbook", default="", help="Only this playbook; drills now.")
@click.option("--target", default="", metavar="KIND/NAME", help="Only this target; drills now.")
@click.option(
    "--config.file",
    "config_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Drill with these settings: no daemon is asked.",
)
@asks_daemon
@output_option
def drill(
    is_now: bool,
    playbook: str,
    target: str,
    config_file: Path | None,
    client: Client,
    output: str,
) -> None:
    """Say which targets each playbook could help now, and why not the others. Changes nothing.

    Every step of every playbook is proposed, for real, on the hosts of the settings and on targets
    that were seen in alerts. Without options the daemon's last nightly drill is shown
    (settings: drill.at). Exit code 1 where a target could not be helped.

    \b
    Examples:
      remediator drill
      remediator drill --now --playbook disk-space-low
      remediator drill --config.file remediator.yaml --target host/web1
    """
    if config_file:
        found = _offline(config_file, playbook, target)
    elif is_now or playbook or target:
        given = {"playbook": playbook, "target": target}
        found = client.post("/drill", {key: value for key, value in given.items() if value})
    else:
        found = client.get("/drill")
    if output != "table":
        dump(found, output)
    else:
        _say(found, datetime.now(UTC))
    raise click.exceptions.Exit(NO if any(r["help"] == "none" for r in found["results"]) else 0)


def _offline(config_file: Path, playbook: str, target: str) -> Json:
    from remediator.app.offline import drill_offline
    from remediator.config.catalog import find_catalog
    from remediator.core.drill import DrillWanted

    wanted = DrillWanted(playbook=playbook, targets=(target,) if target else ())
    with asks_without_daemon(check_hint(str(config_file))):
        return drill_offline(config_file, find_catalog(), wanted)


def _say(found: Json, now: datetime) -> None:
    say(found["text"], bold=True)
    say(f"Ended {clock(found['ended_at'], now)}. Nothing was changed.")
    say()
    say_table(_HEADINGS, _rows(found), empty="No playbook has a target that is known.")
    lines = list(_lines(found))
    if lines:
        say()
    for line in lines[:_MOST]:
        say(line)
    if len(lines) > _MOST:
        say(f"and {len(lines) - _MOST} more: --output json")


def _rows(found: Json) -> Iterator[tuple[object, ...]]:
    counts = Counter((each["playbook"], each["help"]) for each in found["results"])
    for name in sorted({each["playbook"] for each in found["results"]}):
        yield (name, *(counts[name, way] or "-" for way in _WAYS))


def _lines(found: Json) -> Iterator[str]:
    """Say first what got worse, then what could not be helped, and what could not be asked about."""
    worse = {(each["playbook"], each["target"]) for each in found["worse"]}
    words = {"none": "cannot help", "part": "helps only in part", "kept_out": "is kept out of"}
    rest = [each for each in found["results"] if each["help"] != "full"]
    order = {way: number for number, way in enumerate(("none", "part", "kept_out"))}
    for each in sorted(rest, key=lambda e: (_key(e) not in worse, order[e["help"]], _key(e))):
        mark = "WORSE  " if _key(each) in worse else ""
        yield f"{mark}{each['playbook']} {words[each['help']]} {each['target']}: {each['reason']}"
    for each in found["unnamed"]:
        which = f" about {counted(each['targets'], 'target')}" if each["targets"] else ""
        yield f"{each['playbook']} was not asked{which}: {each['reason']}"


def _key(each: Json) -> tuple[str, str]:
    return each["playbook"], each["target"]
