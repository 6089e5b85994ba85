"""What a page shows is taken by the code as it stands there, and answered as it says."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from manage_api.identity_models import Merge
from manage_api.models import Correction, NewKey, Rotation, Selection
from manage_marketo.connection_models import NewConnection
from manage_marketo.execution_models import StartBody
from manage_marketo.service_models import CloneBody, GroupBody, NewService, PlanBody
from manage_tenants.handler import OPERATIONS
from query_api.kind import Kind
from query_api.kinds import KINDS
from query_api.saved_reports import ReportBody
from touchline.adapters.goal_body import GoalBody, goal_of
from touchline.adapters.http_problem import problem_of
from touchline.adapters.memory.marketo import FIELDS
from touchline.domain.event_documents import sequence_of
from touchline.domain.events import Rules, validate_event
from touchline.domain.limits import MAX_AGE_DAYS
from touchline.domain.marketo.kinds import kind_named
from touchline.domain.marketo.schedules import check_schedule
from touchline.domain.marketo.services import Schedule
from touchline.domain.queries.fields import groupable
from touchline.domain.rejection import Rejection
from touchline.domain.segment.messages import as_event
from touchline.errors import UnknownField
from touchline.services.manage_goals import stored_goal

from tests.unit.docs.pages import PAGES, REFERENCE, ROOT, bodies, json_blocks, read
from tests.unit.services.accepting import ACME, Accepting

README = ROOT / "README.md"
NOW = 1_795_305_600_000  # 2026-11-22: soon after what the pages' events tell of
SENT = [(page, path, body) for page in PAGES for path, body in bodies(page)]


def accept_event(body: Any) -> None:
    rules = Rules(tenant=ACME, received_at=NOW, now=NOW, max_age_days=MAX_AGE_DAYS)
    judged = validate_event(body, rules, sequence_of(NOW, 0))
    assert not isinstance(judged, Rejection), judged


def accept_segment(body: Any) -> None:
    accept_event(as_event(body, "track", None, 0, lambda: "new"))


def replay_one(body: Any) -> None:
    accept_event(Correction.model_validate(body).event)


def ask(kind: Kind[Any]) -> Callable[[Any], object]:
    def check(body: Any) -> None:
        question = kind.body.model_validate(body)
        if kind.check is not None:
            kind.check(question, ACME, NOW)

    return check


def set_up(body: Any) -> None:
    service = NewService.model_validate(body)
    kind_named(service.kind).read(service.rules, FIELDS)
    if service.schedule is not None:
        check_schedule(Schedule(**service.schedule.model_dump()), NOW, least_minutes=15)


TAKEN_BY: dict[str, Callable[[Any], object]] = {
    "/v1/events": accept_event,
    **{f"/v1/queries/{kind.name}": ask(kind) for kind in KINDS.values()},
    "/v1/reports": ReportBody.model_validate,
    "/v1/segment/track": accept_segment,
    "/v1/identities": Merge.model_validate,
    "/v1/goals": lambda body: stored_goal(goal_of(GoalBody.model_validate(body)), ACME),
    "/v1/keys": NewKey.model_validate,
    "/v1/keys/*/rotate": Rotation.model_validate,
    "/v1/marketo/connections": NewConnection.model_validate,
    "/v1/marketo/groups": GroupBody.model_validate,
    "/v1/marketo/services": set_up,
    "/v1/marketo/services/*/clone": CloneBody.model_validate,
    "/v1/marketo/services/*/executions": StartBody.model_validate,
    "/v1/marketo/executions/*/undo": StartBody.model_validate,
    "/v1/marketo/services/*/plan": PlanBody.model_validate,
    "/v1/rejected-events/*/replay": replay_one,
    "/v1/rejected-events/replay": Selection.model_validate,
}


@pytest.mark.parametrize(("page", "path", "body"), SENT, ids=[f"{page.name} {path}" for page, path, _ in SENT])
def test_a_body_that_a_page_sends_is_taken(page: Path, path: str, body: Any) -> None:
    TAKEN_BY[re.sub(r"\$\w+", "*", path)](body)


def test_each_route_that_takes_a_body_is_shown() -> None:
    assert {re.sub(r"\$\w+", "*", path) for _, path, _ in SENT} == TAKEN_BY.keys()


def test_the_first_event_gets_the_receipt_that_is_shown() -> None:
    (event,) = [body for path, body in bodies(README) if path == "/v1/events"]
    (receipt,) = json_blocks(README)
    assert Accepting().send_json(event).answer() == receipt


def test_the_event_of_the_reference_is_accepted() -> None:
    (event,) = json_blocks(REFERENCE / "sending-events.md")
    accept_event(event)


def test_the_problem_of_the_reference_is_one_of_ours() -> None:
    (problem,) = json_blocks(REFERENCE / "errors.md")
    with pytest.raises(UnknownField) as raised:
        groupable("campain", "breakdown.field")
    assert json.loads(problem_of(raised.value, problem["instance"]).body) == problem


def test_the_first_tenant_can_be_made_as_it_is_shown() -> None:
    (payload,) = re.findall(r"--payload '([^']+)'", read(README))
    OPERATIONS.validate_python(json.loads(payload))
