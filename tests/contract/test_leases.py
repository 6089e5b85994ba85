"""A lease has one holder at a time, in memory and in DynamoDB."""

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws
from touchline.adapters.dynamodb.leases import DynamoDbLeases
from touchline.adapters.memory.leases import MemoryLeases
from touchline.ports import Leases


@pytest.fixture(params=["memory", "dynamodb"])
def leases(request: pytest.FixtureRequest) -> Iterator[Leases]:
    if request.param == "memory":
        yield MemoryLeases()
        return
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        client.create_table(
            TableName="Progress",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
            BillingMode="PAY_PER_REQUEST",
        )
        yield DynamoDbLeases(client, "Progress")


def test_only_one_holds_it(leases: Leases) -> None:
    assert leases.take("work", "ann", now=0, until=100)
    assert not leases.take("work", "bob", now=99, until=200)
    assert leases.take("other work", "bob", now=99, until=200)


def test_the_holder_may_take_it_again(leases: Leases) -> None:
    assert leases.take("work", "ann", now=0, until=100)
    assert leases.take("work", "ann", now=50, until=150)
    assert not leases.take("work", "bob", now=149, until=200)


def test_it_runs_out(leases: Leases) -> None:
    leases.take("work", "ann", now=0, until=100)
    assert leases.take("work", "bob", now=100, until=200)


def test_given_back_it_is_free(leases: Leases) -> None:
    leases.take("work", "ann", now=0, until=100)
    leases.give_back("work", "ann")
    assert leases.take("work", "bob", now=1, until=200)


def test_only_its_holder_gives_it_back(leases: Leases) -> None:
    leases.take("work", "ann", now=0, until=100)
    leases.give_back("work", "bob")
    assert not leases.take("work", "bob", now=1, until=200)
