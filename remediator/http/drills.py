"""GET and POST /api/v1/drill: what the last drill found, and a small one now."""

from __future__ import annotations

from aiohttp import web
from pydantic import Field

from remediator.core.drill import DrillReport, DrillWanted, Help, Sight, summary
from remediator.core.errors import InputError
from remediator.http.answers import Answer, Moment
from remediator.http.asked import Asked, Text
from remediator.http.bodies import invalid, read_object, read_query
from remediator.http.credentials import Role
from remediator.http.refusal import HttpRefusal
from remediator.http.route import Call, Route


class StepSight(Answer):
    """What one step would come to."""

    step: str
    sight: Sight
    text: str


class Result(Answer):
    """One playbook on one target."""

    playbook: str
    target: str
    help: Help
    reason: str
    steps: list[StepSight]


class Unnamed(Answer):
    """Targets of a playbook that could not be asked about, because no alert is known that would name them."""

    playbook: str
    reason: str
    targets: int


class Drill(Answer):
    """A drill. `left` were not asked about for want of time or room; `worse` were better in the drill before."""

    night: str
    began_at: Moment
    ended_at: Moment
    text: str
    results: list[Result]
    unnamed: list[Unnamed]
    left: int
    worse: list[Result]
    is_first: bool


class DrillAsked(Asked):
    """Which playbook to drill, and on which targets."""

    playbook: Text = Field("", description="only this playbook")
    target: Text = Field("", description="only this target, KIND/NAME; else all that are known")


def drill_shape(report: DrillReport) -> Drill:
    """Return a drill as it is answered."""
    return Drill(
        night=report.night,
        began_at=report.began_at,
        ended_at=report.ended_at,
        text=summary(report),
        results=[Result.model_validate(each) for each in report.results],
        unnamed=[Unnamed.model_validate(each) for each in report.unnamed],
        left=report.left,
        worse=[Result.model_validate(each) for each in report.worse],
        is_first=report.is_first,
    )


async def last_drill(call: Call) -> web.Response:
    """Answer with what the last nightly drill found."""
    read_query(call, ())
    report = await call.context.store.read(lambda reader: reader.last_drill())
    if report is None:
        hint = "set `drill.at`, or drill now: remediator drill --now"
        raise HttpRefusal(404, "not_found", "no nightly drill has ended here yet", hint)
    return call.shows(drill_shape(report))


async def drill(call: Call) -> web.Response:
    """Drill a few targets now, with real looks; nothing is changed, and nothing is stored."""
    asked = await read_object(call, DrillAsked)
    wanted = DrillWanted(playbook=asked.playbook, targets=(asked.target,) if asked.target else ())
    try:
        return call.shows(drill_shape(await call.context.drill(wanted)))
    except InputError as error:
        raise invalid(str(error)) from error


DRILLING = (
    Route(
        method="GET",
        path="/api/v1/drill",
        access=Role.VIEWER,
        handler=last_drill,
        summary=(last_drill.__doc__ or "").splitlines()[0],
        answer=Drill,
    ),
    Route(
        method="POST",
        path="/api/v1/drill",
        access=Role.OPERATOR,
        handler=drill,
        summary=(drill.__doc__ or "").splitlines()[0],
        answer=Drill,
        body=DrillAsked,
    ),
)
