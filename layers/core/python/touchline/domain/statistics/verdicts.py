"""Whether an arm did better than the baseline, in words, with the reason. The absolute difference decides."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from touchline.domain.statistics.proportions import Interval, Lift, Share, lift, newcombe, pooled_p
from touchline.domain.statistics.sequential import sequential_interval, sequential_p
from touchline.domain.statistics.several import holm

Outcome = Literal["better", "worse", "no_difference_shown", "too_few"]

# Below, the normal approximation of the test is off, and a handful of people would name the winner.
LEAST_CONTACTS: Final = 50
LEAST_CONVERTED: Final = 5


@dataclass(frozen=True, slots=True)
class Rules:
    confidence: float = 0.95
    peek_safe: bool = False

    @property
    def level(self) -> float:
        return round(1 - self.confidence, 12)

    def describe(self) -> str:
        test = "an asymptotic confidence sequence" if self.peek_safe else "the two-proportion z-test, pooled"
        return (
            f"The absolute difference decides: {test}, two-sided, at {self.confidence:.6g}; Holm's correction where "
            f"several arms are compared with the baseline; no verdict below {LEAST_CONTACTS} contacts or "
            f"{LEAST_CONVERTED} converted in an arm."
        )


@dataclass(frozen=True, slots=True)
class Arm:
    name: str
    share: Share


@dataclass(frozen=True, slots=True)
class Compared:
    """An arm against the baseline. None where it cannot be known."""

    difference: float | None
    interval: Interval | None
    lift: Lift | None
    p_value: float | None
    adjusted_p: float | None  # for the number of arms that are compared
    verdict: Outcome
    reason: str


def compare(arms: Sequence[Arm], baseline: int, rules: Rules) -> list[Compared | None]:
    """One for each arm, in order; None for the baseline itself."""
    base = arms[baseline]
    others = [number for number in range(len(arms)) if number != baseline]
    p_values = {number: _p_value(arms[number].share, base.share, rules) for number in others}
    known = {number: p for number, p in p_values.items() if p is not None}
    adjusted = dict(zip(known, holm(list(known.values())), strict=True))
    return [
        None if number == baseline else _compared(arm, base, p_values[number], adjusted.get(number), rules)
        for number, arm in enumerate(arms)
    ]


def conclude(arms: Sequence[Arm], baseline: int, compared: Sequence[Compared | None]) -> str:
    """One sentence over all arms."""
    base = arms[baseline].name
    verdicts = [one.verdict for one in compared if one is not None]
    better = [arm for arm, one in zip(arms, compared, strict=True) if one is not None and one.verdict == "better"]
    if better:
        best = max(better, key=lambda arm: arm.share.rate or 0)
        others = f"; so did {', '.join(arm.name for arm in better if arm is not best)}" if len(better) > 1 else ""
        return f"{best.name} did better than {base}{others}."
    if not verdicts:
        return "There is one arm only: nothing to compare."
    if all(one == "too_few" for one in verdicts):
        return "No verdict: too few contacts or conversions."
    if all(one == "worse" for one in verdicts):
        return f"{base} did better than {'the other arm' if len(verdicts) == 1 else 'each other arm'}."
    return f"No arm is shown to do better than {base}."


def _p_value(one: Share, base: Share, rules: Rules) -> float | None:
    return sequential_p(one, base, rules.confidence) if rules.peek_safe else pooled_p(one, base)


def _compared(arm: Arm, base: Arm, p_value: float | None, adjusted: float | None, rules: Rules) -> Compared:
    one, other = arm.share, base.share
    between = sequential_interval if rules.peek_safe else newcombe
    interval = between(one, other, rules.confidence)
    difference = None if one.rate is None or other.rate is None else one.rate - other.rate
    verdict, reason = _judge(arm, base, difference, interval, adjusted, rules)
    return Compared(difference, interval, lift(one, other, rules.confidence), p_value, adjusted, verdict, reason)


def _judge(
    arm: Arm,
    base: Arm,
    difference: float | None,
    interval: Interval | None,
    p_value: float | None,
    rules: Rules,
) -> tuple[Outcome, str]:
    few = [_too_few(one) for one in (arm, base)]
    if any(few):
        return "too_few", f"No verdict: {'; '.join(one for one in few if one)}."
    if difference is None or p_value is None:
        return "no_difference_shown", f"{arm.name} and {base.name} cannot be told apart: all contacts did the same."
    shown = f"{_points(difference)} of 100 contacts" + (
        f" ({_points(interval.low)} to {_points(interval.high)} at {rules.confidence:.6g})" if interval else ""
    )
    evidence = f"p = {p_value:.2g}" + (", " if p_value < rules.level else ", not ") + f"below {rules.level:g}"
    if p_value >= rules.level:
        return "no_difference_shown", f"No difference from {base.name} is shown: {shown}; {evidence}."
    verdict: Outcome = "better" if difference > 0 else "worse"
    return verdict, f"{arm.name} did {verdict} than {base.name} by {shown}; {evidence}."


def _too_few(arm: Arm) -> str:
    if arm.share.of < LEAST_CONTACTS:
        return f"{arm.name} has {arm.share.of:,} contacts, at least {LEAST_CONTACTS} are needed"
    if arm.share.hits < LEAST_CONVERTED:
        return f"{arm.name} has {arm.share.hits:,} converted, at least {LEAST_CONVERTED} are needed"
    return ""


def _points(share: float) -> str:
    return f"{100 * share:+.2f}"
