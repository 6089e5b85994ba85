import pytest
from touchline.domain.queries.lengths import parse_length
from touchline.errors import InvalidInterval


@pytest.mark.parametrize(
    ("text", "ms"), [("7 days", 604_800_000), ("hour", 3_600_000), ("90minutes", 5_400_000), (" 2 Weeks ", 1_209_600_000)]
)
def test_a_length_reads_as_people_write_it(text: str, ms: int) -> None:
    assert parse_length(text, "window") == ms


@pytest.mark.parametrize("text", ["", "0 days", "a month", "-1 day", "7", "10000 days"])
def test_what_is_no_length_says_what_would_work(text: str) -> None:
    with pytest.raises(InvalidInterval, match="day") as refused:
        parse_length(text, "window")
    assert refused.value.field == "window"
