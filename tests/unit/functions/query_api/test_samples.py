"""The sample requests in events/query_api give just the answers beside them."""

import json
from pathlib import Path

import pytest
from query_api import handler

from tests.unit.functions.query_api.conftest import Api, Context

SAMPLES = Path(__file__).parents[4] / "events" / "query_api"
CASES = sorted(path.stem for path in SAMPLES.glob("*.json") if not path.stem.endswith(".expected"))


@pytest.mark.parametrize("case", CASES)
def test_a_sample_gives_its_answer(api: Api, case: str) -> None:
    request = json.loads((SAMPLES / f"{case}.json").read_text())
    request["headers"]["authorization"] = f"Bearer {api.keys['acme']}"
    answer = handler.lambda_handler(request, Context())
    expected = json.loads((SAMPLES / f"{case}.expected.json").read_text())
    assert {"statusCode": answer["statusCode"], "body": json.loads(answer["body"])} == expected
