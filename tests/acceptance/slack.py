"""Slack in front of a real daemon: the strict fake with people in it, a site that talks to it, words for what is seen.

with a_workspace() as slack, SlackSite(slack, door="socket", playbooks={"fix": {...}}) as site:
    run = site.asked({"alertname": "Sick", "instance": "web1:9100"})
    site.press(run, Button.APPROVE, ANA)
    site.wait_for_text(run, "Cleanup ran")
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from remediator.integrations.slack.fake import FakeSlack
from remediator.integrations.slack.fake.delivery import Delivery
from remediator.integrations.slack.fake.messages import Message, Version
from remediator.integrations.slack.fake.workspace import View
from tests.acceptance.alerts import an_alert
from tests.acceptance.site import APPROVE, Site
from tests.parts.host import Host

UNIT = "web.service"
CHANNEL = "#sre"
ANA, LEE, BEN, OPS = "U0ANA", "U0LEE", "U0BEN", "U0OPS"
GUEST, BOT, STRANGER, GONE, TWIN = "U0GUEST", "U0BOT", "U0STRANGER", "U0GONE", "U0TWIN"
ONCALL = "<!subteam^S0ONCALL>"
LEADS = "<!subteam^S0LEADS>"
ROLES = {"approver": ["@sre-oncall"], "operator": ["@sre"], "viewer": ["*"]}
FILES = {"bot_token": "slack-bot", "app_token": "slack-app", "signing_secret": "slack-secret"}
DOORS = {
    "socket": ("app_token",),
    "http": ("signing_secret",),
    "both": ("app_token", "signing_secret"),
}
_JOINER = "\u2060"  # makes `@name` inert; people do not see it
_STAMP = re.compile(r"^\d\d:\d\d:\d\d UTC ")


@contextmanager
def a_workspace(**more: Any) -> Iterator[FakeSlack]:
    """A workspace in which `@sre-oncall` has two people, and four more whom nobody may listen to."""
    with FakeSlack(**more) as slack:
        for user, name in ((ANA, "ana"), (LEE, "lee"), (BEN, "ben"), (OPS, "ops")):
            slack.add_user(user, name)
        slack.add_user(GUEST, "guest", guest=True)
        slack.add_user(BOT, "robot", bot=True)
        slack.add_user(STRANGER, "stranger", stranger=True)
        slack.add_user(GONE, "gone", deleted=True)
        slack.add_user(TWIN, "ana.", real_name="ana", email="twin@example.com")
        slack.add_group("S0ONCALL", "@sre-oncall", [ANA, LEE, GUEST, BOT, STRANGER, GONE])
        slack.add_group("S0LEADS", "@sre-leads", [BEN])
        slack.add_group("S0SRE", "@sre", [OPS])
        yield slack


def restarts(host: Host, **more: Any) -> dict[str, Any]:
    """A playbook that restarts a service after a yes of `@sre-oncall`; only whether sshd answers is verified."""
    answers = {"tcp": {"host": "127.0.0.1", "port": host.sshd.port}}
    return {
        "match": ['alertname="ServiceDown"'],
        "requires": ["instance", "unit"],
        "target": "host/{{ labels.instance | host }}",
        "mode": "auto",
        "guards": {"cooldown": "0s"},
        "steps": [{"service.restart": {"unit": "{{ labels.unit }}"}}],
        "verify": {"after": "0s", "within": "20s", "every": "1s", "all": [answers]},
        "approval": {"by": {"groups": ["@sre-oncall"]}},
        "on_failure": [{"escalate": [{"to": "oncall"}]}],
        **more,
    }


def labels_of(name: str, alert: str = "ServiceDown", **more: str) -> dict[str, str]:
    """The labels of an alert that `restarts` answers."""
    return {"alertname": alert, "instance": f"{name}:9100", "unit": UNIT, **more}


def invocation(host: Host) -> str:
    """Another one after each start of the service."""
    return host.systemd.systemctl("show", "--property=InvocationID", "--value", UNIT)


class SlackSite(Site):
    """A site whose every message goes to `#sre`, and whose answers come by `door`: `socket`, `http` or `both`.

    Contacts `oncall` and `leads` are user groups; the webhook `receiver` hears everything too, as a second witness.
    """

    def __init__(self, slack: FakeSlack, *, door: str = "socket", **more: Any) -> None:
        settings = {"environments": APPROVE, **(more.pop("settings", None) or {})}
        super().__init__(settings=settings, **more)
        self.slack = slack
        self._door = door
        for secret, name in FILES.items():
            self.write(name, f"{getattr(slack.app, secret)}\n")
        names = ("bot_token", *DOORS[door])
        self.settings["slack"] = {
            "channel": CHANNEL,
            "api_url": slack.api_url,
            **{f"{name}_file": FILES[name] for name in names},
        }
        self.settings["users"]["slack"] = {"roles": ROLES}
        self.settings["notify"] = [{"slack": CHANNEL}, *self.settings["notify"]]
        self.settings["contacts"] = {
            "oncall": {"slack": "@sre-oncall"},
            "leads": {"slack": "@sre-leads"},
        }

    def start(self) -> None:
        super().start()
        if self._door != "socket":
            self.slack.send_to(f"{self.url}/slack/events")
        if self._door != "http":
            self.slack.wait_for_connections(1, 20)

    # what happens

    def asked(self, labels: Mapping[str, str], annotations: Mapping[str, str] | None = None) -> Any:
        """The run that waits for an approval after this alert, when its plan stands in the channel."""
        assert self.post([an_alert(labels, annotations=annotations)]).status == 202
        name = labels["instance"].partition(":")[0]
        run = self.wait_for_run(target=f"host/{name}", phase="awaiting_approval")
        self.wait_for(lambda: self.roots(run), 20, "a message")
        return run

    def ended(self, run: Any, seconds: float = 40) -> Any:
        """The run when it has ended, and Slack has been told so."""
        self.wait_for(lambda: self.run(run["id"])["outcome"], seconds, "an outcome")
        self.wait_for_silence()
        return self.run(run["id"])

    def wait_for_silence(self, seconds: float = 40) -> None:
        """Return when everything has been told."""
        self.wait_for(
            lambda: self.get("/status")["outbox_pending"] == 0, seconds, "everything told"
        )

    # what people do

    def press(
        self,
        run: Any,
        button: str,
        user: str,
        *,
        by: str = "",
        stale: Version | None = None,
    ) -> Delivery:
        """Press a button of a run's message, and see the click acknowledged."""
        click = self.slack.click(self.root(run), str(button), user, by=by, stale=stale).wait()
        assert click.acknowledged, click.error
        assert click.took < 3
        return click

    def told_alone(self, delivery: Delivery) -> str:
        """What this person alone was answered; nobody else heard anything of it."""
        (answer,) = delivery.wait_for_answer(15)
        heard = [one.user for one in self.slack.world.ephemerals if one.number >= answer.number]
        assert set(heard) == {delivery.user}
        assert answer.mentions == ()
        return answer.plain.replace(_JOINER, "")

    def opened(self, delivery: Delivery, seconds: float = 10) -> View:
        """The modal that a click or command has opened."""

        def newest() -> View | None:
            mine = [v for v in self.slack.views if v.user == delivery.user and v.state == "open"]
            since = [
                v for v in mine if v.id[1:] > delivery.id[1:]
            ]  # one count for all that happens
            return since[-1] if since else None

        found: View = self.wait_for(newest, seconds, f"a modal; told: {delivery.answers}")
        return found

    def type(self, typed: str, user: str, *, by: str = "") -> str:
        """Type a slash command; what the person is answered, alone."""
        command = self.slack.command(f"/remediator {typed}".strip(), user, CHANNEL, by=by).wait()
        assert command.acknowledged, command.error
        return self.told_alone(command)

    # what people see

    def roots(self, run: Any) -> list[Message]:
        """The messages of a run in the channel that are no replies."""
        about = {"run_id": run["id"]}
        found = (m for m in self.slack.channel(CHANNEL).messages if not m.thread_ts)
        return [m for m in found if m.metadata.get("event_payload") == about]

    def root(self, run: Any) -> Message:
        """The one message of a run."""
        (root,) = self.roots(run)
        return root

    def thread(self, run: Any) -> tuple[Message, ...]:
        """The replies under it."""
        return self.slack.thread(self.root(run))

    def lines(self, run: Any) -> list[str]:
        """What the quiet replies say, line by line, without the time in front."""
        quiet = (m for m in self.thread(run) if not m.broadcast and not m.files)
        return [_STAMP.sub("", line) for m in quiet for line in m.plain.splitlines()]

    def wait_for_text(self, run: Any, text: str, seconds: float = 30) -> Message:
        """The run's message when it says this."""
        what = f"a message that says {text!r}"
        self.wait_for(lambda: self.roots(run) and text in self.root(run).plain, seconds, what)
        return self.root(run)

    def refusals(self, run: Any) -> list[str]:
        """The journal's sentences on who was refused what, by which door, and why."""
        items = self.get(f"/runs/{run['id']}/events?limit=500")["items"]
        return [str(item["text"]) for item in items if item["kind"] == "answer_refused"]

    def story(self) -> str:
        """Also what stands in Slack, for a failed test."""
        return f"{super().story()}\n--- Slack\n{shown(self.slack)}"


def action_ids(where: Message | Version) -> list[str]:
    """The buttons that can be pressed."""
    return [str(button["action_id"]) for button in where.buttons]


def in_order(texts: Sequence[str], *wanted: str) -> bool:
    """Whether each wanted text is in one of these, in this order."""
    rest = iter(texts)
    return all(any(each in text for text in rest) for each in wanted)


def shown(slack: FakeSlack) -> str:
    """The channels as people see them, with all versions, and what single persons were told."""
    lines = []
    for message in slack.messages:
        place = "  reply" if message.thread_ts else "message"
        lines += [f"{place} {message.ts} {'(for all)' * message.broadcast}"]
        lines += [f"    {v.shown.plain!r} {action_ids(v)}" for v in message.versions]
    lines += [f"alone {one.user}: {one.plain!r}" for one in slack.world.ephemerals]
    return "\n".join(lines)


def see_one_a_second(began: float, moments: Sequence[float]) -> None:
    """A replica posts once a second; a slow machine may bring posts closer together, but none is before its turn."""
    assert all(at - began > turn for turn, at in enumerate(moments))
