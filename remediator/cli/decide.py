"""`approve` and `reject`: a person's yes or no to the plan that they have seen, and to no other."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import click

from remediator.cli.client import Client, path_of
from remediator.cli.failures import USAGE, Failure
from remediator.cli.options import asks_daemon, output_option
from remediator.cli.runs import say_lines
from remediator.cli.story import state, summary
from remediator.cli.terminal import dump, say
from remediator.core.canonical import DIGEST_DIGITS, is_digest
from remediator.ports.verbs import APPROVE, REJECT

_WAITING = "remediator runs list --phase awaiting_approval"


@click.command()
@click.argument("run", metavar="RUN|APPROVAL")
@click.option(
    "--digest", help="The whole digest of the plan you mean; else that of the plan shown."
)
@click.option("--reason", default="", help="For the journal.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@asks_daemon
@output_option
def approve(
    run: str, digest: str | None, reason: str, yes: bool, client: Client, output: str
) -> None:
    """Say yes to a run's plan. Shows the plan first, and approves that plan only.

    \b
    Examples:
      remediator approve run_0199f0c4a1b27c3e8d5f60718293a4b5
      remediator approve run_0199f0c4a1b27c3e8d5f60718293a4b5 --digest "$DIGEST"
    """
    found = _run_of(client, run)
    run = found["id"]
    shown = _waiting_digest(found, digest)
    if not (yes or digest):
        _confirm(found, "Approve this plan?")
    answer = client.post(APPROVE.path_of(run), {"digest": shown, "reason": reason})
    if output != "table":
        dump(answer, output)
        return
    say(_approved(answer, shown), bold=True, colour="green")
    say(f"To follow it: remediator runs watch {answer['id']}")


@click.command()
@click.argument("run", metavar="RUN|APPROVAL")
@click.option("--digest", help="Refuse only the plan with this digest.")
@click.option("--reason", help="Why; people will read it.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@asks_daemon
@output_option
def reject(
    run: str, digest: str | None, reason: str | None, yes: bool, client: Client, output: str
) -> None:
    """Say no to a run's plan, with a reason. One no ends it.

    \b
    Examples:
      remediator reject run_0199f0c4a1b27c3e8d5f60718293a4b5 --reason "backup is running"
      remediator reject run_0199f0c4a1b27c3e8d5f60718293a4b5 --reason "wrong host" --yes
    """
    found = _run_of(client, run)
    run = found["id"]
    shown = _waiting_digest(found, digest)
    if not (yes or reason):
        _confirm(found, "Reject this plan?")
    reason = reason or _asked_reason()
    answer = client.post(REJECT.path_of(run), {"digest": shown, "reason": reason})
    if output != "table":
        dump(answer, output)
        return
    say(f"Rejected plan {shown[:8]}. {answer['headline']}: {state(answer)}.", bold=True)


def _run_of(client: Client, named: str) -> Mapping[str, Any]:
    """Return a run by its id, or by that of the approval that it waits for."""
    if not named.startswith("apr_"):
        found: Mapping[str, Any] = client.get(path_of("runs", named))
        return found
    waiting = client.get("/approvals", {"limit": 500})["items"]
    run = next((each["run"] for each in waiting if each["id"] == named), None)
    if run is None:
        raise Failure(f"no plan waits for the approval {named}", hint=_WAITING)
    return _run_of(client, run)


def _waiting_digest(run: Mapping[str, Any], wanted: str | None) -> str:
    """Return the digest of the plan that waits; refuse where none does, or another than was meant."""
    approval = run["approval"]
    hint = f"remediator runs show {run['id']}"
    if run["phase"] != "awaiting_approval" or not approval:
        raise Failure(f"this run does not wait for an approval: {state(run)}", hint=hint)
    digest = str(approval["digest"])
    if wanted is None:
        return digest
    if not is_digest(wanted):
        text = f"a plan is named by its whole digest, {DIGEST_DIGITS} hex digits"
        raise Failure(text, hint=f"{hint} --output json, at approval.digest", exit_code=USAGE)
    if digest != wanted:
        raise Failure("the plan has changed: this is not its digest", hint=hint)
    return digest


def _confirm(run: Mapping[str, object], question: str) -> None:
    if not sys.stdin.isatty():
        hint = "give --yes, or the --digest of the plan that you have seen"
        raise Failure("cannot ask: this is not a terminal", hint=hint, exit_code=USAGE)
    say_lines(summary(run, datetime.now(UTC)))
    say()
    click.confirm(question, abort=True)


def _asked_reason() -> str:
    if not sys.stdin.isatty():
        raise Failure("a rejection needs a reason", hint="give --reason", exit_code=USAGE)
    return str(click.prompt("Reason"))


def _approved(run: Mapping[str, Any], digest: str) -> str:
    approval = run["approval"]
    if approval and approval["state"] == "waiting":
        count = f"{len(approval['approvers'])} of {approval['needed']}"
        return f"Your yes to plan {digest[:8]} is noted: {count}. Others must still approve."
    return f"Approved plan {digest[:8]}. {run['headline']}: {state(run)}"
