"""What people are answered in Slack, to them alone. What is not ours is made inert here, at the last moment."""

from __future__ import annotations

from remediator.core.errors import Refused
from remediator.core.run import Phase, Run
from remediator.integrations.slack.cards.mrkdwn import code, moment, sentence
from remediator.ports.verb import Choice, Verb

FAILED = (
    "Something went wrong here, so this probably changed nothing: the message in the channel shows what is true. "
    "remediator's log has the details."
)
NOT_STORED = (
    "Nothing can be stored at the moment, so nothing was changed. Please try again in a minute."
)
NOT_OURS = "This button is from another version of remediator, so nothing happened. Try `/remediator help`."
OLDER = "this message is from an older version of remediator, whose buttons name a plan by eight digits only"
USE_THE_NEW = "the message is drawn anew now: use its new buttons, or /remediator approve"
NO_WINDOW = "Slack could not open the window, so nothing happened. Please click again."
_OUR_COMMANDS = "remediator "  # hints for the command line, of no use here
_LONGEST_REASON = 300


def approved(run: Run) -> str:
    """Answer a yes."""
    said = f"You approved plan {code(_digest(run))}"
    given = len(run.approval.approvers) if run.approval else 1
    if run.phase is Phase.AWAITING_APPROVAL and given < run.order.approval.count:
        return f"{said}: {given} of {run.order.approval.count} so far. It waits for the others."
    return f"{said}; the message will show what happens."


def rejected(run: Run) -> str:
    """Answer a no."""
    return f"You rejected plan {code(_digest(run))}; nothing will be changed."


def done(verb: Verb, run: Run, choice: Choice | None) -> str:
    """Answer somebody whose verb was done."""
    text = choice.answered if choice else verb.answered
    return text.format(target=code(str(run.order.target)))


def refused(refusal: Refused, run: Run | None = None) -> str:
    """Say no, why, who can, and until when."""
    hint = "" if refusal.hint.startswith(_OUR_COMMANDS) else refusal.hint
    if refusal.code == "forbidden":
        said = [f"{_capital(str(refusal))}, so nothing happened."]
    else:
        said = [f"{_capital(str(refusal))}.", "This changed nothing."]
    if hint:
        said.append(_capital(hint) + ("" if hint.endswith("?") else "."))
    if (
        refusal.code == "forbidden"
        and run
        and run.phase is Phase.AWAITING_APPROVAL
        and run.approval
    ):
        said.append(f"The plan expires {moment(run.approval.expires_at)}.")
    return " ".join(said)


def _capital(text: str) -> str:
    line = sentence(text, _LONGEST_REASON).rstrip(".")
    return line[:1].upper() + line[1:]


def _digest(run: Run) -> str:
    return run.approval.digest[:8] if run.approval else ""
