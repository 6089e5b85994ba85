"""What questions of all kinds have in common: resolved for the tenant, or refused with what would work."""

from typing import Any

import pytest
from query_api.questions import QuestionBody, scope_of
from touchline.domain.queries.clock import DAY
from touchline.domain.tenancy import Tenant
from touchline.errors import InvalidRequest

from tests.unit.functions.query_api.conftest import NOW, Api

TENANT = Tenant("acme", "Acme", "hash", b"k" * 32, 100, "Europe/Berlin", "monday", 0)
RANGE = {"from": "2026-10-24", "to": "2026-10-28"}


def scope(**body: Any) -> Any:
    return scope_of(QuestionBody.model_validate(body), TENANT, NOW)


def test_values_are_as_stored_and_said_as_they_were_said() -> None:
    found = scope(**RANGE, filters=[{"field": "actor.id", "value": "Jo@Example.com"}])
    assert "example" not in str(found.filters[0].values).lower()
    assert found.facts()["filters"] == ["actor.id is 'Jo@Example.com'"]


def test_a_condition_of_a_segment_has_the_questions_range_unless_it_has_its_own() -> None:
    opened = {"filters": [{"field": "action", "value": "Email Opened"}]}
    found = scope(**RANGE, segment={"conditions": [opened, opened | {"range": "last_7_days", "at_least": 3}]})
    first, second = found.segment.conditions
    assert first.span == found.span
    assert second.span.end - second.span.start in {7 * DAY, 7 * DAY + DAY // 24}
    assert first.filters[0].values == ("email_opened",)
    assert found.facts()["segment"] == [
        "at least 1 times: action is 'Email Opened'",
        "at least 3 times: action is 'Email Opened'",
    ]


def test_the_range_in_words_is_in_the_questions_zone() -> None:
    facts = scope(range="yesterday", time_zone="America/New_York").facts()
    assert facts["range"] == {"from": "2026-10-25T00:00:00-04:00", "to": "2026-10-26T00:00:00-04:00"}
    assert facts["segment"] is None


@pytest.mark.parametrize(
    ("body", "code", "field", "hint"),
    [
        ({}, "invalid_range", "from", "last_30_days"),
        ({"from": "2026-10-24"}, "invalid_range", "to", "last_30_days"),
        (RANGE | {"range": "today"}, "invalid_range", "range", "in place|takes the place"),
        ({"range": "last_900_days"}, "range_too_wide", "range", "at most 400"),
        ({"from": "2020-01-01", "to": "2026-01-01"}, "range_too_wide", "to", "2,192 days.*at most 400"),
        (
            RANGE | {"segment": {"conditions": [{"from": "2026-10-28", "to": "2026-10-24"}]}},
            "invalid_range",
            "segment.conditions.0.to",
            "before",
        ),
        (
            RANGE | {"segment": {"conditions": [{"range": "last_500_days"}]}},
            "range_too_wide",
            "segment.conditions.0",
            "400",
        ),
        (
            RANGE | {"segment": {"conditions": [{"filters": [{"field": "campaign", "value": "x"}]}]}},
            "unknown_field",
            "segment.conditions.0.filters.0.field",
            "context.campaign",
        ),
        (
            RANGE | {"segment": {"conditions": [{"at_least": 2, "at_most": 1}]}},
            "invalid_request",
            "segment.conditions.0.at_most",
            "below",
        ),
    ],
    ids=str,
)
def test_what_cannot_be_answered_says_what_could(body: dict[str, Any], code: str, field: str, hint: str) -> None:
    with pytest.raises(InvalidRequest, match=hint) as told:
        scope(**body)
    assert (told.value.code, told.value.field, told.value.status) == (code, field, 422)


def test_over_http_a_range_in_words_is_the_range_it_means(api: Api) -> None:
    _, words = api.ask("POST", "/v1/queries/timeseries", {"range": "last_2_days"})
    _, dates = api.ask("POST", "/v1/queries/timeseries", {"from": "2026-10-24", "to": "2026-10-26"})
    assert words["series"] == dates["series"]
    assert words["range"] == dates["range"]
