"""What else goes on while one run is judged: alerts that fire together, and runs in other failure domains."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Integer, and_, bindparam, func, literal_column, or_, select

from remediator.core.facts import Elsewhere
from remediator.stores.columns import Moment
from remediator.stores.schema import budget, episode, run, target
from remediator.stores.session import Session

_SINCE = bindparam("p_since", type_=Moment())
_FIRING_SINCE = bindparam("p_firing_since", type_=Moment())
_FIRING = (
    select(run.c.target)
    .join(episode, episode.c.id == run.c.episode)
    .where(
        run.c.playbook == bindparam("p_playbook"),
        run.c.created_at >= _FIRING_SINCE,
        episode.c.closed_at.is_(None),
    )
    .distinct()
    .limit(bindparam("p_limit", type_=Integer()))
    .subquery()
)
TOGETHER = select(func.count().label("count")).select_from(_FIRING)

_IS_DOMAIN = budget.c.counted == literal_column("'domain'")
_IS_ANOTHER = or_(
    budget.c.source != bindparam("p_domain"),
    budget.c.source == literal_column("''"),
)
# A target that is held by a run of which no domain was written down is in an unknown one.
_ACTS = (
    select(target.c.holder.label("run_id"), func.coalesce(budget.c.source, "").label("domain"))
    .select_from(target)
    .outerjoin(
        budget,
        and_(
            budget.c.target == target.c.name,
            _IS_DOMAIN,
            budget.c.run_id == target.c.holder,
        ),
    )
    .where(
        target.c.holder.is_not(None),
        target.c.holder != bindparam("p_besides"),
        or_(budget.c.id.is_(None), _IS_ANOTHER),
    )
    .limit(1)
)
_ACTED = (
    select(budget.c.run_id, budget.c.source.label("domain"), budget.c.at)
    .where(_IS_DOMAIN, budget.c.at > _SINCE, _IS_ANOTHER, budget.c.run_id != bindparam("p_besides"))
    .order_by(budget.c.at.desc())
    .limit(1)
)


class SurroundingsReading(Session):
    """Reads what else goes on."""

    def firing_together(self, *, playbook: str, since: datetime, most: int) -> int:
        """Count the targets of a playbook's runs since then whose alerts still fire, up to one more than `most`."""
        self.enter_gate()
        asked = {"p_playbook": playbook, "p_firing_since": since, "p_limit": most + 1}
        return int(self._value(TOGETHER, asked, about=(episode,)))

    def elsewhere(self, *, domain: str, besides: str, since: datetime) -> Elsewhere | None:
        """Return a run that acts in another failure domain, or else the last one that has acted there since."""
        self.enter_gate()
        asked = {"p_domain": domain, "p_besides": besides}
        row = self._one(_ACTS, asked, about=(target, budget))
        if row is not None:
            return Elsewhere(domain=row.domain, run_id=row.run_id, at=None, acts=True)
        row = self._one(_ACTED, {**asked, "p_since": since}, about=(budget,))
        if row is None:
            return None
        return Elsewhere(domain=row.domain, run_id=row.run_id, at=row.at, acts=False)
