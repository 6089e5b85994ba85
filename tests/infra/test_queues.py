"""Nothing that fails disappears: every queue and every invoker has dead letters, and every dead letter rings."""

from tests.infra.conftest import Stage


def queues(stage: Stage) -> dict[str, dict]:
    return {name: queue["Properties"] for name, queue in stage.of_type("AWS::SQS::Queue").items()}


def of_work(stage: Stage, construct: str) -> dict:
    """The queue of a construct that is worked off, not its dead letters."""
    (queue,) = [queue for name, queue in queues(stage).items() if f"/{construct}" in name and "RedrivePolicy" in queue]
    return queue


def test_a_message_that_fails_five_times_waits_two_weeks(stage: Stage) -> None:
    assert of_work(stage, "Ingestion")["RedrivePolicy"]["maxReceiveCount"] == 30
    assert of_work(stage, "Attribution")["RedrivePolicy"]["maxReceiveCount"] == 30
    assert of_work(stage, "Querying")["RedrivePolicy"]["maxReceiveCount"] == 10
    for queue in queues(stage).values():
        assert queue["MessageRetentionPeriod"] == 14 * 24 * 60 * 60


def test_the_queue_hides_a_message_for_six_times_the_functions_timeout(stage: Stage) -> None:
    events = of_work(stage, "Ingestion")
    assert events["VisibilityTimeout"] >= 6 * stage.functions()["index_events.handler"]["Timeout"]
    attribution = of_work(stage, "Attribution")
    assert attribution["VisibilityTimeout"] >= 6 * stage.functions()["attribute_conversions.handler"]["Timeout"]


def test_conversions_are_computed_when_the_index_shows_their_events(stage: Stage) -> None:
    delay = of_work(stage, "Attribution")["DelaySeconds"]
    assert delay == stage.config.throughput.attribution_delay_seconds
    assert delay > 2  # how often an index shows what is new in it


def test_an_answer_is_nobody_elses_while_its_worker_may_still_run(stage: Stage) -> None:
    assert of_work(stage, "Querying")["VisibilityTimeout"] == stage.functions()["query_api.worker"]["Timeout"] == 900


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
    assert len(watched) == len(dead)
    assert {alarm["MetricName"] for alarm in watched} == {"ApproximateNumberOfMessagesVisible"}


def test_messages_come_in_batches_and_fail_one_by_one(stage: Stage) -> None:
    sources = stage.of_type("AWS::Lambda::EventSourceMapping")
    sizes = {name.split("/")[1][:8]: source["Properties"]["BatchSize"] for name, source in sources.items()}
    assert (sizes["Ingestio"], sizes["Querying"]) == (10, 1)
    for source in sources.values():
        assert source["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert source["Properties"]["ScalingConfig"]["MaximumConcurrency"] >= 2


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
