"""What an execution wrote is taken back where it still stands, and nothing else is touched."""

import random

import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from touchline.domain.leads.changes import CHANGES
from touchline.domain.leads.undoing import WRITTEN, PutBack, gone, put_back

TYPES = {"mark": "string", "score": "integer", "flag": "boolean", "seen": "datetime"}
# Of each type values that differ in Marketo, each in the forms in which it may be written.
FORMS: dict[str, list[list[str | None]]] = {
    "mark": [[None], ["a"], ["A"], ["a "], ["null"]],
    "score": [[None], ["5", "5.0", " 5"], ["-1"], ["10"]],
    "flag": [[None, "false", "0"], ["true", "1"]],
    "seen": [[None], ["2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00"], ["2026-01-02T00:00:00Z"]],
}

type State = dict[tuple[int, str], str | None]


@st.composite
def histories(draw: st.DrawFn) -> tuple[State, State, State]:
    """What leads had before, what was written in some of their fields, and what they have now."""
    before: State = {}
    written: State = {}
    now: State = {}
    for lead in range(1, draw(st.integers(0, 6)) + 1):
        for field, forms in FORMS.items():
            was, is_written = draw(st.sampled_from(forms)), draw(st.booleans())
            place = lead, field
            before[place] = now[place] = draw(st.sampled_from(was))
            if is_written:
                value = draw(st.sampled_from([one for one in forms if one is not was]))
                written[place] = draw(st.sampled_from(value))
                now[place] = draw(st.sampled_from(draw(st.sampled_from([value, value, was, *forms]))))
    return before, written, now


def leads(state: State, ids: list[int] | None = None) -> pl.DataFrame:
    wanted = sorted({lead for lead, _ in state}) if ids is None else ids
    rows = [{"id": lead, **{field: state[lead, field] for field in TYPES}} for lead in wanted]
    return pl.DataFrame(rows, {"id": pl.Int64} | dict.fromkeys(TYPES, pl.String))


def table(before: State, written: State) -> pl.DataFrame:
    rows = [(lead, field, before[lead, field], after) for (lead, field), after in written.items()]
    return pl.DataFrame(rows, WRITTEN, orient="row")


def undone(before: State, written: State, now: State) -> PutBack:
    return put_back([table(before, written)], leads(now), TYPES, undone="e1")


def applied(now: State, changes: pl.DataFrame) -> State:
    for lead, field, is_now in changes.select("id", "field", "before").iter_rows():
        assert now[lead, field] == is_now
    return now | {(lead, field): after for lead, field, after in changes.select("id", "field", "after").iter_rows()}


def same(one: str | None, other: str | None, field: str) -> bool:
    return any(one in forms and other in forms for forms in FORMS[field])


@given(histories())
def test_what_stands_is_as_before_and_all_else_is_as_it_is(history: tuple[State, State, State]) -> None:
    before, written, now = history
    found = undone(before, written, now)
    after = applied(now, found.changes)
    left = set()
    for place, value in now.items():
        field = place[1]
        if place in written and same(value, written[place], field):
            assert same(after[place], before[place], field)
        else:
            assert after[place] == value
            if place in written and not same(value, before[place], field):
                left.add(place)
    assert sorted(found.left["id"]) == sorted(lead for lead, _ in left)
    assert set(found.left["guard"]) <= {"changed_since"}
    assert found.found["id"].to_list() == sorted({lead for lead, _ in written})


@given(histories())
def test_a_second_time_it_changes_nothing_and_leaves_the_same_alone(history: tuple[State, State, State]) -> None:
    before, written, now = history
    first = undone(before, written, now)
    second = undone(before, written, applied(now, first.changes))
    assert second.changes.is_empty()
    assert second.left.equals(first.left)


@given(histories())
def test_where_nobody_changed_anything_all_is_as_it_was(history: tuple[State, State, State]) -> None:
    before, written, _ = history
    found = undone(before, written, before | written)
    after = applied(before | written, found.changes)
    assert all(same(after[place], before[place], place[1]) for place in before)
    assert found.left.is_empty()


@given(histories(), st.randoms(use_true_random=False), st.integers(1, 4), st.integers(1, 4))
def test_order_parts_and_slices_make_no_difference(
    history: tuple[State, State, State], chance: random.Random, parts: int, slices: int
) -> None:
    before, written, now = history
    whole = undone(before, written, now)
    rows = table(before, written).rows()
    chance.shuffle(rows)
    some = [pl.DataFrame(rows[n::slices], WRITTEN, orient="row") for n in range(slices)]
    ids = sorted({lead for lead, _ in now})
    chance.shuffle(ids)
    found = [put_back(some, leads(now, ids[n::parts]), TYPES, undone="e1") for n in range(parts)]
    assert pl.concat([one.changes for one in found]).sort("id", "field").equals(whole.changes)
    assert pl.concat([one.left for one in found]).sort("id", "reason").equals(whole.left.sort("id", "reason"))
    assert pl.concat([one.found for one in found]).sort("id").equals(whole.found)


@given(histories(), st.data())
def test_of_two_executions_each_takes_back_its_own_and_the_later_first_takes_back_all(
    history: tuple[State, State, State], data: st.DataObject
) -> None:
    before, first, _ = history
    between = before | first
    second = {
        place: data.draw(st.sampled_from([one for forms in FORMS[place[1]] for one in forms]))
        for place in before
        if data.draw(st.booleans())
    }
    second = {place: after for place, after in second.items() if not same(after, between[place], place[1])}
    now = between | second
    earlier_alone = applied(now, undone(before, first, now).changes)
    assert all(earlier_alone[place] == now[place] for place in second)
    back = applied(now, undone(between, second, now).changes)
    back = applied(back, undone(before, first, back).changes)
    assert all(same(back[place], before[place], place[1]) for place in before)


def test_changes_say_which_execution_they_take_back_and_no_value_is_in_a_reason() -> None:
    before: State = dict.fromkeys(((lead, field) for lead in (1, 2) for field in TYPES), None)
    written: State = {(1, "mark"): "a", (2, "mark"): "b"}
    found = undone(before, written, before | written | {(2, "mark"): "secret"})
    assert dict(found.changes.schema) == dict(CHANGES)
    assert found.changes.rows() == [(1, "mark", "a", None, "undo", "e1", "as it was before execution e1")]
    assert found.left.rows() == [(2, None, "changed_since", "mark no longer has what execution e1 wrote")]
    nowhere = gone(pl.DataFrame({"id": [9]}))
    assert nowhere.rows() == [(9, None, "gone", "Marketo has no such lead any more")]
    assert nowhere.schema == found.left.schema


def test_a_lead_that_is_twice_in_the_extract_or_the_tables_is_put_back_once_as_it_was_last() -> None:
    place = (1, "mark")
    now: State = dict.fromkeys(((1, field) for field in TYPES), None)
    part = pl.concat([leads(now | {place: "changed"}), leads(now | {place: "a"})])
    written = table(now, {place: "a"})
    found = put_back([written, written], part, TYPES, undone="e1")
    assert found.changes.select("id", "before", "after").rows() == [(1, "a", None)]
    assert found.left.is_empty()
