"""A connection's secret is written, used and deleted: one contract for memory and Secrets Manager."""

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws
from touchline.adapters.memory.client_secrets import MemoryClientSecrets
from touchline.adapters.secrets_manager import SecretsManagerClientSecrets
from touchline.errors import NotFound
from touchline.marketo_ports import ClientSecrets


@pytest.fixture(params=["memory", "secrets manager"])
def secrets(request: pytest.FixtureRequest) -> Iterator[ClientSecrets]:
    if request.param == "memory":
        yield MemoryClientSecrets()
        return
    with mock_aws():
        yield SecretsManagerClientSecrets(boto3.client("secretsmanager"), "touchline/dev/marketo")


def test_the_latest_secret_is_used(secrets: ClientSecrets) -> None:
    secrets.put("acme", "c1", "first")
    secrets.put("acme", "c1", "second")
    assert secrets.get("acme", "c1") == "second"


def test_each_tenants_connections_have_their_own(secrets: ClientSecrets) -> None:
    secrets.put("acme", "c1", "ours")
    secrets.put("other", "c1", "theirs")
    assert (secrets.get("acme", "c1"), secrets.get("other", "c1")) == ("ours", "theirs")


def test_a_deleted_secret_is_gone(secrets: ClientSecrets) -> None:
    secrets.put("acme", "c1", "hidden-words")
    secrets.delete("acme", "c1")
    secrets.delete("acme", "c1")
    with pytest.raises(NotFound) as missing:
        secrets.get("acme", "c1")
    assert "hidden-words" not in str(missing.value)


def test_names_say_stage_tenant_and_connection_and_the_key_is_the_stages() -> None:
    with mock_aws():
        client = boto3.client("secretsmanager")
        SecretsManagerClientSecrets(client, "touchline/dev/marketo", "alias/stage").put("acme", "c1", "x")
        (kept,) = client.list_secrets()["SecretList"]
        assert (kept["Name"], kept["KmsKeyId"]) == ("touchline/dev/marketo/acme/c1", "alias/stage")
