"""Event source mappings take batches as Lambda does; nothing is lost between a sender and a reader."""

import threading
import time
from typing import Any

from tests.emulator.running import Emulator, repaired, wait_for

REMEMBERS = "def handler(event, context):\n    print('batch', len(event['Records']))"


def batches(emulator: Emulator, function: str, messages: int) -> list[int]:
    """The sizes of the batches that the function got, once it has got all messages."""

    def found() -> list[int] | None:
        logs = emulator.client("logs")
        groups = logs.describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{function}")["logGroups"]
        if not groups:
            return None
        events = logs.filter_log_events(logGroupName=f"/aws/lambda/{function}", filterPattern="batch")["events"]
        sizes = [int(event["message"].split()[1]) for event in events]
        return sizes if sum(sizes) == messages else None

    return wait_for(found)


def test_messages_wait_for_each_other_within_the_window(stock: Emulator, patched: Emulator) -> None:
    def probe(emulator: Emulator) -> Any:
        emulator.make_function("window", REMEMBERS)
        url = emulator.make_queue("window")
        emulator.map_queue("window", "window", BatchSize=10, MaximumBatchingWindowInSeconds=4)
        for number in range(3):
            emulator.client("sqs").send_message(QueueUrl=url, MessageBody=str(number))
            time.sleep(0.5)  # enough for whoever does not wait to take what is there
        return batches(emulator, "window", 3) == [3]

    repaired(probe, stock, patched, fault=False, aws=True)


def test_a_full_batch_does_not_wait(patched: Emulator) -> None:
    patched.make_function("full", REMEMBERS)
    url = patched.make_queue("full")
    entries = [{"Id": str(number), "MessageBody": "x"} for number in range(10)]
    patched.client("sqs").send_message_batch(QueueUrl=url, Entries=entries)
    patched.map_queue("full", "full", BatchSize=10, MaximumBatchingWindowInSeconds=300)
    assert batches(patched, "full", 10) == [10]


def test_a_batch_is_no_larger_than_a_payload(stock: Emulator, patched: Emulator) -> None:
    def probe(emulator: Emulator) -> bool:
        emulator.make_function("payload", REMEMBERS)
        url = emulator.make_queue("payload")
        for _ in range(10):
            emulator.client("sqs").send_message(QueueUrl=url, MessageBody="x" * 900_000)
        emulator.map_queue("payload", "payload", BatchSize=10, MaximumBatchingWindowInSeconds=1)
        return max(batches(emulator, "payload", 10)) <= 6

    repaired(probe, stock, patched, fault=False, aws=True)


def test_failed_messages_come_again_and_end_in_the_dead_letters(patched: Emulator) -> None:
    code = """
def handler(event, context):
    return {"batchItemFailures": [{"itemIdentifier": r["messageId"]} for r in event["Records"] if r["body"] == "bad"]}
"""
    patched.make_function("partial", code)
    dead = patched.make_queue("dead")
    redrive = '{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dead","maxReceiveCount":"2"}'
    url = patched.make_queue("partial", VisibilityTimeout="1", RedrivePolicy=redrive)
    patched.map_queue("partial", "partial", FunctionResponseTypes=["ReportBatchItemFailures"])
    for body in ("good", "bad", "good"):
        patched.client("sqs").send_message(QueueUrl=url, MessageBody=body)
    found = wait_for(lambda: patched.client("sqs").receive_message(QueueUrl=dead).get("Messages"))
    assert [message["Body"] for message in found] == ["bad"]


def test_no_message_is_lost_while_a_function_reads(patched: Emulator) -> None:
    patched.make_function("reads", REMEMBERS)
    url = patched.make_queue("reads")
    patched.map_queue("reads", "reads", BatchSize=10, ScalingConfig={"MaximumConcurrency": 2})

    def send() -> None:
        sqs = patched._client("sqs")
        for _ in range(100):
            sqs.send_message(QueueUrl=url, MessageBody="x" * 5000)

    senders = [threading.Thread(target=send) for _ in range(4)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert sum(batches(patched, "reads", 400)) == 400


def test_messages_of_a_killed_worker_come_again(patched: Emulator) -> None:
    code = """
import os
def handler(event, context):
    if event["Records"][0]["attributes"]["ApproximateReceiveCount"] == "1":
        os.kill(os.getpid(), 9)
    print("batch", len(event["Records"]))
"""
    patched.make_function("dies-first", code)
    url = patched.make_queue("dies-first", VisibilityTimeout="1")
    patched.client("sqs").send_message(QueueUrl=url, MessageBody="x")
    patched.map_queue("dies-first", "dies-first")
    assert batches(patched, "dies-first", 1) == [1]
