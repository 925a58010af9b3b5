"""Alertmanager's gateway: one contract over the stand-in and the real one, and what a stand-in is told."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from remediator.core.alert import AlertStatus
from remediator.core.errors import InvalidSettings, Permanent, Transient
from remediator.core.matcher import Matcher, MatchOp, parse_matcher
from remediator.integrations.alertmanager.fake import FakeAlertmanager, fingerprint
from remediator.integrations.alertmanager.gateway import AlertmanagerGateway
from remediator.integrations.json_api import Endpoint, bearer
from tests.parts.server import free_port

pytestmark = pytest.mark.slow  # many real stores and sockets: more than a minute has room for

Labels = Mapping[str, str]
HOSTILE = [
    "plain",
    'quo"te',
    "back\\slash",
    "trailing\\",
    "new\nline",
    "tab\tand\rreturn",
    'x",alertname="Other',
    "{}()[],=~!",
    "größe 🚒",
    "%41&filter=x",
    "+",
    " spaces ",
    "'",
    "\\n",
    '\\"',
]


@dataclass(frozen=True, slots=True)
class World:
    """An Alertmanager and the ways to move it."""

    url: str
    fire: Callable[[Labels], object]
    resolve: Callable[[Labels], object]
    silence: Callable[[Labels], object]
    restart: Callable[[], object]


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.slow)])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    if request.param == "real":
        real = request.getfixturevalue("alertmanager")

        def restart() -> None:
            real.stop()
            real.start()

        yield World(
            url=real.url,
            fire=real.push,
            resolve=lambda labels: real.push(labels, lasts=timedelta(seconds=-1)),
            silence=real.silence,
            restart=restart,
        )
        return
    async with FakeAlertmanager() as fake:
        yield World(
            url=fake.url,
            fire=fake.fire,
            resolve=fake.resolve,
            silence=fake.silence,
            restart=fake.restart,
        )


@pytest.fixture
async def gateway(world: World) -> AsyncIterator[AlertmanagerGateway]:
    gateway = AlertmanagerGateway([Endpoint(url=world.url)])
    yield gateway
    await gateway.close()


def named(name: str) -> tuple[Matcher, ...]:
    return (Matcher("alertname", MatchOp.EQUAL, name),)


class TestContract:
    """What holds for the stand-in and for the real Alertmanager; each test has alert names of its own."""

    async def test_an_alert_that_fires_is_listed_with_its_fingerprint(
        self, world: World, gateway: AlertmanagerGateway
    ) -> None:
        labels = {"alertname": "Fires", "instance": "web1:9100", "device": "größe"}
        world.fire(labels)

        (alert,) = await gateway.alerts(named("Fires"))

        assert dict(alert.labels) == labels
        assert alert.fingerprint == fingerprint(labels)
        assert alert.state in ("active", "unprocessed")

    async def test_an_alert_that_ended_is_not_listed(
        self, world: World, gateway: AlertmanagerGateway
    ) -> None:
        labels = {"alertname": "Ends", "instance": "web1"}
        world.fire(labels)
        assert len(await gateway.alerts(named("Ends"))) == 1

        world.resolve(labels)

        assert await gateway.alerts(named("Ends")) == ()

    async def test_a_silenced_alert_still_fires(
        self, world: World, gateway: AlertmanagerGateway
    ) -> None:
        world.silence({"alertname": "Hushed"})
        world.fire({"alertname": "Hushed"})

        (alert,) = await gateway.alerts(named("Hushed"))

        assert alert.state in ("suppressed", "unprocessed")
        assert len(alert.silenced_by) == 1

    async def test_a_silence_says_whose_it_is_until_when_and_why(
        self, world: World, gateway: AlertmanagerGateway
    ) -> None:
        silence = await gateway.silence(str(world.silence({"alertname": "Owned"})))

        assert silence.by
        assert silence.comment
        assert silence.ends_at > datetime.now(UTC)
        with pytest.raises(Transient, match="404"):
            await gateway.silence("b5b94a1c-0000-4000-8000-000000000000")

    async def test_a_restart_forgets_alerts_and_is_told_by_the_start(
        self, world: World, gateway: AlertmanagerGateway
    ) -> None:
        world.fire({"alertname": "Forgotten"})
        before = await gateway.started_at()
        assert before == await gateway.started_at()
        assert before < datetime.now(UTC)

        world.restart()

        assert await gateway.alerts(named("Forgotten")) == ()
        assert before < await gateway.started_at() < datetime.now(UTC) + timedelta(seconds=1)

    async def test_what_a_receiver_is_told_of_is_whole_and_leaves_silenced_alerts_out(
        self, world: World, gateway: AlertmanagerGateway
    ) -> None:
        world.silence({"alertname": "Told", "disk": "quiet"})
        for disk in ("a", "b", "quiet"):
            world.fire({"alertname": "Told", "disk": disk})
        world.fire({"alertname": "Untold", "disk": "a"})

        async with asyncio.timeout(20):  # a real one takes a moment to process what it got
            while len(told := await gateway.notified("remediator", {"alertname": "Told"})) < 2:
                await asyncio.sleep(0.2)

        assert {alert.labels["disk"] for alert in told} == {"a", "b"}
        assert {alert.status for alert in told} == {AlertStatus.FIRING}
        assert {alert.fingerprint for alert in told} == {
            fingerprint({"alertname": "Told", "disk": disk}) for disk in ("a", "b")
        }
        assert all(alert.starts_at.tzinfo for alert in told)

    @pytest.mark.parametrize("receiver", ["remediato.", ".*", "other", "remediator|x", "("])
    async def test_another_receivers_alerts_are_not_told(
        self, world: World, gateway: AlertmanagerGateway, receiver: str
    ) -> None:
        world.fire({"alertname": "Mine"})

        assert await gateway.notified(receiver, {"alertname": "Mine"}) == ()

    async def test_nobody_is_an_answer(self, gateway: AlertmanagerGateway) -> None:
        assert await gateway.alerts(named("NoSuchAlert")) == ()

    @pytest.mark.parametrize(
        ("texts", "found"),
        [
            (['alertname="Picky"'], {"a", "b"}),
            (['alertname="Picky"', 'instance="a"'], {"a"}),
            (['alertname="Picky"', 'instance!="a"'], {"b"}),
            (['alertname="Picky"', 'instance=~"a|c"'], {"a"}),
            (['alertname="Picky"', 'instance!~"[a]"'], {"b"}),
            (['alertname=~"Pick"'], set()),
            (['alertname="Picky"', 'team=""'], {"a", "b"}),
        ],
    )
    async def test_all_matchers_must_hold(
        self, world: World, gateway: AlertmanagerGateway, texts: list[str], found: set[str]
    ) -> None:
        for instance in ("a", "b"):
            world.fire({"alertname": "Picky", "instance": instance})

        alerts = await gateway.alerts([parse_matcher(text) for text in texts])

        assert {alert.labels["instance"] for alert in alerts} == found

    @pytest.mark.parametrize("value", HOSTILE)
    async def test_a_hostile_value_finds_its_own_alert_and_no_other(
        self, world: World, gateway: AlertmanagerGateway, value: str
    ) -> None:
        world.fire({"alertname": "Hostile", "device": value})
        matchers = (*named("Hostile"), Matcher("device", MatchOp.EQUAL, value))

        assert [a.labels["device"] for a in await gateway.alerts(matchers)] == [value]

    async def test_what_is_no_regular_expression_there_is_permanent(
        self, gateway: AlertmanagerGateway
    ) -> None:
        with pytest.raises(Permanent, match="does not understand"):
            await gateway.alerts([Matcher("alertname", MatchOp.REGEX, "(")])


@pytest.fixture
async def fake() -> AsyncIterator[FakeAlertmanager]:
    async with FakeAlertmanager() as fake:
        fake.fire({"alertname": "Here"})
        yield fake


def quick(*urls: str, authorization: str = "") -> AlertmanagerGateway:
    endpoints = [Endpoint(url=url, authorization=authorization) for url in urls]
    return AlertmanagerGateway(endpoints, timeout=timedelta(seconds=0.2))


def nowhere() -> str:
    return f"http://127.0.0.1:{free_port()}"


async def test_the_first_peer_that_answers_is_believed(fake: FakeAlertmanager) -> None:
    async with FakeAlertmanager() as broken, FakeAlertmanager() as hanging:
        broken.fail()
        hanging.hang()
        gateway = quick(nowhere(), broken.url, hanging.url, fake.url)

        assert len(await gateway.alerts(named("Here"))) == 1

        await gateway.close()


async def test_an_empty_answer_of_the_first_peer_is_an_answer(fake: FakeAlertmanager) -> None:
    async with FakeAlertmanager() as first:
        gateway = quick(first.url, fake.url)

        assert await gateway.alerts(named("Here")) == ()

        await gateway.close()


async def test_when_none_answers_all_complaints_are_told(fake: FakeAlertmanager) -> None:
    fake.fail(502)
    gateway = quick(nowhere(), fake.url)

    with pytest.raises(Transient, match=r"no Alertmanager answers: .*cannot connect.*status 502"):
        await gateway.alerts(named("Here"))

    await gateway.close()


@pytest.mark.parametrize(
    "body",
    [
        None,
        {},
        "x",
        [1],
        [{}],
        [{"fingerprint": "f", "labels": [], "status": {}}],
        [{"labels": {}}],
        [{"fingerprint": "f", "labels": {"a": 1}, "status": {"state": "active"}}],
        [{"fingerprint": 5, "labels": {}, "status": {"state": "active"}}],
    ],
)
async def test_what_is_no_list_of_alerts_is_transient(fake: FakeAlertmanager, body: object) -> None:
    fake.fail(200, body)
    gateway = quick(fake.url)

    with pytest.raises(Transient):
        await gateway.alerts(named("Here"))

    await gateway.close()


async def test_of_several_peers_the_youngest_start_counts(fake: FakeAlertmanager) -> None:
    young = datetime(2026, 3, 1, 12, tzinfo=UTC)
    async with FakeAlertmanager() as other, FakeAlertmanager() as broken:
        fake.started_at, other.started_at = young - timedelta(days=1), young
        broken.fail()
        gateway = quick(nowhere(), fake.url, broken.url, other.url)

        assert await gateway.started_at() == young

        await gateway.close()


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, {"uptime": "2026-03-01T12:00:00Z"}),
        (200, None),
        (200, []),
        (200, {}),
        (200, {"uptime": 7}),
        (200, {"uptime": "yesterday"}),
        (200, {"uptime": "2026-03-01T12:00:00"}),
    ],
)
async def test_what_is_no_start_is_transient(
    fake: FakeAlertmanager, status: int, body: object
) -> None:
    fake.fail(status, body)
    gateway = quick(fake.url)

    with pytest.raises(Transient, match="no Alertmanager answers"):
        await gateway.started_at()

    await gateway.close()


async def test_a_bearer_token_is_shown(fake: FakeAlertmanager) -> None:
    gateway = quick(fake.url, authorization=bearer("t0ken"))

    await gateway.alerts(())

    assert fake.headers["Authorization"] == "Bearer t0ken"
    await gateway.close()


async def test_a_name_with_a_quote_in_it_is_quoted(fake: FakeAlertmanager) -> None:
    gateway = quick(fake.url)
    fake.fire({"alertname": "Here", 'host.na"me': "web1"})

    (alert,) = await gateway.alerts([Matcher('host.na"me', MatchOp.EQUAL, "web1")])

    assert fake.filters == ('"host.na\\"me"="web1"',)
    assert alert.labels['host.na"me'] == "web1"
    await gateway.close()


def test_no_url_at_all_is_refused() -> None:
    with pytest.raises(InvalidSettings):
        AlertmanagerGateway([])
