"""Funnels, retention and paths of an archive: sent twice, late, in any batch, they are those of the events."""

from dataclasses import replace
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from touchline.adapters.columns.event_columns import REMEMBERED_MS
from touchline.adapters.columns.opening import open_event_columns

from tests.contract.test_event_columns import Archived, first_accepted, merges
from tests.unit.services.sequences.asking import NOW, ask, documents, listed, sources_of
from tests.unit.services.sequences.test_laws import QUESTIONS


@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
@given(made=documents(), people=merges, batches=st.lists(st.integers(0, 2), min_size=14, max_size=14))
def test_batches_duplicates_and_merges_change_nothing(
    made: list[dict[str, Any]], people: dict[str, str], batches: list[int]
) -> None:
    twin = sources_of(first_accepted(made), people)
    with TemporaryDirectory() as folder:
        archived = Archived(Path(folder), people)
        for number in range(3):
            archived.receive([d for d, batch in zip(made, batches, strict=False) if batch == number])
            if number < 1:
                archived.compact()
        archived.receive(made)  # all of it once more
        clock = count(NOW, REMEMBERED_MS)
        columns = open_event_columns(archived.archive, lambda _: people, clock.__next__, folder=Path(folder))
        ours = replace(twin, columns=columns)
        for kind, body in QUESTIONS:
            assert ask(ours, kind, **body) == ask(twin, kind, **body)
        assert sorted(listed(ours, "funnel", {}, **QUESTIONS[0][1])) == sorted(
            listed(twin, "funnel", {}, **QUESTIONS[0][1])
        )
