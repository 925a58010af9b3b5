"""`acme.light`: switch a lamp on."""

from acme_remediator.api import LAMPS, SWITCHES, Lamps, Switches, SwitchRight
from remediator.sdk import (
    Action,
    ActionEffect,
    Change,
    Measure,
    NoParameters,
    Nothing,
    Observation,
    Proposer,
    Request,
    Safety,
    Sight,
    Ticket,
)


class LightProposer(Proposer):
    """Looks at the lamp."""

    def __init__(self, lamps: Lamps) -> None:
        self._lamps = lamps

    async def propose(self, request: Request) -> Change | Nothing:
        """See ports.action.Proposer."""
        if self._lamps.is_lit(request.target.name):
            return Nothing(reason="it is lit")
        return Change(
            step=request.step,
            action="acme.light",
            target=request.target,
            intent={"lit": True},
            version="dark",
            summary=f"light {request.target}",
            effect=ActionEffect.REVERSIBLE,
        )

    async def observe(self, change: Change, ticket: Ticket) -> Sight:
        """Look again."""
        lit = self._lamps.is_lit(change.target.name)
        seen = Observation.APPLIED if lit else Observation.NOT_APPLIED
        return Sight(observation=seen, detail="lit" if lit else "dark")


class LightApplier:
    """Lights it."""

    def __init__(self, switches: Switches) -> None:
        self._switches = switches

    async def apply(self, change: Change, ticket: Ticket) -> Measure:
        """Lighting what is lit changes nothing."""
        self._switches.light(change.target.name)
        return Measure(summary="lit")


ACTIONS = (
    Action(
        name="acme.light",
        doc="Switch a lamp on.",
        parameters=NoParameters,
        effect=ActionEffect.REVERSIBLE,
        safety=Safety.CONVERGENT,
        targets=("lamp",),
        example="acme.light: {}",
        proposer=lambda reads: LightProposer(reads[LAMPS]),
        applier=lambda reads, writes: LightApplier(writes[SWITCHES]),
        rights=lambda use: (SwitchRight(),),
    ),
)
