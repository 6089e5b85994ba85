"""Arms against an oracle that walks each person's events one by one, and the laws of counting them."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from touchline.adapters.memory.event_columns import MemoryEventColumns
from touchline.domain.properties import Scalar
from touchline.domain.queries.fields import Field
from touchline.domain.queries.filters import Filter
from touchline.domain.queries.ranges import TimeRange
from touchline.domain.sequences.arms import SEVERAL, amounts_by_arm, assign, done_after
from touchline.domain.sequences.rows import RowsQuestion

VARIANT = Field("context.variant", "text")
ACTION = Field("action", "text")
UNTIL, END = 40, 60


@dataclass
class Counted:
    contacts: dict[Scalar, int] = field(default_factory=dict)
    converted: dict[Scalar, int] = field(default_factory=dict)
    amounts: dict[tuple[str, Scalar], int] = field(default_factory=dict)
    left_out: int = 0
    without_arm: int = 0


@st.composite
def events(draw: st.DrawFn) -> list[dict[str, Any]]:
    made = []
    for number in range(draw(st.integers(0, 40))):
        one: dict[str, Any] = {
            "@timestamp": draw(st.integers(0, END - 1)),
            "sequence": number,
            "id": f"e{number}",
            "tenant": "acme",
            "action": draw(st.sampled_from(["email_sent", "purchase", "page_viewed"])),
            "actor": {"id": draw(st.sampled_from("abcdef"))},
        }
        if variant := draw(st.sampled_from(["A", "A", "B", "B", "C", None])):
            one["context"] = {"variant": variant}
        if draw(st.booleans()):
            one["value"] = {
                "amount_e4": draw(st.integers(-5, 2**55)),
                "currency": draw(st.sampled_from(["EUR", "USD"])),
            }
        made.append(one)
    return made


def order(event: dict[str, Any]) -> tuple[Any, ...]:
    return event["@timestamp"], event["sequence"], event["id"]


def by_hand(made: list[dict[str, Any]], window: int | None, *, of_the_arm: bool, arms: list[str] | None) -> Counted:
    named = arms or sorted({variant(e) for e in made if is_shown(e)} - {None})
    found = Counted(dict.fromkeys(named, 0), dict.fromkeys(named, 0))
    for person in {e["actor"]["id"] for e in made}:
        own = sorted((e for e in made if e["actor"]["id"] == person), key=order)
        exposures = [e for e in own if is_shown(e) and variant(e) in named]
        found.without_arm += sum(map(is_shown, own)) - len(exposures)
        seen = {variant(e) for e in exposures}
        found.left_out += len(seen) > 1
        if len(seen) == 1:
            after = [e for e in own if counts(e, exposures[0], window, of_the_arm=of_the_arm)]
            add(found, variant(exposures[0]), after)
    return found


def variant(event: dict[str, Any]) -> Any:
    return event.get("context", {}).get("variant")


def is_shown(event: dict[str, Any]) -> bool:
    return bool(event["action"] == "email_sent" and event["@timestamp"] < UNTIL)


def counts(event: dict[str, Any], exposure: dict[str, Any], window: int | None, *, of_the_arm: bool) -> bool:
    if event["action"] != "purchase" or order(event) <= order(exposure):
        return False
    late = window is not None and event["@timestamp"] - exposure["@timestamp"] > window
    return not late and (not of_the_arm or variant(event) == variant(exposure))


def add(found: Counted, arm: Any, after: list[dict[str, Any]]) -> None:
    found.contacts[arm] += 1
    found.converted[arm] += bool(after)
    for value in (one["value"] for one in after if "value" in one):
        key = value["currency"], arm
        found.amounts[key] = found.amounts.get(key, 0) + value["amount_e4"]


def vectorised(made: list[dict[str, Any]], window: int | None, *, of_the_arm: bool, arms: list[str] | None) -> Counted:
    criteria = tuple((Filter(ACTION, "eq", (action,)),) for action in ("email_sent", "purchase"))
    question = RowsQuestion(TimeRange(0, END), criteria=criteria, fields=(VARIANT,), amounts=True)
    rows = MemoryEventColumns(made).rows("acme", question)
    assigned = assign(rows, rows.marked(0), VARIANT.name, arms, UNTIL)
    done = done_after(assigned, rows.marked(1), window, of_the_arm=of_the_arm)
    converted = done.converted(len(assigned.arm))
    lists = [assigned.people[(assigned.arm == number) & converted] for number in range(len(assigned.arms))]
    assert all(len(one) == len(set(one.tolist())) for one in lists)
    return Counted(
        dict(zip(assigned.arms, assigned.contacts().tolist(), strict=True)),
        dict(zip(assigned.arms, map(len, lists), strict=True)),
        {
            (currency, arm): total
            for currency, sums in amounts_by_arm(assigned, done).items()
            for arm, total in zip(assigned.arms, sums, strict=True)
            if total
        },
        assigned.left_out,
        assigned.without_arm,
    )


@given(
    made=events(),
    window=st.none() | st.integers(0, 30),
    of_the_arm=st.booleans(),
    arms=st.sampled_from([None, ["B", "A"], ["A", "Z"]]),
)
def test_arms_are_those_of_the_oracle(
    *, made: list[dict[str, Any]], window: int | None, of_the_arm: bool, arms: list[str] | None
) -> None:
    expected = by_hand(made, window, of_the_arm=of_the_arm, arms=arms)
    expected.amounts = {key: total for key, total in expected.amounts.items() if total}
    assert vectorised(made, window, of_the_arm=of_the_arm, arms=arms) == expected


@given(events(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_nothing(made: list[dict[str, Any]], chance: Any) -> None:
    shuffled = made[:]
    chance.shuffle(shuffled)
    expected = vectorised(made, 20, of_the_arm=False, arms=None)
    assert vectorised(shuffled, 20, of_the_arm=False, arms=None) == expected


@given(events())
def test_naming_the_arms_in_another_order_changes_no_number(made: list[dict[str, Any]]) -> None:
    one, other = (vectorised(made, None, of_the_arm=False, arms=arms) for arms in (["A", "B", "C"], ["C", "A", "B"]))
    assert one == other


@given(events(), st.integers(0, 30))
def test_a_wider_window_never_loses_a_conversion(made: list[dict[str, Any]], window: int) -> None:
    narrow, wide = (vectorised(made, w, of_the_arm=False, arms=None).converted for w in (window, window + 5))
    assert all(narrow[arm] <= wide[arm] for arm in narrow)


def test_true_and_one_are_different_arms() -> None:
    made = [
        {
            "@timestamp": number,
            "sequence": number,
            "id": str(number),
            "tenant": "acme",
            "action": "email_sent",
            "actor": {"id": actor},
            "properties": [entry],
        }
        for number, (actor, entry) in enumerate([("a", "arm:=true"), ("b", "arm:=1"), ("c", "arm:=1")])
    ]
    field = Field("properties.arm", "property")
    rows = MemoryEventColumns(made).rows("acme", RowsQuestion(TimeRange(0, END), fields=(field,)))
    assigned = assign(rows, np.ones(len(rows), np.bool_), field.name, None, END)
    assert [(repr(arm), int(n)) for arm, n in zip(assigned.arms, assigned.contacts(), strict=True)] == [
        ("1", 2),
        ("True", 1),
    ]


def test_an_exposure_to_two_arms_at_once_is_left_out() -> None:
    made = [
        {
            "@timestamp": 1,
            "sequence": 1,
            "id": "1",
            "tenant": "acme",
            "action": "email_sent",
            "actor": {"id": "a"},
            "properties": ["arm=x", "arm=y"],
        }
    ]
    field = Field("properties.arm", "property")
    rows = MemoryEventColumns(made).rows("acme", RowsQuestion(TimeRange(0, END), fields=(field,)))
    assigned = assign(rows, np.ones(1, np.bool_), field.name, None, END)
    assert assigned.arm.tolist() == [SEVERAL]
    assert assigned.left_out == 1


@pytest.mark.parametrize("once", [False, True])
def test_of_a_goal_that_counts_once_only_the_first_is_worth_something(*, once: bool) -> None:
    made = [
        {
            "@timestamp": number,
            "sequence": number,
            "id": str(number),
            "tenant": "acme",
            "action": "purchase" if number else "email_sent",
            "actor": {"id": "a"},
            "context": {"variant": "A"},
            "value": {"amount_e4": number, "currency": "EUR"},
        }
        for number in range(4)
    ]
    criteria = tuple((Filter(ACTION, "eq", (action,)),) for action in ("email_sent", "purchase"))
    question = RowsQuestion(TimeRange(0, END), criteria=criteria, fields=(VARIANT,), amounts=True)
    rows = MemoryEventColumns(made).rows("acme", question)
    assigned = assign(rows, rows.marked(0), VARIANT.name, None, END)
    done = done_after(assigned, rows.marked(1), None)
    assert amounts_by_arm(assigned, done.first_only() if once else done) == {"EUR": [1 if once else 6]}
