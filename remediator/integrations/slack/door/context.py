"""What Slack's doors need from the rest of the daemon. `app` makes one for each `slack:` section that it has read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from remediator.core.masking import Mask
from remediator.core.people import People
from remediator.http.credentials import Role
from remediator.integrations.slack.gateway.api import SlackApi
from remediator.integrations.slack.gateway.directory import SlackDirectory
from remediator.ports.ambient import Ambient
from remediator.ports.control import Control
from remediator.ports.door import Log
from remediator.ports.store import Store
from remediator.ports.verb import Verb
from remediator.ports.verbs import VERBS


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackContext:
    """Everything that a listener may use.

    `why` is HttpContext's. Without `signing_secret` the HTTP door is shut, without `app_token` there is no socket.
    `roles` maps a role to `@handle`s, ids (`S…`, `U…`), e-mails and `*` (every full member). `playbooks` are the names
    that a pause may have. `mask` hides the secrets of strangers in windows. `verbs` is what people can ask control for.
    """

    store: Store
    control: Control
    why: Callable[[str], Awaitable[Mapping[str, object]]]
    api: SlackApi
    directory: SlackDirectory
    ambient: Ambient
    log: Log
    api_url: str
    app_token: str = field(default="", repr=False)
    signing_secret: str = field(default="", repr=False)
    roles: Mapping[Role, tuple[str, ...]] = field(default_factory=dict)
    playbooks: Callable[[], tuple[str, ...]] = tuple
    people: People = field(default_factory=People)
    mask: Mask = field(default_factory=Mask)
    verbs: tuple[Verb, ...] = VERBS
