"""AWS's gateway: what its errors mean to a run, what is never repeated, what a half that looks cannot do."""

import socket
import threading
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore import exceptions as sdk
from botocore.parsers import ResponseParserError

from remediator.core.errors import ActionError, Permanent, Stale, Transient, Uncertain
from remediator.integrations.aws.api import Call
from remediator.integrations.aws.gateway.absent import AbsentAws
from remediator.integrations.aws.gateway.blocking import Blocking
from remediator.integrations.aws.gateway.calls import AwsLooker, AwsWriter
from remediator.integrations.aws.gateway.clients import READ_LIMIT, WRITE_LIMIT, Clients
from remediator.integrations.aws.settings import AwsSettings
from tests.integrations.aws.stubbed import REGION, Stubbed

pytestmark = pytest.mark.slow  # many real stores and sockets: more than a minute has room for

SETTINGS = AwsSettings(regions=(REGION,))
VOLUME = "vol-0a1b2c3d"
LOOK = Call(service="ec2", operation="describe_volumes", region=REGION)
GROW = Call(
    service="ec2",
    operation="modify_volume",
    region=REGION,
    arguments={"VolumeId": VOLUME, "Size": 20},
)


def soon() -> datetime:
    return datetime.now(UTC) + timedelta(minutes=2)


@pytest.fixture
def told() -> Stubbed:
    return Stubbed()


@pytest.fixture
async def blocking() -> AsyncIterator[Blocking]:
    blocking = Blocking("test-aws", workers=1)
    yield blocking
    await blocking.close()


@pytest.fixture
def writes(told: Stubbed, blocking: Blocking) -> AwsWriter:
    return AwsWriter(SETTINGS, told, blocking)  # type: ignore[arg-type]


async def test_all_pages_are_read(told: Stubbed, writes: AwsWriter) -> None:
    told.tell("describe_volumes", {"Volumes": [{"VolumeId": "vol-1"}], "NextToken": "more"})
    told.tell("describe_volumes", {"Volumes": [{"VolumeId": "vol-2"}]}, NextToken="more")

    with told.all_asked():
        found = await writes.find(LOOK, "Volumes")
    assert [each["VolumeId"] for each in found] == ["vol-1", "vol-2"]
    assert told.uses == [False]


@pytest.mark.parametrize(
    ("code", "service"),
    [("InvalidVolume.NotFound", "ec2"), ("InvalidInstanceID.NotFound", "ec2")],
)
async def test_what_is_not_there_is_nothing(
    told: Stubbed, writes: AwsWriter, code: str, service: str
) -> None:
    told.refuse("describe_volumes", code)

    with told.all_asked():
        assert await writes.find(LOOK, "Volumes") == ()


REFUSALS = [
    ("VolumeModificationRateExceeded", 400, Transient, "VolumeModificationRateExceeded: said AWS"),
    ("IncorrectModificationState", 400, Transient, "IncorrectModificationState: said AWS"),
    ("RequestLimitExceeded", 503, Transient, "said AWS"),
    ("Throttling", 400, Transient, "said AWS"),
    ("ExpiredToken", 400, Transient, "said AWS"),
    ("InvalidParameterValue", 400, Permanent, "InvalidParameterValue: said AWS"),
    ("InvalidVolume.NotFound", 400, Permanent, "said AWS"),
    ("UnauthorizedOperation", 403, Permanent, "we may not ec2:ModifyVolume: said AWS"),
    ("AuthFailure", 401, Permanent, "said AWS"),
    ("SomethingNobodyHeardOf", 400, Permanent, "SomethingNobodyHeardOf"),
    ("DBInstanceAlreadyExists", 400, Stale, "said AWS"),
    ("InternalError", 500, Uncertain, "InternalError: said AWS"),
    ("ServiceUnavailable", 503, Uncertain, "said AWS"),
]


@pytest.mark.parametrize(("code", "status", "kind", "words"), REFUSALS)
async def test_what_aws_says_no_with_tells_what_to_do_next(
    told: Stubbed, writes: AwsWriter, code: str, status: int, kind: type[ActionError], words: str
) -> None:
    told.refuse("modify_volume", code, status=status)

    with told.all_asked(), pytest.raises(ActionError) as caught:
        await writes.write(GROW, not_after=soon())
    assert type(caught.value) is kind
    assert words in caught.value.detail
    assert told.uses == [True]


WIRE = [
    (sdk.EndpointConnectionError(endpoint_url="https://x"), Transient),
    (sdk.ConnectTimeoutError(endpoint_url="https://x"), Transient),
    (sdk.ProxyConnectionError(proxy_url="http://x", error="no"), Transient),
    (sdk.NoCredentialsError(), Permanent),
    (sdk.ReadTimeoutError(endpoint_url="https://x"), Uncertain),
    (sdk.ConnectionClosedError(endpoint_url="https://x"), Uncertain),
    (sdk.SSLError(endpoint_url="https://x", error="cut"), Uncertain),
    (sdk.HTTPClientError(error="what was that"), Uncertain),
    (ResponseParserError("half of an answer"), Uncertain),
]


@pytest.mark.parametrize(
    ("error", "kind"), WIRE, ids=lambda each: getattr(each, "__name__", type(each).__name__)
)
async def test_a_change_whose_answer_was_lost_is_uncertain_and_one_that_never_left_is_not(
    told: Stubbed, writes: AwsWriter, error: Exception, kind: type[ActionError]
) -> None:
    told.break_with(error)

    with pytest.raises(ActionError) as caught:
        await writes.write(GROW, not_after=soon())
    assert type(caught.value) is kind


@pytest.mark.parametrize(
    ("error", "kind"), WIRE, ids=lambda each: getattr(each, "__name__", type(each).__name__)
)
async def test_a_look_is_never_uncertain(
    told: Stubbed, writes: AwsWriter, error: Exception, kind: type[ActionError]
) -> None:
    told.break_with(error)

    with pytest.raises(ActionError) as caught:
        await writes.find(LOOK, "Volumes")
    assert type(caught.value) is (Transient if kind is Uncertain else kind)


async def test_an_encoded_message_of_aws_is_not_shown_to_people(
    told: Stubbed, writes: AwsWriter
) -> None:
    said = "You are not authorized. Encoded authorization failure message: abcDEF123"
    told.refuse("modify_volume", "UnauthorizedOperation", said, 403)

    with told.all_asked(), pytest.raises(Permanent) as caught:
        await writes.rehearse(GROW)
    assert "You are not authorized." in caught.value.detail
    assert "abcDEF123" not in caught.value.detail


async def test_a_rehearsal_is_a_dry_run_and_its_yes_is_an_error_of_the_sdk(
    told: Stubbed, writes: AwsWriter
) -> None:
    told.stubber.add_client_error(
        "modify_volume",
        "DryRunOperation",
        http_status_code=412,
        expected_params={**GROW.arguments, "DryRun": True},
    )

    with told.all_asked():
        await writes.rehearse(GROW)
    assert told.uses == [False]


async def test_an_aws_that_ignores_the_dry_run_is_found_out(
    told: Stubbed, writes: AwsWriter
) -> None:
    told.tell("modify_volume", {})

    with told.all_asked(), pytest.raises(Permanent, match="as if it were none"):
        await writes.rehearse(GROW)


async def test_only_ec2_can_rehearse(writes: AwsWriter) -> None:
    call = Call(service="rds", operation="create_db_instance_read_replica", region=REGION)
    with pytest.raises(Permanent, match="knows no rehearsal"):
        await writes.rehearse(call)


async def test_the_half_that_looks_changes_nothing(told: Stubbed, blocking: Blocking) -> None:
    looker = AwsLooker(SETTINGS, told, blocking)  # type: ignore[arg-type]

    with pytest.raises(Permanent, match="no look"):
        await looker.find(GROW, "VolumeModification")
    assert not hasattr(looker, "write")
    assert told.uses == []


@pytest.mark.parametrize(
    ("left", "kind"),
    [(timedelta(seconds=-1), Stale), (timedelta(seconds=2), Transient)],
)
async def test_what_could_outlive_its_ticket_is_not_begun(
    told: Stubbed, writes: AwsWriter, left: timedelta, kind: type[ActionError]
) -> None:
    with pytest.raises(kind):
        await writes.write(GROW, not_after=datetime.now(UTC) + left)
    assert told.uses == []


async def test_a_daemon_without_regions_says_what_to_set() -> None:
    for call in (AbsentAws().find(LOOK, "Volumes"), AbsentAws().rehearse(LOOK)):
        with pytest.raises(Permanent, match=r"aws\.regions"):
            await call


class Listener:
    """Takes connections and requests, and does with them as `rude` says; it counts the requests."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        self.requests = 0
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            with connection:
                self.requests += bool(connection.recv(65536))

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join(5)


@pytest.fixture
def listener() -> Iterator[Listener]:
    listener = Listener()
    yield listener
    listener.close()


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.mark.usefixtures("credentials")
async def test_a_change_is_sent_once_whatever_the_wire_does_and_a_look_again(
    listener: Listener, blocking: Blocking
) -> None:
    writes = AwsWriter(SETTINGS, Clients(endpoint_url=listener.url), blocking)

    with pytest.raises(Uncertain):
        await writes.write(GROW, not_after=soon())
    assert listener.requests == 1
    with pytest.raises(Transient):
        await writes.find(LOOK, "Volumes")
    assert listener.requests > 2


@pytest.mark.usefixtures("credentials")
async def test_where_nobody_listens_nothing_was_changed(blocking: Blocking) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    writes = AwsWriter(SETTINGS, Clients(endpoint_url=f"http://127.0.0.1:{port}"), blocking)

    with pytest.raises(Transient, match="could not be reached"):
        await writes.write(GROW, not_after=soon())


def test_our_deadlines_are_longer_than_those_of_the_sdk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")

    def longest(client: Any) -> int:
        config = client.meta.config
        attempts = int(config.retries["total_max_attempts"])
        return attempts * int(config.connect_timeout + config.read_timeout)

    clients = Clients()
    assert longest(clients.client("ec2", REGION, changes=False)) < READ_LIMIT.total_seconds()
    assert longest(clients.client("ec2", REGION, changes=True)) < WRITE_LIMIT.total_seconds()
    one = clients.client("ec2", REGION, changes=True)
    assert one is clients.client("ec2", REGION, changes=True)
    assert one.meta.config.retries["total_max_attempts"] == 1
