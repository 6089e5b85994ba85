"""Secrets of connections in AWS Secrets Manager, one each; nobody is ever answered with one."""

from contextlib import suppress
from typing import Any

from touchline.adapters.aws_errors import as_our_errors
from touchline.errors import NotFound

STORE = "Secrets Manager"


class SecretsManagerClientSecrets:
    """`prefix`: what the names of a stage's secrets begin with; rights are given by it. `key`: of KMS."""

    def __init__(self, client: Any, prefix: str, key: str | None = None) -> None:
        self._client = client
        self._prefix = prefix
        self._key = {"KmsKeyId": key} if key else {}

    def put(self, tenant: str, connection: str, secret: str) -> None:
        name = self._name(tenant, connection)
        with as_our_errors(STORE):
            try:
                self._client.put_secret_value(SecretId=name, SecretString=secret)
            except self._client.exceptions.ResourceNotFoundException:
                self._client.create_secret(Name=name, SecretString=secret, **self._key)

    def get(self, tenant: str, connection: str) -> str:
        with as_our_errors(STORE):
            try:
                answer = self._client.get_secret_value(SecretId=self._name(tenant, connection))
            except self._client.exceptions.ResourceNotFoundException as error:
                raise NotFound(f"The connection {connection} has no secret.") from error
        return str(answer["SecretString"])

    def delete(self, tenant: str, connection: str) -> None:
        """At once: a secret that nobody uses any more must not be found for weeks."""
        with as_our_errors(STORE), suppress(self._client.exceptions.ResourceNotFoundException):
            self._client.delete_secret(SecretId=self._name(tenant, connection), ForceDeleteWithoutRecovery=True)

    def _name(self, tenant: str, connection: str) -> str:
        return f"{self._prefix}/{tenant}/{connection}"
