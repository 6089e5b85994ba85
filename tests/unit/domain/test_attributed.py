"""Models as sums: what they share out is always the whole, whatever the sums are made of."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from touchline.domain.attributed import (
    COLUMNS,
    MODELS,
    Attributed,
    Credited,
    Exact,
    Model,
    Touched,
    Value,
    Whole,
    adds_up,
    attributed_whole,
    check_model,
    custom_weights,
    entire,
    together,
    unattributed_whole,
    value_key,
    whole_parts,
)
from touchline.domain.attribution import MICRO, CreditRules
from touchline.domain.attribution_rows import Shares, attribution_rows, linear_shares, rank, spread_shares
from touchline.domain.credit_facts import credited_facts
from touchline.domain.queries.fields import groupable
from touchline.domain.recredited import Recredited, Recrediting
from touchline.errors import UnknownModel

VALUES: list[Value] = [None, "a", "b", True, 1, 1.5, "1"]
TOUCHES = st.lists(
    st.tuples(st.integers(0, 10**9), st.lists(st.sampled_from(["tag=a", "tag=b", "tag:=1", "tag:=true"]), unique=True)),
    max_size=6,
)
CONVERSIONS = st.lists(
    st.tuples(TOUCHES, st.none() | st.tuples(st.integers(-(10**9), 10**12), st.sampled_from(["EUR", "JPY"]))),
    max_size=8,
)
RULES = CreditRules(86_400_000, ())
FIELD = groupable("properties.tag", "d")
WEIGHTS = st.tuples(*(st.fractions(0, 9, max_denominator=50) for _ in range(3))).filter(any)


def found_of(conversions: list[object]) -> Attributed:
    sums = Recredited(Recrediting(FIELD, RULES, 10**12))
    for number, (touches, value) in enumerate(conversions):  # type: ignore[misc]
        at = 2 * 10**9
        document = {
            "@timestamp": at,
            "touches": [
                {"event": f"{number}.{n}", "@timestamp": at - age, "sequence": n, "properties": tags}
                for n, (age, tags) in enumerate(sorted(touches, key=lambda one: -one[0]))
            ],
            **({} if value is None else {"value": {"amount_e4": value[0], "currency": value[1]}}),
        }
        sums.add(number % 2, document)
    return sums.found()


@given(CONVERSIONS, WEIGHTS, st.integers(0, 4))
def test_rows_and_the_unattributed_are_everything(
    conversions: list[object], weights: tuple[Fraction, ...], top: int
) -> None:
    found = found_of(conversions)
    models = [*MODELS.values(), Model("custom", "", custom_weights(*weights))]
    rows = attribution_rows(found, rank(found, top), models, {"data_driven": linear_shares(found)})
    assert adds_up(found)
    for name in (*(model.name for model in models), "data_driven"):
        if name == "data_driven" and not attributed_whole(found.wholes).conversions:
            continue
        credited = together([*(row.credit[name] for row in rows), unattributed_whole(found.wholes)])
        assert nothing_of_zeros(credited) == nothing_of_zeros(entire(found.wholes))
        assert all(isinstance(row.credit[name].conversions, int) for row in rows)


def nothing_of_zeros(credited: Credited) -> tuple[Exact, dict[str, Exact]]:
    return credited.conversions, {name: amount for name, amount in credited.values.items() if amount}


@given(CONVERSIONS)
def test_what_is_not_told_is_what_is_left(conversions: list[object]) -> None:
    found = found_of(conversions)
    ranked = rank(found, 1)
    keys = {value_key(one) for one in (*ranked.listed, None)}
    told = Attributed([one for one in found.touched if value_key(one.value) in keys], found.wholes)
    models = list(MODELS.values())
    whole = attribution_rows(found, ranked, models, {})
    left = attribution_rows(told, ranked, models, {}, others_told=False)
    assert [row.credit for row in left] == [row.credit for row in whole]


@given(st.lists(st.fractions(-100, 100), max_size=12), st.integers(-1000, 1000))
def test_parts_become_whole_and_still_add_up(parts: list[Fraction], whole: int) -> None:
    parts = [*parts, whole - sum(parts, Fraction(0))]
    rounded = whole_parts(parts)
    assert sum(rounded) == whole
    assert all(abs(one - part) < 1 for one, part in zip(rounded, parts, strict=True))


@given(st.lists(st.sampled_from(VALUES), min_size=1), st.lists(st.sampled_from(VALUES), min_size=1))
def test_true_is_not_one_and_text_is_no_number(some: list[Value], others: list[Value]) -> None:
    for one, other in zip(some, others, strict=False):
        assert (value_key(one) == value_key(other)) == (one is other or (type(one), one) == (type(other), other))


def test_shares_of_a_state_of_many_values_are_spread_as_linear_does() -> None:
    def touched(value: Value, linear: int) -> Touched:
        counts = tuple(linear if name == "linear" else 0 for name in COLUMNS)
        return Touched(0, None, value, 1, counts, (0,) * len(COLUMNS))

    found = Attributed([touched("a", MICRO), touched("b", 3 * MICRO), touched("c", 0)], [])
    groups: list[list[tuple[Value, ...]]] = [[("c",)], [("a",), ("b",)], [()]]
    spread = spread_shares(groups, [Fraction(1, 2), Fraction(1, 4), Fraction(1, 4)], found)
    assert {spread.values[key]: share for key, share in spread.by_value.items()} == {
        "c": Fraction(1, 2),
        "a": Fraction(1, 16),
        "b": Fraction(3, 16),
        None: Fraction(1, 4),
    }


def test_a_value_that_only_the_paths_know_is_among_the_others() -> None:
    found = Attributed([], [Whole(0, None, 2, 0, 0, 0)])
    shares = Shares({value_key("late"): Fraction(1)}, {value_key("late"): "late"})
    rows = attribution_rows(found, rank(found, 3), [], {"data_driven": shares})
    assert [(row.kind, row.credit["data_driven"].conversions) for row in rows] == [("other", 2 * MICRO), ("absent", 0)]


def test_credit_is_shown_without_zeros_at_its_end() -> None:
    assert credited_facts(Credited(1_500_000, {"EUR": -12_300, "AUD": 0})) == {
        "conversions": "1.5",
        "value": {"AUD": "0", "EUR": "-1.23"},
    }
    assert credited_facts(Credited(100 * MICRO, {}))["conversions"] == "100"
    assert Decimal(credited_facts(Credited(1, {}))["conversions"]) == Decimal("0.000001")


def test_an_unknown_model_is_told_what_it_may_have_meant() -> None:
    assert check_model("j", "models.0") == "j"
    with pytest.raises(UnknownModel, match="Did you mean time_decay"):
        check_model("timedecay", "models.0")
