"""One id is one event: whatever arrives, in whatever order, and wherever compaction stops."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from touchline.adapters.memory.archive import MemoryArchive
from touchline.adapters.memory.conversions import MemoryAttributionQueue

from tests.unit.services.archiving import (
    RecordingIndex,
    Version,
    archived_versions,
    compact,
    indexed_events,
    receive,
)

DAY = "2026-11-21"
SLOW = settings(max_examples=12, deadline=None)

versions = st.builds(
    Version,
    id=st.sampled_from(["e1", "e2", "e3"]),
    day=st.sampled_from(["2026-11-20", "2026-11-21", "2026-11-22"]),
    sequence=st.integers(1, 6),
    action=st.sampled_from(["open", "click"]),
    tenant=st.sampled_from(["acme", "acme", "umbra"]),
)
rounds = st.lists(st.lists(st.lists(versions, min_size=1, max_size=5), min_size=1, max_size=2), min_size=1, max_size=2)


class KilledError(Exception):
    """The process is gone."""


class Mortal:
    """Passes calls on until its time has come; an effect is either done or not, as with S3 and OpenSearch."""

    def __init__(self, inner: Any, effects: Sequence[str], death: Callable[[], None]) -> None:
        self._inner, self._effects, self._death = inner, effects, death

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._inner, name)
        if name not in self._effects:
            return call

        def mortal(*args: Any) -> Any:
            self._death()
            return call(*args)

        return mortal


def dying_after(effects: int) -> Callable[[], None]:
    left = iter(range(effects))

    def death() -> None:
        if next(left, None) is None:
            raise KilledError

    return death


def accepted_first(sent: Iterable[Version]) -> dict[tuple[str, str], Version]:
    """The rule, told the simplest way: by tenant and id, the smallest of (sequence, day, content)."""
    best: dict[tuple[str, str], Version] = {}
    for version in sent:
        owner = version.tenant, version.id
        if owner not in best or _rank(version) < _rank(best[owner]):
            best[owner] = version
    return best


def _rank(version: Version) -> tuple[int, str, str]:
    return version.sequence, version.day, version.action


def assert_one_event_for_each_id(archive: MemoryArchive, index: RecordingIndex, sent: Iterable[Version]) -> None:
    expected = {(version.day, f"{version.tenant}.{version.id}"): version for version in accepted_first(sent).values()}
    archived = {
        (day, f"{tenant}.{document['id']}"): document
        for (tenant, day), documents in archived_versions(archive).items()
        for document in documents
    }
    indexed = indexed_events(index)
    assert {place: (d["sequence"], d["action"]) for place, d in archived.items()} == {
        place: (version.sequence, version.action) for place, version in expected.items()
    }
    assert {place: d["action"] for place, d in indexed.items()} == {
        place: version.action for place, version in expected.items()
    }


def assert_nothing_left_over(archive: MemoryArchive) -> None:
    assert not [key for key in archive.objects if key.startswith(("batches/", "compaction/"))]


@SLOW
@given(rounds)
def test_the_first_accepted_version_of_an_id_is_the_event(rounds: list[list[list[Version]]]) -> None:
    archive, index, sent = MemoryArchive(), RecordingIndex(), []
    for batches in rounds:
        for batch in batches:
            receive(archive, index, batch)
            sent += batch
        compact(archive, index)
    assert_one_event_for_each_id(archive, index, sent)
    assert_nothing_left_over(archive)


@SLOW
@given(rounds, st.lists(st.integers(0, 25), min_size=1, max_size=2))
def test_a_stop_between_any_two_effects_changes_nothing(rounds: list[list[list[Version]]], deaths: list[int]) -> None:
    archive, index, sent = MemoryArchive(), RecordingIndex(), []
    for batches in rounds:
        for batch in batches:
            receive(archive, index, batch)
            sent += batch
        for effects in deaths:
            death = dying_after(effects)
            mortal_archive = Mortal(archive, ["put", "delete"], death)
            mortal_index = Mortal(index, ["bulk", "delete"], death)
            try:
                compact(mortal_archive, mortal_index)
            except KilledError:
                continue
    compact(archive, index)
    assert_one_event_for_each_id(archive, index, sent)
    assert_nothing_left_over(archive)


@SLOW
@given(st.lists(versions, min_size=1, max_size=6), st.randoms(use_true_random=False), st.integers(1, 4))
def test_order_and_grouping_do_not_matter(sent: list[Version], random: Any, size: int) -> None:
    def archive_of(order: list[Version], size: int) -> dict[str, bytes]:
        archive, index = MemoryArchive(), RecordingIndex()
        for start in range(0, len(order), size):
            receive(archive, index, order[start : start + size])
            compact(archive, index)
        rows = {partition: documents for partition, documents in archived_versions(archive).items() if documents}
        return {str(partition): documents for partition, documents in rows.items()}

    shuffled = random.sample(sent, len(sent))
    assert archive_of(sent, size) == archive_of(shuffled, 1)


def test_a_second_run_changes_nothing() -> None:
    archive, index = MemoryArchive(), RecordingIndex()
    receive(archive, index, [Version("e1", "2026-11-21", 1), Version("e2", "2026-11-21", 2)])
    compact(archive, index)
    before = dict(archive.objects)
    compact(archive, index)
    assert archive.objects == before


def test_an_earlier_one_that_arrives_later_takes_the_place() -> None:
    archive, index = MemoryArchive(), RecordingIndex()
    late, early = Version("e1", "2026-11-21", 9), Version("e1", "2026-11-20", 1)
    receive(archive, index, [late])
    compact(archive, index)
    receive(archive, index, [early])
    compact(archive, index)
    assert_one_event_for_each_id(archive, index, [late, early])
    assert archived_versions(archive)["acme", "2026-11-21"] == []


def test_an_unreadable_new_file_deletes_nothing() -> None:
    class Forgetful(MemoryArchive):
        def put(self, key: str, body: bytes) -> None:
            super().put(key, body[:-1] if key.endswith(".parquet") else body)

    archive, index = Forgetful(), RecordingIndex()
    key = receive(archive, index, [Version("e1", "2026-11-21", 1)])
    with pytest.raises(Exception, match="does not read as it was written"):
        compact(archive, index)
    assert key in archive.objects


def test_a_version_that_the_index_refuses_deletes_none_that_it_has() -> None:
    archive, index = MemoryArchive(), RecordingIndex()
    index.refused_action = "odd"
    receive(archive, index, [Version("e1", DAY, 1, action="odd")])
    compact(archive, index)
    receive(archive, index, [Version("e1", DAY, 2, action="open")])
    compact(archive, index)
    assert indexed_events(index)[DAY, "acme.e1"]["action"] == "open"


@pytest.mark.parametrize("day", ["2026-11-20", DAY, "2026-11-22"])
@pytest.mark.parametrize("compacted_between", [True, False])
def test_a_corrected_event_takes_the_place_of_the_refused_one(day: str, *, compacted_between: bool) -> None:
    archive, index = MemoryArchive(), RecordingIndex()
    index.refused_action = "odd"
    refused, mended = Version("e1", DAY, 9, action="odd"), Version("e1", day, 8)  # as replay_rejected numbers it
    receive(archive, index, [refused])
    if compacted_between:
        compact(archive, index)
    receive(archive, index, [mended])
    compact(archive, index)
    assert_one_event_for_each_id(archive, index, [mended])


def test_whose_events_were_corrected_is_attributed_anew() -> None:
    archive, index, queue = MemoryArchive(), RecordingIndex(), MemoryAttributionQueue()
    other_day = "2026-11-20"
    receive(archive, index, [Version("kept", DAY, 1, actor="kim"), Version("first", other_day, 2, actor="ann")])
    compact(archive, index, queue=queue)
    assert queue.sent == []
    late = [
        Version("first", DAY, 3, actor="bob"),  # loses to the archive's
        Version("same", DAY, 9, "open", actor="cy"),
        Version("new", DAY, 5, actor="di"),
        Version("kept", DAY, 7, actor="kim"),  # the same again
    ]
    receive(archive, index, [*late, Version("same", DAY, 4, "click", actor="eve")], "2026-11-22/11")
    compact(archive, index, queue=queue)
    told = {(changed.tenant, actor, changed.since) for changed, _ in queue.sent for actor in changed.actors}
    assert told == {("acme", actor, 0) for actor in ("bob", "cy", "eve")}
