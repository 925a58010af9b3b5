"""The human verbs, one row each. To add one about a run: a method in `engine/control.py`, and its row here.

What answers a plan, and what is about a scope, is also asked for in a way of its own by commands and in Slack
(`cli/decide`, `cli/pauses`, `slack/door/commands`): there the plan is shown first, and scopes are guessed.
"""

from __future__ import annotations

from remediator.core.events import Settlement
from remediator.core.role import Role
from remediator.ports.verb import STANDS, WATCH, About, Choice, Kind, Need, Verb

REASON = Need(name="reason", doc="for the journal and the people who read it")
_WHY = Need(name="reason", doc=REASON.doc, required=True)
_WILL_STOP = "{headline}: will stop ({state})."
_YOURS = "{target} is yours: paused for two hours. To end that: remediator resume target/{target}"
_SETTLED = "{headline}: settled ({settlement}); {state}."

APPROVE = Verb(
    name="approve",
    role=Role.APPROVER,
    doc="Say yes to the plan with this digest.",
    needs=(
        Need(
            name="digest",
            kind=Kind.DIGEST,
            doc="the whole digest of the plan that you have seen, 64 hex digits",
            required=True,
        ),
        REASON,
    ),
    typed="shows the plan, with a button that approves it",
)
REJECT = Verb(
    name="reject",
    role=Role.APPROVER,
    doc="Say no to the plan, with a reason.",
    needs=(
        Need(
            name="digest",
            kind=Kind.DIGEST,
            doc="refuse only this plan, not a newer one; the whole digest",
        ),
        _WHY,
    ),
    typed="rejects the plan",
)
CANCEL = Verb(
    name="cancel",
    role=Role.OPERATOR,
    doc="Stop a run; a change under way is finished and observed first.",
    needs=(REASON,),
    help="Stop a run. A change under way is finished and looked at first; nothing new begins.",
    examples=('--reason "doing it by hand"', ""),
    open=(_WILL_STOP, WATCH),
    typed="stops the run; a change under way is finished first",
    answered="The run on {target} stops as soon as nothing is half done.",
)
TAKE_OVER = Verb(
    name="take_over",
    role=Role.OPERATOR,
    doc="Stop a run because a person works on it, and stop the escalation.",
    needs=(REASON,),
    help=(
        "Stop a run because you look after its target now.\n\n"
        "Also stops the escalation, and pauses the target for two hours."
    ),
    examples=("", '--reason "moving the data"'),
    open=(_WILL_STOP, WATCH, _YOURS),
    ended=(STANDS, _YOURS),
    typed="stops the run and keeps remediator away from its target for two hours",
    button="I'll take it",
    answered="{target} is yours: remediator keeps away from it for two hours.",
)
SETTLE = Verb(
    name="settle",
    role=Role.OPERATOR,
    doc="Say what became of a change that nobody could observe.",
    path="runs/{id}/resolve-unknown",
    needs=(
        Need(
            name="settlement",
            kind=Kind.CHOICE,
            required=True,
            choices=(
                Choice(
                    word="applied",
                    value=Settlement.APPLIED,
                    help="It was made: the run goes on.",
                    label="It was applied",
                    meaning=(
                        "You have looked, and the change is there. The run goes on from here; a run that has ended "
                        "lets its target go."
                    ),
                    answered="You said that it was applied; the run goes on from there.",
                ),
                Choice(
                    word="not_applied",
                    value=Settlement.NOT_APPLIED,
                    help="It was not made: the run fails.",
                    label="It was not",
                    meaning=(
                        "You have looked, and the change is not there. It counts as not made; a run that has ended "
                        "lets its target go."
                    ),
                    answered="You said that it was not applied; the run goes on from there.",
                    style="",
                ),
                Choice(
                    word="abandon",
                    value=Settlement.ABANDON,
                    help="Nobody can tell: the run ends, its target is let go.",
                    label="Abandon",
                    meaning=(
                        "Nobody knows, and nobody will look. The run ends as unknown, and its target is free for the "
                        "next run."
                    ),
                    answered="You gave it up; its target is free again.",
                    style="danger",
                ),
            ),
        ),
        REASON,
    ),
    help=(
        "Say what became of a change that nobody could observe. Look at the target first.\n\n"
        "For a run that has ended with an unknown outcome this lets its target go."
    ),
    examples=('--applied --reason "df shows it"', "--abandon"),
    open=(_SETTLED, WATCH),
    ended=(_SETTLED, "{target} is let go."),
    typed="says what became of a change that nobody could observe",
)
PAUSE = Verb(
    name="pause",
    role=Role.OPERATOR,
    about=About.SCOPE,
    doc="Stop new changes: of all playbooks, of one, on one target or in one namespace.",
    path="pauses",
    needs=(
        Need(
            name="scope",
            kind=Kind.SCOPE,
            doc="all, playbook/NAME, target/KIND/NAME or namespace/NAME",
            required=True,
        ),
        Need(
            name="duration",
            key="for",
            kind=Kind.LENGTH,
            doc="how long, as in 2h; absent: until somebody resumes",
        ),
        REASON,
    ),
    typed="for an hour unless said",
)
RESUME = Verb(
    name="resume",
    role=Role.OPERATOR,
    about=About.SCOPE,
    doc="End the pause with this id, or all pauses of this scope; `playbook/NAME` also closes its breaker.",
    path="pauses/{id:.+}",
    ends=True,
)

VERBS = (APPROVE, REJECT, CANCEL, TAKE_OVER, SETTLE, PAUSE, RESUME)
