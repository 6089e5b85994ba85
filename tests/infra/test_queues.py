"""Nothing that fails disappears: every queue and every invoker has dead letters, and every dead letter rings."""

from tests.infra.conftest import Stage


def queues(stage: Stage) -> dict[str, dict]:
    return {name: queue["Properties"] for name, queue in stage.of_type("AWS::SQS::Queue").items()}


def test_a_message_that_fails_five_times_waits_two_weeks(stage: Stage) -> None:
    (events,) = [queue for queue in queues(stage).values() if "RedrivePolicy" in queue]
    assert events["RedrivePolicy"]["maxReceiveCount"] == 30
    for queue in queues(stage).values():
        assert queue["MessageRetentionPeriod"] == 14 * 24 * 60 * 60


def test_the_queue_hides_a_message_for_six_times_the_functions_timeout(stage: Stage) -> None:
    (events,) = [queue for queue in queues(stage).values() if "RedrivePolicy" in queue]
    assert events["VisibilityTimeout"] >= 6 * stage.functions()["index_events.handler"]["Timeout"]


def test_messages_are_encrypted(stage: Stage) -> None:
    for name, queue in queues(stage).items():
        assert "KmsMasterKeyId" in queue or queue.get("SqsManagedSseEnabled"), name


def test_queues_demand_tls(stage: Stage) -> None:
    denials = str(stage.properties("AWS::SQS::QueuePolicy")).count("aws:SecureTransport")
    assert denials == len(queues(stage))


def test_every_dead_letter_queue_rings(stage: Stage) -> None:
    dead = [name for name, queue in queues(stage).items() if "RedrivePolicy" not in queue]
    watched = [
        alarm
        for alarm in stage.properties("AWS::CloudWatch::Alarm")
        if "docs/runbooks/dead-letters.md" in alarm["AlarmDescription"]
    ]
    assert len(watched) == len(dead) == 2
    assert {alarm["MetricName"] for alarm in watched} == {"ApproximateNumberOfMessagesVisible"}


def test_messages_come_in_batches_and_fail_one_by_one(stage: Stage) -> None:
    (source,) = stage.properties("AWS::Lambda::EventSourceMapping")
    assert source["BatchSize"] == 10
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert source["ScalingConfig"]["MaximumConcurrency"] >= 2


def test_schedules_and_what_they_invoke_have_dead_letters(stage: Stage) -> None:
    schedules = stage.properties("AWS::Scheduler::Schedule")
    assert len(schedules) == 3
    assert all("DeadLetterConfig" in schedule["Target"] for schedule in schedules)
    for name in ("maintain_indices.handler", "reconcile_counts.handler"):
        assert "DeadLetterConfig" in stage.functions()[name]


def test_search_is_prepared_before_messages_are_taken_off_the_queue(stage: Stage) -> None:
    ((prepared, _),) = stage.of_type("Custom::PreparedSearch").items()
    (index,) = [
        function
        for function in stage.of_type("AWS::Lambda::Function").values()
        if function["Properties"]["Handler"].startswith("index_events.")
    ]
    assert prepared.removeprefix("ingest/") in index["DependsOn"]
