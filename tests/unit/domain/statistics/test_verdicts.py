import pytest
from hypothesis import given
from hypothesis import strategies as st
from touchline.domain.statistics.proportions import Share
from touchline.domain.statistics.verdicts import Arm, Rules, compare, conclude

A = Arm("A", Share(100, 1_000))
RULES = Rules()


def verdicts(*arms: Arm, baseline: int = 0, rules: Rules = RULES) -> list[str | None]:
    return [one.verdict if one else None for one in compare(arms, baseline, rules)]


@pytest.mark.parametrize(
    ("hits", "of", "verdict"),
    [
        (160, 1_000, "better"),
        (50, 1_000, "worse"),
        (110, 1_000, "no_difference_shown"),
        (49, 49, "too_few"),
        (50, 50, "better"),
        (4, 1_000, "too_few"),
        (5, 1_000, "worse"),
    ],
)
def test_the_absolute_difference_decides_unless_there_are_too_few(hits: int, of: int, verdict: str) -> None:
    assert verdicts(A, Arm("B", Share(hits, of))) == [None, verdict]


def test_too_few_in_the_baseline_is_no_verdict_either() -> None:
    found = compare([Arm("A", Share(2, 1_000)), Arm("B", Share(300, 1_000))], 0, Rules())[1]
    assert found is not None
    assert found.verdict == "too_few"
    assert "A has 2 converted, at least 5" in found.reason


def test_everybody_alike_cannot_be_told_apart() -> None:
    everybody = [Arm(name, Share(80, 80)) for name in "AB"]
    assert verdicts(*everybody) == [None, "no_difference_shown"]


def test_several_arms_need_a_stronger_difference() -> None:
    better = Arm("B", Share(129, 1_000))  # p = 0.042 alone
    assert verdicts(A, better) == [None, "better"]
    same = [Arm(name, Share(100, 1_000)) for name in "CD"]
    assert verdicts(A, better, *same) == [None, *["no_difference_shown"] * 3]


def test_who_may_peek_pays_with_a_wider_interval() -> None:
    better = Arm("B", Share(129, 1_000))
    fixed, safe = (compare([A, better], 0, Rules(peek_safe=peek))[1] for peek in (False, True))
    assert fixed is not None
    assert safe is not None
    assert fixed.interval is not None
    assert safe.interval is not None
    assert safe.interval.low < fixed.interval.low < fixed.interval.high < safe.interval.high
    assert safe.verdict == "no_difference_shown"


def test_the_reason_says_the_numbers() -> None:
    found = compare([A, Arm("B", Share(160, 1_000))], 0, Rules())[1]
    assert found is not None
    assert found.reason == (
        "B did better than A by +6.00 of 100 contacts (+3.06 to +8.95 at 0.95); p = 6.6e-05, below 0.05."
    )


@pytest.mark.parametrize(
    ("others", "sentence"),
    [
        ([(160, 1_000), (200, 1_000)], "C did better than A; so did B."),
        ([(50, 1_000)], "A did better than the other arm."),
        ([(110, 1_000), (50, 1_000)], "No arm is shown to do better than A."),
        ([(1, 10)], "No verdict: too few contacts or conversions."),
        ([], "There is one arm only: nothing to compare."),
    ],
)
def test_one_sentence_concludes(others: list[tuple[int, int]], sentence: str) -> None:
    arms = [A, *(Arm(name, Share(*numbers)) for name, numbers in zip("BCD", others, strict=False))]
    assert conclude(arms, 0, compare(arms, 0, Rules())) == sentence


@given(
    numbers=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 2_000)), min_size=2, max_size=2), peek=st.booleans()
)
def test_changing_sides_changes_the_verdict_s_direction_alone(*, numbers: list[tuple[int, int]], peek: bool) -> None:
    one, other = (Arm(name, Share(min(hits, of), of)) for name, (hits, of) in zip("AB", numbers, strict=False))
    (there,) = [v for v in verdicts(one, other, rules=Rules(peek_safe=peek)) if v]
    (back,) = [v for v in verdicts(one, other, baseline=1, rules=Rules(peek_safe=peek)) if v]
    assert {"better": "worse", "worse": "better"}.get(there, there) == back
