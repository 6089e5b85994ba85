"""What was answered before a kill -9 is there after it."""

import itertools
import json
import secrets
import threading
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.emulator.running import Emulator, function_config, repaired, wait_for, zipped

TABLE = {
    "TableName": "items",
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}


class Load:
    """Sends, puts and deletes until the emulator dies, and remembers what was answered."""

    def __init__(self, emulator: Emulator, queue: str) -> None:
        self.sqs, self.dynamodb, self.s3 = (emulator._client(name) for name in ("sqs", "dynamodb", "s3"))
        self.queue = queue
        self.sent: set[str] = set()
        self.deleted: set[str] = set()
        self.items: dict[str, str] = {}
        self.unsure: set[str] = set()
        self.objects: dict[str, bytes] = {}

    def run(self, name: str) -> None:
        for number in itertools.count():
            try:
                self.step(f"{name}-{number}", number)
            except (BotoCoreError, ClientError, ConnectionError):
                return

    def step(self, key: str, number: int) -> None:
        entries = [{"Id": str(n), "MessageBody": f"{key}/{n}" + " " * 20_000} for n in range(2)]
        self.sqs.send_message_batch(QueueUrl=self.queue, Entries=entries)
        self.sent.update(f"{key}/{n}" for n in range(2))
        self.put_items(key, number)
        self.put_objects(key, number)
        if number % 3 == 0:
            self.delete_one_message()

    def put_items(self, key: str, number: int) -> None:
        for change in ("first", "second"):
            self.unsure.add(key)
            self.dynamodb.put_item(TableName="items", Item={"id": {"S": key}, "value": {"S": change}})
            self.items[key] = change
            self.unsure.discard(key)
        if number % 4 == 0:
            self.unsure.add(key)
            self.dynamodb.delete_item(TableName="items", Key={"id": {"S": key}})
            del self.items[key]
            self.unsure.discard(key)

    def put_objects(self, key: str, number: int) -> None:
        name = f"batches/{key}"
        self.unsure.add(name)
        self.s3.put_object(Bucket="archive", Key=name, Body=key.encode() * 1000, Metadata={"made-by": key})
        if number % 4 != 0:
            self.objects[name] = key.encode() * 1000
        else:
            self.s3.delete_object(Bucket="archive", Key=name)
        self.unsure.discard(name)

    def delete_one_message(self) -> None:
        for message in self.sqs.receive_message(QueueUrl=self.queue).get("Messages", []):
            # Before the call: a deletion that was not answered may have happened.
            self.unsure.add(message["Body"].strip())
            self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
            self.unsure.discard(message["Body"].strip())
            self.deleted.add(message["Body"].strip())


def everything_in(emulator: Emulator, queue: str) -> set[str]:
    found: set[str] = set()
    sqs = emulator.client("sqs")
    while messages := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, VisibilityTimeout=60).get("Messages"):
        found.update(message["Body"].strip() for message in messages)
    return found


def test_a_load_that_is_killed_loses_nothing_and_revives_nothing(new_emulator: Callable[..., Emulator]) -> None:
    emulator = new_emulator()
    queue = emulator.make_queue("events", VisibilityTimeout="600")
    emulator.client("dynamodb").create_table(**TABLE)
    emulator.client("s3").create_bucket(Bucket="archive")
    loads = [Load(emulator, queue) for _ in range(3)]
    threads = [threading.Thread(target=load.run, args=(str(n),)) for n, load in enumerate(loads)]
    for thread in threads:
        thread.start()
    wait_for(lambda: all(len(load.objects) > 25 for load in loads))
    emulator.kill()
    for thread in threads:
        thread.join()

    emulator.start()

    sent, deleted, unsure = (set().union(*(getattr(load, name) for load in loads)) for name in _REMEMBERED)
    in_queue = everything_in(emulator, queue)
    assert sent - deleted - unsure <= in_queue
    assert not deleted & in_queue
    items = {item["id"]["S"]: item["value"]["S"] for item in all_items(emulator)}
    written = {key: value for load in loads for key, value in load.items.items()}
    assert {key: value for key, value in written.items() if key not in unsure}.items() <= items.items()
    assert items.keys() <= written.keys() | unsure
    archived = {key: body for load in loads for key, body in load.objects.items()}
    assert archived.keys() <= listed(emulator)
    assert listed(emulator) <= archived.keys() | unsure
    for key, body in archived.items():
        found = emulator.client("s3").get_object(Bucket="archive", Key=key)
        assert (found["Body"].read(), found["Metadata"]) == (body, {"made-by": key.removeprefix("batches/")})


_REMEMBERED = ("sent", "deleted", "unsure")


def listed(emulator: Emulator) -> set[str]:
    pages = emulator.client("s3").get_paginator("list_objects_v2").paginate(Bucket="archive")
    return {each["Key"] for page in pages for each in page["Contents"]}


def all_items(emulator: Emulator) -> list[dict[str, Any]]:
    pages = emulator.client("dynamodb").get_paginator("scan").paginate(TableName="items")
    return [item for page in pages for item in page["Items"]]


def resources() -> dict[str, Any]:
    code = {"ZipFile": "def handler(event, context): print('got', len(event['Records']))"}
    queue_arn = {"Fn::GetAtt": ["Queue", "Arn"]}
    return {
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "deployed", "VisibilityTimeout": 60}},
        "Table": {"Type": "AWS::DynamoDB::Table", "Properties": {**TABLE, "TableName": "deployed"}},
        "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "deployed"}},
        "Key": {"Type": "AWS::KMS::Key", "Properties": {}},
        "Function": {
            "Type": "AWS::Lambda::Function",
            "Properties": function_config({"Code": code, "FunctionName": "deployed"}),
        },
        "Mapping": {
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {"EventSourceArn": queue_arn, "FunctionName": {"Ref": "Function"}},
        },
        "Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Name": "deployed", "ProtocolType": "HTTP"}},
        "Machine": {
            "Type": "AWS::StepFunctions::StateMachine",
            "Properties": {
                "StateMachineName": "deployed",
                "RoleArn": "arn:aws:iam::000000000000:role/any",
                "DefinitionString": '{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":600,"End":true}}}',
            },
        },
    }


USES_LAYER = "import layered\ndef handler(event, context): return len(layered.text)"


def test_a_deployment_is_there_and_works_after_a_kill(new_emulator: Callable[..., Emulator]) -> None:
    emulator = new_emulator()
    assert emulator.make_stack("deployed", resources())["StackStatus"] == "CREATE_COMPLETE"
    layer = {"ZipFile": zipped({"python/layered.py": "text = '''" + secrets.token_hex(200_000) + "'''"})}
    made = emulator.client("lambda").publish_layer_version(LayerName="layered", Content=layer)
    emulator.make_function("layered", USES_LAYER, Layers=[made["LayerVersionArn"]])
    emulator.kill()
    emulator.start()

    stack = emulator.client("cloudformation").describe_stacks(StackName="deployed")["Stacks"][0]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    assert emulator.invoke("layered") == 400_000
    assert [api["Name"] for api in emulator.client("apigatewayv2").get_apis()["Items"]] == ["deployed"]
    assert emulator.client("dynamodb").describe_table(TableName="deployed")["Table"]["TableStatus"] == "ACTIVE"
    assert emulator.client("s3").head_bucket(Bucket="deployed")
    assert emulator.client("stepfunctions").list_state_machines()["stateMachines"]
    emulator.client("sqs").send_message(QueueUrl=emulator.make_queue("deployed"), MessageBody="one")

    def handled() -> bool:
        logs = emulator.client("logs")
        found = logs.filter_log_events(logGroupName="/aws/lambda/deployed", filterPattern="got")["events"]
        return [event["message"] for event in found] == ["got 1"]

    def has_log() -> bool:
        return bool(emulator.client("logs").describe_log_groups(logGroupNamePrefix="/aws/lambda/deployed")["logGroups"])

    assert wait_for(lambda: has_log() and handled())


def test_a_killed_deployment_is_undone_and_can_be_repeated(new_emulator: Callable[..., Emulator]) -> None:
    emulator = new_emulator()
    waits = "import time\ndef handler(event, context): time.sleep(60)"
    arn = emulator.make_function("waits", waits, Timeout=90)
    slow = {"Type": "Custom::Slow", "Properties": {"ServiceToken": arn}, "DependsOn": list(resources())}
    template = json.dumps({"Resources": {**resources(), "Slow": slow}})
    emulator.client("cloudformation").create_stack(StackName="deployed", TemplateBody=template)
    wait_for(lambda: emulator.client("apigatewayv2").get_apis()["Items"])
    emulator.kill()
    emulator.start()

    with pytest.raises(ClientError, match="does not exist"):
        emulator.client("cloudformation").describe_stacks(StackName="deployed")
    assert emulator.make_stack("deployed", resources())["StackStatus"] == "CREATE_COMPLETE"


def test_messages_in_flight_come_back_after_a_kill(new_emulator: Callable[..., Emulator]) -> None:
    emulator = new_emulator()
    queue = emulator.make_queue("flight", VisibilityTimeout="600")
    emulator.client("sqs").send_message(
        QueueUrl=queue,
        MessageBody="one",
        MessageAttributes={"bytes": {"DataType": "Binary", "BinaryValue": b"\x00\xff"}},
    )
    assert emulator.client("sqs").receive_message(QueueUrl=queue)["Messages"]
    emulator.kill()
    emulator.start()
    (message,) = emulator.client("sqs").receive_message(QueueUrl=queue, MessageAttributeNames=["All"])["Messages"]
    assert message["Body"] == "one"
    assert message["MessageAttributes"]["bytes"]["BinaryValue"] == b"\x00\xff"
    assert emulator.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["VisibilityTimeout"])[
        "Attributes"
    ] == {"VisibilityTimeout": "600"}


def test_a_running_execution_is_failed_clearly_after_a_kill(new_emulator: Callable[..., Emulator]) -> None:
    emulator = new_emulator()
    emulator.make_stack("deployed", {"Machine": resources()["Machine"]})
    machine = emulator.client("stepfunctions").list_state_machines()["stateMachines"][0]["stateMachineArn"]
    execution = emulator.client("stepfunctions").start_execution(stateMachineArn=machine)["executionArn"]
    emulator.kill()
    emulator.start()
    found = emulator.client("stepfunctions").describe_execution(executionArn=execution)
    assert (found["status"], found["error"]) == ("FAILED", "States.ServiceRestart")


def test_state_is_there_after_a_graceful_stop(new_emulator: Callable[..., Emulator]) -> None:
    emulator = new_emulator()
    emulator.make_function("logs", "def handler(event, context): print('remember')")
    emulator.invoke("logs")
    emulator.stop()
    emulator.start()
    found = emulator.client("logs").filter_log_events(logGroupName="/aws/lambda/logs", filterPattern="remember")
    assert len(found["events"]) == 1


def test_a_transaction_is_whole_after_a_kill(new_emulator: Callable[..., Emulator]) -> None:
    emulator = new_emulator()
    emulator.client("dynamodb").create_table(**TABLE)
    put = [{"Put": {"TableName": "items", "Item": {"id": {"S": str(n)}, "value": {"S": "x"}}}} for n in range(20)]
    emulator.client("dynamodb").transact_write_items(TransactItems=put)
    emulator.kill()
    emulator.start()
    assert len(all_items(emulator)) == 20


def test_queues_are_read_on_another_port_after_a_restart(new_emulator: Callable[..., Emulator]) -> None:
    emulator = new_emulator()
    queue = emulator.make_queue("moved")
    emulator.client("sqs").send_message(QueueUrl=queue, MessageBody="one")
    emulator.kill()
    emulator.move().start()
    emulator.make_function("reads", "def handler(event, context): print('got', len(event['Records']))")
    emulator.map_queue("moved", "reads")
    attributes = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]

    def emptied() -> bool:
        found = emulator.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=attributes)
        return set(found["Attributes"].values()) == {"0"}

    assert wait_for(emptied)


def test_without_the_repairs_a_kill_loses_what_was_accepted(new_emulator: Callable[..., Emulator]) -> None:
    def probe(emulator: Emulator) -> tuple[list[str], list[str]]:
        emulator.client("sqs").send_message(QueueUrl=emulator.make_queue("lost"), MessageBody="one")
        emulator.client("dynamodb").create_table(**TABLE)
        emulator.kill()
        emulator.start()
        queues = emulator.client("sqs").list_queues().get("QueueUrls", [])
        return [url.rsplit("/", 1)[-1] for url in queues], emulator.client("dynamodb").list_tables()["TableNames"]

    persistent = {"EMULATOR_STOCK": "1", "PERSIST_STATE": "1"}
    repaired(probe, new_emulator(**persistent), new_emulator(), fault=([], []), aws=(["lost"], ["items"]))
