"""rds.add_read_replica in an AWS of moto's: the contract, the cap, and the databases that can have no replica."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from remediator.core.change import Nothing
from remediator.core.errors import Permanent
from remediator.core.events import Observation
from remediator.core.target import Target
from remediator.integrations.aws.actions.rds.add_read_replica import ACTIONS, refusal
from remediator.testing.action_contract import ActionCase, ActionContract
from tests.bound import reads_of, writes_of
from tests.integrations.aws.amazon import ALLOWED, Amazon, amazon, make_database, tag_list
from tests.integrations.hosts.fakes import request

ADD = ACTIONS[0]
ORDERS = Target("database", "orders")


@pytest.fixture
def aws() -> Iterator[Amazon]:
    with amazon() as found:
        yield found


def database(aws: Amazon, *, tags: dict[str, str] = ALLOWED, **more: Any) -> None:
    make_database(aws.service("rds"), tags=tags, **more)


def replica(aws: Amazon, name: str) -> None:
    aws.service("rds").create_db_instance_read_replica(
        DBInstanceIdentifier=name, SourceDBInstanceIdentifier="orders"
    )


def names(aws: Amazon) -> list[str]:
    found = aws.service("rds").describe_db_instances()["DBInstances"]
    return sorted(each["DBInstanceIdentifier"] for each in found)


def case_of(aws: Amazon, target: Target = ORDERS, **parameters: Any) -> ActionCase:
    return ActionCase(
        action=ADD,
        request=request(ADD, target, **{"max_replicas": 2, **parameters}),
        reads=reads_of(aws=aws.looker),
        writes=writes_of(aws=aws.writes),
        state=lambda: names(aws),
    )


class TestAddingAReplica(ActionContract):
    @pytest.fixture
    def case(self, aws: Amazon) -> ActionCase:
        database(aws)
        return replace(case_of(aws), move=lambda: replica(aws, "by-hand"))

    async def test_what_was_not_applied_is_seen_as_such_and_never_starts(
        self, case: ActionCase
    ) -> None:
        """AWS knows no tickets to spend; there are no two replicas of one name."""
        change, ticket, before = await case.change(), case.ticket(), case.state()
        sight = await case.proposer().observe(change, ticket)

        assert sight.observation is Observation.NOT_APPLIED
        assert case.state() == before


async def test_a_replica_gets_the_next_free_name_and_the_tags_of_its_source(aws: Amazon) -> None:
    database(aws)
    replica(aws, "orders-r1")
    case = case_of(aws, instance_class="db.m6g.xlarge")
    change = await case.change()
    await case.applier().apply(change, case.ticket())

    assert change.intent == {"replica": "orders-r2", "class": "db.m6g.xlarge"}
    assert change.summary == (
        "add read replica orders-r2 (db.m6g.xlarge) to database/orders, which has 1 of its own"
    )
    assert names(aws) == ["orders", "orders-r1", "orders-r2"]
    made = aws.service("rds").describe_db_instances(DBInstanceIdentifier="orders-r2")
    assert tag_list(ALLOWED)[0] in made["DBInstances"][0]["TagList"]


async def test_no_more_replicas_than_the_cap(aws: Amazon) -> None:
    database(aws)
    replica(aws, "one")
    case = case_of(aws, max_replicas=1)

    assert isinstance(await case.proposer().propose(case.request), Nothing)


async def test_a_database_of_the_name_that_is_no_replica_is_not_taken_for_one(aws: Amazon) -> None:
    database(aws)
    case = case_of(aws)
    change = await case.change()
    aws.service("rds").create_db_instance(
        DBInstanceIdentifier="orders-r1",
        DBInstanceClass="db.m6g.large",
        Engine="postgres",
    )

    sight = await case.proposer().observe(change, case.ticket())
    assert sight.observation is Observation.DIVERGED
    assert (await case.change()).intent["replica"] == "orders-r2"


async def test_a_database_without_the_operators_tag_is_refused(aws: Amazon) -> None:
    database(aws, tags={})
    case = case_of(aws)

    with pytest.raises(Permanent, match="lacks the tag"):
        await case.proposer().propose(case.request)


async def test_a_database_that_is_not_there_is_refused(aws: Amazon) -> None:
    case = case_of(aws)

    with pytest.raises(Permanent, match="no such database in eu-west-1"):
        await case.proposer().propose(case.request)


FINE = {"Engine": "postgres", "DBInstanceStatus": "available", "BackupRetentionPeriod": 7}


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"Engine": "aurora-postgresql"}, "Aurora has readers"),
        ({"Engine": "sqlserver-ee"}, "replicas of sqlserver-ee are not offered"),
        ({"ReadReplicaSourceDBInstanceIdentifier": "x"}, "a replica itself"),
        ({"DBInstanceStatus": "modifying"}, "it is modifying"),
        ({"BackupRetentionPeriod": 0}, "automated backups are off"),
    ],
)
def test_what_can_have_no_replica_is_told_why(more: dict[str, Any], sentence: str) -> None:
    said = refusal({**FINE, **more})

    assert said is not None
    assert sentence in said
    assert refusal(FINE) is None
