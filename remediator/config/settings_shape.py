"""The shape of the settings file: its keys and their types. What they mean is read in `settings_reader`.

Every top-level field has a default, so that a file with an error in one section is still read in all the others.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, StrictStr, create_model

from remediator.config.playbook_shape import NotNegative, Positive
from remediator.config.settings_sections import Role
from remediator.core.drill import DrillLimits
from remediator.core.masking import LONGEST_PATTERN, MOST_PATTERNS
from remediator.core.playbook import Mode
from remediator.core.trust import ForApprove, ForAuto, Thresholds, WhenWorse
from remediator.documents.model_reader import Shape, Word
from remediator.documents.schema_part import schema_part
from remediator.documents.sign_in import BasicLogin
from remediator.documents.value_types import Path_, Url, Words
from remediator.ports.members import Members
from remediator.ports.sections import Section

_Ways = Annotated[object, schema_part("notify")]
_Guards = Annotated[object, schema_part("guards")]
TargetPatterns = tuple[Annotated[StrictStr, Field(pattern=r"^[a-z][a-z0-9_]*/\S+$")], ...]


class SourceShape(Shape):
    """One entry of `sources`."""

    name: Word
    bearer_token: StrictStr | None = None
    bearer_token_file: Path_ | None = None
    bearer_token_files: tuple[Path_, ...] = ()
    basic: BasicLogin | None = None
    client_cn: Word | None = None
    playbooks: Words = ("*",)
    targets: TargetPatterns | None = None
    match: tuple[StrictStr, ...] = ()


class TokenShape(Shape):
    """One entry of `users.tokens`."""

    name: Word
    role: Role
    token: StrictStr | None = None
    token_file: Path_ | None = None
    token_files: tuple[Path_, ...] = ()


class ProxyShape(Shape):
    """`users.proxy`."""

    trusted: Annotated[tuple[Word, ...], Field(min_length=1)]
    secret: StrictStr | None = None
    secret_file: Path_ | None = None
    roles: dict[Role, Words] = Field(default_factory=dict)


class PersonShape(Shape):
    """One entry of `users.people`."""

    name: Word
    tokens: Words = ()
    proxy: Words = ()


class MembersShape(Shape):
    """`users.KEY`: roles by names that an outside system knows people by."""

    roles: dict[Role, Words] = Field(default_factory=dict)


class UsersShape(Shape):
    """`users`."""

    people: Annotated[tuple[PersonShape, ...], Field(max_length=10_000)] = ()
    tokens: tuple[TokenShape, ...] = ()
    proxy: ProxyShape | None = None


class TlsShape(Shape):
    """`tls`."""

    cert_file: Path_
    key_file: Path_
    client_ca_file: Path_ | None = None


class MetricsShape(Shape):
    """`metrics`."""

    bearer_token: StrictStr | None = None
    bearer_token_file: Path_ | None = None


class EnvironmentShape(Shape):
    """One entry of `environments`."""

    name: Word
    match: list[StrictStr]
    mode: Mode


class RetentionShape(Shape):
    """`retention`."""

    runs: Positive = timedelta(days=90)
    notifications: Positive = timedelta(days=30)


class MaskShape(Shape):
    """`mask`."""

    patterns: Annotated[
        tuple[Annotated[StrictStr, Field(min_length=1, max_length=LONGEST_PATTERN)], ...],
        Field(max_length=MOST_PATTERNS),
    ] = ()


Percent = Annotated[int, Field(strict=True, ge=0, le=100)]
Times = Annotated[int, Field(strict=True, ge=1, le=1000)]
_TRUST = Thresholds()
_DRILL = DrillLimits()


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, ZoneInfoNotFoundError, OSError) as error:
        raise ValueError("is no IANA time zone; write it like Europe/Berlin") from error
    return name


Zone = Annotated[StrictStr, AfterValidator(_known_zone)]


class ForApproveShape(Shape):
    """`trust.approve`."""

    plans: Times = _TRUST.approve.plans
    over: NotNegative = _TRUST.approve.over
    unplanned_percent: Percent = _TRUST.approve.unplanned_percent


class ForAutoShape(Shape):
    """`trust.auto`."""

    verified: Times = _TRUST.auto.verified
    over: NotNegative = _TRUST.auto.over
    verified_percent: Percent = _TRUST.auto.verified_percent
    rejected: Annotated[int, Field(strict=True, ge=0, le=1000)] = _TRUST.auto.rejected
    came_back_percent: Percent = _TRUST.auto.came_back_percent


class WhenWorseShape(Shape):
    """`trust.worse`."""

    runs: Times = _TRUST.worse.runs
    percent: Percent = _TRUST.worse.percent
    slower_percent: Annotated[int, Field(strict=True, ge=1, le=10_000)] = (
        _TRUST.worse.slower_percent
    )


class TrustShape(Shape):
    """`trust`."""

    runs: Annotated[int, Field(strict=True, ge=10, le=1000)] = _TRUST.runs
    approve: ForApproveShape = ForApproveShape()
    auto: ForAutoShape = ForAutoShape()
    worse: WhenWorseShape = WhenWorseShape()

    def thresholds(self) -> Thresholds:
        """Return them as the core takes them."""
        return Thresholds(
            runs=self.runs,
            approve=ForApprove(**dict(self.approve)),
            auto=ForAuto(**dict(self.auto)),
            worse=WhenWorse(**dict(self.worse)),
        )


class DrillShape(Shape):
    """`drill`."""

    at: Annotated[StrictStr, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] | None = None
    zone: Zone = _DRILL.zone
    targets: Annotated[int, Field(strict=True, ge=1, le=10_000)] = _DRILL.targets
    within: Positive = _DRILL.within
    at_once: Annotated[int, Field(strict=True, ge=1, le=50)] = _DRILL.at_once
    each: Positive = _DRILL.each

    def limits(self) -> DrillLimits:
        """Return them as the core takes them."""
        hour, _, minute = (self.at or "").partition(":")
        at = (int(hour), int(minute)) if self.at else None
        return DrillLimits(**{**dict(self), "at": at})


class SettingsShape(Shape):
    """The keys of the settings that are about no outside system."""

    listen: Word = "127.0.0.1:9095"
    external_url: Url = ""
    data_dir: Path_ | None = None
    store: Word | None = None
    store_password: StrictStr | None = None
    store_password_file: Path_ | None = None
    playbooks: tuple[Path_, ...] = ()
    tls: TlsShape | None = None
    sources: Annotated[tuple[SourceShape, ...], Field(min_length=1)] | None = None
    users: UsersShape = UsersShape()
    metrics: MetricsShape = MetricsShape()
    environments: tuple[EnvironmentShape, ...] = ()
    contacts: dict[Word, _Ways] = Field(default_factory=dict)
    severities: dict[Word, Word] | None = None
    notify: _Ways = None
    guards: _Guards = None
    floors: _Guards = None
    protected: TargetPatterns | None = None
    unprotected: TargetPatterns = ()
    mask: MaskShape = MaskShape()
    retention: RetentionShape = RetentionShape()
    trust: TrustShape = TrustShape()
    drill: DrillShape = DrillShape()


def shape_with(
    sections: Iterable[Section[object]], members: Iterable[Members] = ()
) -> type[SettingsShape]:
    """Return the shape of all keys, with those of these sections and of roles by these names."""
    fields: dict[str, Any] = {each.key: (each.shape, each.absent) for each in sections}
    users = _users_with([each.key for each in members])
    fields["users"] = (users, users())
    return create_model("AllSettingsShape", __base__=SettingsShape, **fields)


def _users_with(keys: list[str]) -> type[UsersShape]:
    of_one: dict[str, Any] = dict.fromkeys(keys, (Words, ()))
    person: object = create_model("AllPersonShape", __base__=PersonShape, **of_one)
    of_all: dict[str, Any] = dict.fromkeys(keys, (MembersShape | None, None))
    of_all["people"] = (Annotated[tuple[person, ...], Field(max_length=10_000)], ())
    return create_model("AllUsersShape", __base__=UsersShape, **of_all)
