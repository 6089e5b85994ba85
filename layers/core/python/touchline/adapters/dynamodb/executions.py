"""Executions kept in DynamoDB. A marker for each service names the execution that has it.

Keys: `tenant` and `id`, whose order is that of time; the markers lie under `running#<tenant>` and the service's id. An
execution that has ended no longer has its service, whatever the marker says: so its end is one write.
"""

from typing import Any, Final

from pydantic import TypeAdapter

from touchline.adapters.aws_errors import as_our_errors
from touchline.adapters.dynamodb.cancellations import refused_places
from touchline.adapters.dynamodb.items import from_item, to_item
from touchline.domain.marketo.executions import ENDED, Execution
from touchline.errors import Conflict
from touchline.marketo_ports import ExecutionPage

STORE: Final = "The executions table"
SHAPE: Final = TypeAdapter(Execution)
BY_SERVICE: Final = "by_service"
CHANGED: Final = "The execution was changed meanwhile; read it again."


class DynamoDbExecutions:
    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def get(self, tenant: str, execution: str) -> Execution | None:
        item = self._get(tenant, execution)
        return None if item is None else _read(item)

    def begin(self, execution: Execution, undone: Execution | None = None) -> None:
        if self.get(execution.tenant, execution.id) is not None:
            return
        new = self._put(execution, "attribute_not_exists(id)")
        if execution.state in ENDED:
            self._write(new)
        else:
            self._take(execution, new, undone)

    def under_way(self, tenant: str, service: str) -> Execution | None:
        holder = self._holder(tenant, service)
        kept = None if holder is None else self.get(tenant, holder)
        return None if kept is None or kept.state in ENDED else kept

    def replace(self, execution: Execution) -> None:
        if execution.state in ENDED:
            self._write(self._put_after(execution))
            return
        going_on = self._put_after(execution, " AND attribute_not_exists(ended)")
        try:
            self._write(going_on)
        except Conflict:
            kept = self.get(execution.tenant, execution.id)
            if kept is None or kept.revision != execution.revision - 1 or kept.state not in ENDED:
                raise
            self._take(execution, self._put_after(execution))

    def page(
        self, tenant: str, *, service: str | None = None, limit: int = 50, after: str | None = None
    ) -> ExecutionPage:
        whose, name = ("service_of", f"{tenant}#{service}") if service else ("tenant", tenant)
        older = " AND id < :after" if after else ""
        query = {
            "TableName": self._table,
            **({"IndexName": BY_SERVICE} if service else {}),
            "KeyConditionExpression": f"{whose} = :whose{older}",
            "ExpressionAttributeValues": to_item({":whose": name, ":after": after}),
            "ScanIndexForward": False,
            "Limit": limit + 1,  # whether there is one more
        }
        with as_our_errors(STORE):
            answer = self._client.query(**query)
        found = [_read(item) for item in answer["Items"][:limit]]
        is_last = len(answer["Items"]) <= limit and "LastEvaluatedKey" not in answer
        return ExecutionPage(found, None if is_last else found[-1].id)

    def _take(self, execution: Execution, put: dict[str, Any], undone: Execution | None = None) -> None:
        """Writes it and takes its service from the one that had it and has ended. Raises Conflict."""
        holder = self._holder(execution.tenant, execution.service.id)
        if holder not in {None, execution.id}:
            self._check_ended(execution.tenant, str(holder))
        place = {"tenant": f"running#{execution.tenant}", "id": execution.service.id}
        same = "attribute_not_exists(id)" if holder is None else "execution = :holder"
        marker: dict[str, Any] = {
            "TableName": self._table,
            "Item": to_item({**place, "execution": execution.id}),
            "ConditionExpression": same,
            **({"ExpressionAttributeValues": to_item({":holder": holder})} if holder else {}),
        }
        try:
            with as_our_errors(STORE):
                more = [] if undone is None else [{"Put": self._put_after(undone)}]
                self._client.transact_write_items(TransactItems=[{"Put": put}, {"Put": marker}, *more])
        except self._client.exceptions.TransactionCanceledException as error:
            if 1 in refused_places(error, STORE):
                raise Conflict("Another execution of this service was begun at this moment.") from error
            raise Conflict(CHANGED) from error

    def _check_ended(self, tenant: str, holder: str) -> None:
        other = self.get(tenant, holder)
        if other is not None and other.state not in ENDED:
            raise Conflict(f"The service's execution {holder} has not ended: it is {other.state}.")

    def _holder(self, tenant: str, service: str) -> str | None:
        item = self._get(f"running#{tenant}", service)
        return None if item is None else str(from_item(item)["execution"])

    def _get(self, partition: str, sort: str) -> dict[str, Any] | None:
        with as_our_errors(STORE):
            answer: dict[str, Any] = self._client.get_item(
                TableName=self._table, Key=to_item({"tenant": partition, "id": sort}), ConsistentRead=True
            )
        return answer.get("Item")

    def _put_after(self, execution: Execution, condition: str = "") -> dict[str, Any]:
        """In place of the revision before."""
        return self._put(execution, f"revision = :before{condition}", {":before": execution.revision - 1})

    def _put(self, execution: Execution, condition: str, values: dict[str, Any] | None = None) -> dict[str, Any]:
        more = {"ExpressionAttributeValues": to_item(values)} if values else {}
        return {"TableName": self._table, "Item": _item(execution), "ConditionExpression": condition, **more}

    def _write(self, put: dict[str, Any]) -> None:
        try:
            with as_our_errors(STORE):
                self._client.put_item(**put)
        except self._client.exceptions.ConditionalCheckFailedException as error:
            raise Conflict(CHANGED) from error


def _item(execution: Execution) -> dict[str, Any]:
    return to_item(
        {
            "tenant": execution.tenant,
            "id": execution.id,
            "service_of": f"{execution.tenant}#{execution.service.id}",
            "revision": execution.revision,
            "ended": True if execution.state in ENDED else None,
            "body": SHAPE.dump_json(execution).decode(),
        }
    )


def _read(item: dict[str, Any]) -> Execution:
    return SHAPE.validate_json(from_item(item)["body"])
