"""What all kinds of questions promise, asked as the reference shows them."""

import csv
import io
import json
from typing import Any

import pytest
from query_api.kinds import KINDS

from tests.unit.docs.pages import PAGES, bodies
from tests.unit.functions.query_api.conftest import Api

SHOWN = [(path, body) for page in PAGES for path, body in bodies(page) if path.startswith("/v1/queries/")]
OTHER_GOAL = {"unknown_goal"}  # the page's goal is not there


def ask(api: Api, path: str, body: Any, query: str = "", **headers: str) -> tuple[int, str, str]:
    answer = api.raw("POST", path, body, query=query, headers={"authorization": f"Bearer {api.keys['acme']}"} | headers)
    return answer["statusCode"], answer["headers"]["Content-Type"], answer["body"]


@pytest.mark.parametrize(("path", "body"), SHOWN, ids=[f"{path} {number}" for number, (path, _) in enumerate(SHOWN)])
def test_every_answer_is_a_table_too(api: Api, path: str, body: Any) -> None:
    status, _, text = ask(api, path, body)
    facts = json.loads(text)
    if status == 422:
        assert facts["code"] in OTHER_GOAL, facts
        return
    assert status == 200, facts
    kind = KINDS[path.removeprefix("/v1/queries/")]
    tables = kind.tables(facts)
    assert tables
    for table in tables:
        status, content_type, text = ask(api, path, body, query=f"format=csv&table={table.name}")
        assert (status, content_type) == (200, "text/csv; charset=utf-8; header=present")
        first, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
        assert first == list(table.columns)
        assert {len(row) for row in rows} <= {len(first)}
        assert len(rows) == len(list(table.rows))
    assert ask(api, path, body, accept="text/csv")[2] == ask(api, path, body, query="format=csv")[2]


@pytest.mark.parametrize(("path", "body"), SHOWN, ids=[f"{path} {number}" for number, (path, _) in enumerate(SHOWN)])
def test_every_kind_refuses_what_no_kind_can_answer(api: Api, path: str, body: Any) -> None:
    question = body.get("question", body)  # a list of people names the question whose number it is behind
    plain = {name: value for name, value in question.items() if name not in {"from", "to", "range", "as_of"}}
    wide, nowhere = plain | {"range": "last_27_years"}, question | {"time_zone": "Europe/Berln"}
    if "question" in body:
        wide, nowhere = body | {"question": wide}, body | {"question": nowhere}
    for wrong, code in ((wide, "range_too_wide"), (nowhere, "unknown_time_zone"), ({"mood": 1}, "invalid_request")):
        status, _, text = ask(api, path, wrong)
        assert (status, json.loads(text)["code"]) == (422, code)
        assert json.loads(text)["field"]


@pytest.mark.parametrize(("path", "body"), SHOWN, ids=[f"{path} {number}" for number, (path, _) in enumerate(SHOWN)])
def test_every_kind_can_be_put_off(api: Api, path: str, body: Any) -> None:
    status, _, text = ask(api, path, body, prefer="respond-async")
    assert (status, json.loads(text)["kind"]) == (202, path.removeprefix("/v1/queries/"))
