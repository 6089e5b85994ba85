from dataclasses import dataclass

import pytest
from touchline.adapters.environment import at_least, read_settings


@dataclass(frozen=True)
class Sample:
    queue_url: str
    shards: int = at_least(1)
    days: int = at_least(2, default=30)
    arns: str = ""


def test_fields_are_read_from_the_variables_of_their_names() -> None:
    assert read_settings(Sample, {"QUEUE_URL": "q", "SHARDS": "3", "ARNS": "a,b"}) == Sample("q", 3, 30, "a,b")


@pytest.mark.parametrize(
    ("environment", "fault"),
    [
        ({"SHARDS": "1"}, "QUEUE_URL is not set"),
        ({"QUEUE_URL": "", "SHARDS": "1"}, "QUEUE_URL is not set"),
        ({"QUEUE_URL": "q", "SHARDS": "many"}, "SHARDS must be a whole number"),
        ({"QUEUE_URL": "q", "SHARDS": "0"}, "SHARDS must be at least 1"),
        ({"QUEUE_URL": "q", "SHARDS": "1", "DAYS": "-5"}, "DAYS must be a whole number"),
    ],
    ids=["missing", "empty", "not a number", "too small", "negative"],
)
def test_a_fault_names_the_variable(environment: dict[str, str], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        read_settings(Sample, environment)


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(ValueError, match=r"QUEUE_URL is not set; SHARDS is not set"):
        read_settings(Sample, {})
