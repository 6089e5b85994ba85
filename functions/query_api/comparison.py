"""Arms of an experiment compared: messages, variants, or any field's values."""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel
from touchline.domain.sequences.behind import PeopleBehind
from touchline.domain.tenancy import Tenant
from touchline.services.answer_comparison import answer_comparison, people_compared
from touchline.services.sources import Sources, Work

from query_api.answers import AnswerHead
from query_api.comparison_question import ComparedPeople, ComparisonBody, as_question
from query_api.kind import AnswerTable, Behind, Cell, Kind

type ArmName = str | int | float | bool

FACTS = (*("contacts", "converted", "rate", "difference", "p_value", "adjusted_p_value", "lift", "verdict", "reason"),)
INTERVALS = ("interval", "difference_interval", "lift_interval")


class Between(BaseModel):
    low: float
    high: float


class ArmSize(BaseModel):
    arm: ArmName
    contacts: int


class ArmAnswer(ArmSize):
    converted: int
    rate: float | None
    interval: Between | None
    value: dict[str, dict[str, str | None]]
    difference: float | None
    difference_interval: Between | None
    p_value: float | None
    adjusted_p_value: float | None
    lift: float | None
    lift_interval: Between | None
    verdict: str | None
    reason: str


class OutcomeAnswer(BaseModel):
    name: str
    definition: str
    goal: dict[str, str | int] | None
    of_the_arm: bool
    value: str
    conclusion: str
    arms: list[ArmAnswer]


class SampleRatioAnswer(BaseModel):
    expected: list[float]
    chi_square: float
    p_value: float
    mismatch: bool
    warning: str | None


class ExperimentAnswer(AnswerHead):
    unit: str
    field: str
    exposure: str
    window_ms: int | None
    decision_rule: str
    confidence: float
    peek_safe: bool
    baseline: ArmName | None
    arms: list[ArmSize]
    left_out: dict[str, int]
    window_open: list[int] | None
    sample_ratio: SampleRatioAnswer | None
    outcomes: list[OutcomeAnswer]


def _answer(body: ComparisonBody, tenant: Tenant, sources: Sources, now: int, work: Work) -> dict[str, Any]:
    return answer_comparison(as_question(body, tenant, sources.goals, now), tenant, sources, now, work)


def _people(
    body: ComparisonBody, cell: ComparedPeople, tenant: Tenant, sources: Sources, now: int, work: Work
) -> PeopleBehind:
    question = as_question(body, tenant, sources.goals, now)
    return people_compared(question, tenant, sources, now, work, group=cell.group, arm=cell.arm, outcome=cell.outcome)


def _tables(answer: dict[str, Any]) -> list[AnswerTable]:
    columns = ("outcome", "arm", *FACTS, *(f"{name}_{end}" for name in INTERVALS for end in ("low", "high")))
    return [
        AnswerTable("outcomes", columns, _outcome_rows(answer)),
        AnswerTable("values", ("outcome", "arm", "currency", "total", "per_contact"), _value_rows(answer)),
        AnswerTable("arms", ("arm", "contacts"), ((one["arm"], one["contacts"]) for one in answer["arms"])),
    ]


def _outcome_rows(answer: dict[str, Any]) -> Iterator[list[Cell]]:
    for outcome in answer["outcomes"]:
        for arm in outcome["arms"]:
            ends = [(arm[name] or {}).get(end) for name in INTERVALS for end in ("low", "high")]
            yield [outcome["name"], arm["arm"], *(arm[name] for name in FACTS), *ends]


def _value_rows(answer: dict[str, Any]) -> Iterator[list[Cell]]:
    for outcome in answer["outcomes"]:
        for arm in outcome["arms"]:
            for currency, value in arm["value"].items():
                yield [outcome["name"], arm["arm"], currency, value["total"], value["per_contact"]]


KIND = Kind(
    name="comparison",
    operation="askComparison",
    body=ComparisonBody,
    shape=ExperimentAnswer,
    answer=_answer,
    tables=_tables,
    summary="Messages or variants compared",
    description="Rates of arms with intervals, difference, lift, verdict in words, and a check of the split.",
    behind=Behind(ComparedPeople, _people),
    reads_events=True,
    check=lambda body, tenant, now: as_question(body, tenant, None, now),
)
