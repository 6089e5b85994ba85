import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.marketo_simulator.faults import Faults

MERGE = "/rest/v1/leads/5/merge.json"


@given(skip=st.integers(0, 5), times=st.integers(0, 5), calls=st.integers(0, 15))
def test_calls_after_the_first_so_many_get_it_so_often(skip: int, times: int, calls: int) -> None:
    faults = Faults()
    faults.add({"path": "/rest/v1/leads/*/merge.json", "skip": skip, "times": times, "code": "604"})
    hit = [faults.take("POST", MERGE) is not None for _ in range(calls)]
    assert hit == [skip <= number and (not times or number < skip + times) for number in range(calls)]


def test_other_calls_get_nothing_and_are_not_counted() -> None:
    faults = Faults()
    faults.add({"path": MERGE, "method": "POST", "code": "611"})
    assert faults.take("GET", MERGE) is None
    assert faults.take("POST", "/rest/v1/leads.json") is None
    found = faults.take("POST", MERGE)
    assert found is not None
    assert (found.code, found.seen) == ("611", 1)


def test_effects_are_for_who_asks_for_them() -> None:
    faults = Faults()
    faults.add({"path": "/bulk/*/file.json", "effect": "wrong_checksum"})
    path = "/bulk/v1/leads/export/1/file.json"
    assert faults.take("GET", path) is None
    assert faults.effect("file_missing", "GET", path) is None
    assert faults.effect("wrong_checksum", "GET", path) is not None
    assert faults.effect("wrong_checksum", "GET", path) is None


def test_what_is_kept_goes_on_where_it_was() -> None:
    faults = Faults()
    faults.add({"path": "*", "times": 2, "status": 502})
    assert faults.take("GET", "/x") is not None
    kept = Faults(faults.as_json())
    assert kept.take("GET", "/x") is not None
    assert kept.take("GET", "/x") is None
    assert kept.add({"code": "1"}).id == 2


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ({"pathh": "*"}, "no 'pathh'"),
        ({"seen": 3}, "no 'seen'"),
        ({"code": 604}, "code takes a str"),
        ({"effect": "magic"}, "there are: wrong_checksum"),
    ],
)
def test_what_no_fault_has_is_refused_with_what_it_has(wanted: dict[str, object], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Faults().add(wanted)
