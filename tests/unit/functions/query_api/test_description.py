"""The committed description is what the code says, and covers every route."""

import json

from local.openapi import TARGET, describe, text


def test_the_description_is_fresh() -> None:
    assert TARGET.read_text(encoding="utf-8") == text(describe()), "run .venv/bin/python -m local.openapi"


def test_every_operation_is_named_tells_its_problems_and_refers_to_what_is_there() -> None:
    described = describe()
    operations = [one for operations in described["paths"].values() for one in operations.values()]
    names = [one["operationId"] for one in operations]
    assert len(names) == len(set(names))
    for one in operations:
        assert one["responses"].keys() & {"200", "201", "202", "204"}, one["operationId"]
        assert "HTTPValidationError" not in json.dumps(one["responses"])
    whole = json.dumps(described)
    for reference in {part.split('"')[0] for part in whole.split("#/components/schemas/")[1:]}:
        assert reference in described["components"]["schemas"]
