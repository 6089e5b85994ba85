"""The steps of compaction, replay and reconciliation as their state machines call them; AWS is in memory."""

import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
import reconcile_counts.handler as reconcile
import zstandard
from compact_archive import clean_up, compact_day, plan
from compact_archive import parts as compaction
from compact_archive.rounds import LAST_BEGIN_MS, MAX_ROUNDS, Round
from replay_day import parts as replaying
from replay_day import plan as replay_plan
from replay_day import replay_part
from touchline.adapters.memory.event_counts import MemoryEventCounts
from touchline.adapters.memory.event_index import MemoryEventIndex
from touchline.errors import InvalidRequest, StoreUnavailable
from touchline.services import plan_compaction

from tests.unit.services.archiving import Version, batch_body, receive

DAY = "2026-11-21"
HOURS = ("2026-11-22/09", "2026-11-22/10")


def context(remaining_ms: int = 60_000) -> Any:
    return SimpleNamespace(
        function_name="archive-work",
        memory_limit_in_mb=2048,
        invoked_function_arn="arn:aws:lambda:us-east-1:111122223333:function:archive-work",
        aws_request_id="request-1",
        get_remaining_time_in_millis=lambda: remaining_ms,
    )


@pytest.fixture
def index(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[MemoryEventIndex]:
    """The search store; S3 and DynamoDB are the handlers' own adapters."""
    index = MemoryEventIndex()
    forget()
    monkeypatch.setattr(replay_part, "index", lambda: index)
    monkeypatch.setattr(compact_day, "index", lambda: index)
    monkeypatch.setattr(reconcile, "counts", lambda: MemoryEventCounts(index))
    yield index
    forget()


def forget() -> None:
    for module in (compaction, replaying, reconcile):
        for name in ("settings", "archive", "batches", "files", "leases", "progress"):
            if name in vars(module):
                vars(module)[name].cache_clear()


def compact(given: dict[str, Any] | None = None) -> dict[str, Any]:
    """One round."""
    planned = plan.lambda_handler(given or {"everything": True}, context())
    results = [compact_day.lambda_handler(item, context()) for item in planned["partitions"]]
    return clean_up.lambda_handler({"plan": planned, "results": results}, context())


def compact_in_rounds() -> list[dict[str, Any]]:
    """The state machine."""
    rounds = [compact()]
    while rounds[-1]["again"]:
        rounds.append(compact(rounds[-1]))
    return rounds


def test_batches_become_files_and_progress_tells(index: MemoryEventIndex) -> None:
    archive = compaction.archive()
    receive(archive, index, [Version("e1", DAY, 1), Version("e1", "2026-11-20", 2), Version("e2", DAY, 3)])
    receive(archive, index, [Version("e1", DAY, 1, tenant="umbra")])
    done = compact()
    assert (done["tenants"], done["failed"], done["batches_deleted"], done["duplicates"]) == (2, 0, 2, 1)
    assert list(archive.keys("batches/")) == list(archive.keys("compaction/")) == []
    assert compaction.progress().newest("compaction", 1)[0]["batches_deleted"] == 2
    assert sorted(document["id"] for document in index.documents() if "id" in document) == ["e1", "e1", "e2"]


def test_two_compactions_never_run_at_once(index: MemoryEventIndex) -> None:
    receive(compaction.archive(), index, [Version("e1", DAY, 1)])
    first = plan.lambda_handler({"everything": True}, context())
    second = plan.lambda_handler({"everything": True}, context())
    assert (len(first["partitions"]), second["partitions"]) == (1, [])
    clean_up.lambda_handler({"plan": second, "results": []}, context())
    assert len(list(compaction.archive().keys("batches/"))) == 1


def test_cleaning_up_twice_is_harmless(index: MemoryEventIndex) -> None:
    receive(compaction.archive(), index, [Version("e1", DAY, 1)])
    planned = plan.lambda_handler({"everything": True}, context())
    done = {"plan": planned, "results": [compact_day.lambda_handler(planned["partitions"][0], context())]}
    assert clean_up.lambda_handler(done, context())["batches_deleted"] == 1
    assert "batches_deleted" not in clean_up.lambda_handler(done, context())


def test_a_plan_that_fails_gives_the_lease_back(index: MemoryEventIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    def unavailable(key: str) -> None:
        raise StoreUnavailable("The archive answered SlowDown.")

    receive(compaction.archive(), index, [Version("e1", DAY, 1)])
    with monkeypatch.context() as trouble:
        trouble.setattr(compaction.batches(), "events", unavailable)
        with pytest.raises(StoreUnavailable):
            plan.lambda_handler({"everything": True}, context())
    assert len(plan.lambda_handler({"everything": True}, context())["partitions"]) == 1


def test_a_step_that_could_outlive_the_lease_does_not_begin(index: MemoryEventIndex) -> None:
    receive(compaction.archive(), index, [Version("e1", DAY, 1)])
    planned = plan.lambda_handler({"everything": True}, context())
    with pytest.raises(StoreUnavailable, match="lease"):
        compact_day.lambda_handler(planned["partitions"][0], context(remaining_ms=60 * 60_000))


def test_a_tenant_that_cannot_be_compacted_holds_nobody_up(index: MemoryEventIndex) -> None:
    archive = compaction.archive()
    receive(archive, index, [Version("e1", DAY, 1)])
    odd = batch_body([Version("e2", DAY, 2, tenant="umbra")], events_a_frame=9)
    lines = zstandard.ZstdDecompressor().stream_reader(odd, read_across_frames=True).read()
    archive.put("batches/2026-11-22/10/odd.ndjson.zst", zstandard.compress(lines.replace(b'"id":"e2"', b'"idd":"e2"')))
    done = compact()
    assert (done["failed"], done["batches_deleted"], done["batches_kept"]) == (1, 1, 1)
    assert list(archive.keys("batches/")) == ["batches/2026-11-22/10/odd.ndjson.zst"]


def test_it_goes_on_while_batches_are_left(index: MemoryEventIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan_compaction, "MAX_BATCHES", 2)
    for number in range(5):
        receive(compaction.archive(), index, [Version(f"e{number}", DAY, number)])
    rounds = compact_in_rounds()
    assert [one["batches_deleted"] for one in rounds] == [2, 2, 1]
    assert list(compaction.archive().keys("batches/")) == []


def test_batches_that_stay_hold_up_none_that_follow(index: MemoryEventIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan_compaction, "MAX_BATCHES", 1)
    kept = receive(
        compaction.archive(), index, [Version("e1", DAY, 1), Version("e1", DAY, 1, tenant="umbra")], HOURS[0]
    )
    receive(compaction.archive(), index, [Version("e2", DAY, 2)], HOURS[1])
    real = compact_day.lambda_handler
    monkeypatch.setattr(
        compact_day,
        "lambda_handler",
        lambda item, given: (
            {"tenant": "umbra", "failed": "Runtime.ExitError"} if item["tenant"] == "umbra" else real(item, given)
        ),
    )
    rounds = compact_in_rounds()
    assert [one["left_out"] for one in rounds] == [1, 1]
    assert list(compaction.archive().keys("batches/")) == [kept]


def test_what_stops_every_tenant_is_not_tried_round_after_round(
    index: MemoryEventIndex, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(plan_compaction, "MAX_BATCHES", 1)
    for hour in HOURS:
        receive(compaction.archive(), index, [Version("e1", DAY, 1)], hour)
    planned = plan.lambda_handler({"everything": True}, context())
    out = [{"tenant": "acme", "failed": "StoreUnavailable"}]
    done = clean_up.lambda_handler({"plan": planned, "results": out}, context())
    assert (done["again"], done["left_out"], done["batches_kept"]) == (False, 1, 1)
    assert '"CompactionsRefused":[1.0]' in capsys.readouterr().out.replace(" ", "")


def test_rounds_end_with_their_number_and_with_their_hour() -> None:
    first = Round.begin({"everything": True}, 0)
    second = first.following("batches/b", 1, failed=2)
    assert second == Round(began=0, number=2, everything=True, after="batches/b", failed=2)
    assert first.following("batches/b", LAST_BEGIN_MS + 1, failed=0) is None
    assert Round(began=0, number=MAX_ROUNDS).following("batches/b", 1, failed=0) is None


def test_nothing_is_deleted_once_another_compaction_has_the_lease(
    index: MemoryEventIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    receive(compaction.archive(), index, [Version("e1", DAY, 1)])
    planned = plan.lambda_handler({"everything": True}, context())
    results = [compact_day.lambda_handler(item, context()) for item in planned["partitions"]]
    late = time.time_ns() // 1_000_000 + plan_compaction.LEASE_MS
    assert compaction.leases().take(plan_compaction.LEASE, "another", late, late + 1)
    done = clean_up.lambda_handler({"plan": planned, "results": results}, context())
    assert "batches_deleted" not in done
    assert len(list(compaction.archive().keys("batches/"))) == len(list(compaction.archive().keys("compaction/"))) == 1


def test_a_lease_that_ran_out_is_taken_anew_where_nobody_has_it(index: MemoryEventIndex) -> None:
    receive(compaction.archive(), index, [Version("e1", DAY, 1)])
    planned = plan.lambda_handler({"everything": True}, context())
    results = [compact_day.lambda_handler(item, context()) for item in planned["partitions"]]
    owner = planned["plan"].removeprefix("compaction/").removesuffix(".json")
    compaction.leases().give_back(plan_compaction.LEASE, owner)
    assert clean_up.lambda_handler({"plan": planned, "results": results}, context())["batches_deleted"] == 1


def test_a_day_is_indexed_again(index: MemoryEventIndex) -> None:
    receive(compaction.archive(), index, [Version("e1", DAY, 1), Version("e2", DAY, 2)])
    compact()
    index.indices.clear()
    parts = replay_plan.lambda_handler({"day": DAY}, context())["parts"]
    done = [replay_part.lambda_handler(part, context()) for part in parts]
    assert done == [{"tenant": "acme", "day": DAY, "created": 2, "already_there": 0, "refused": 0}]


def test_a_replay_of_no_day_is_refused_in_words() -> None:
    with pytest.raises(InvalidRequest, match="2026-11-21"):
        replay_plan.lambda_handler({"day": "yesterday"}, context())


def test_a_reconciliation_is_reported_in_bucket_and_progress(
    index: MemoryEventIndex, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconcile.time, "time_ns", lambda: 1_795_348_800_000_000_000)
    receive(compaction.archive(), index, [Version("e1", DAY, 1), Version("e2", DAY, 2)])
    compact()
    index.delete("events-2026.11.21", ["acme.e1"])
    facts = reconcile.lambda_handler({}, context())
    assert facts["differences"] == 1
    report = orjson.loads(compaction.archive().get(facts["report"]))
    assert report["differences"] == [{"tenant": "acme", "day": DAY, "action": "open", "archived": 2, "indexed": 1}]
    run = compaction.progress().newest("reconciliation", 1)[0]
    assert run["differences"] == 1
    assert compaction.progress().get("reconciliation#acme", run["sk"]) == {"found": 1, "kept": report["differences"]}
    assert '"ReconciliationDifferences":[1.0]' in capsys.readouterr().out.replace(" ", "")
