import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.marketo_simulator.answering import normal_path, read_request
from local.marketo_simulator.catalogue import all_routes
from local.marketo_simulator.refusal import Refusal
from local.marketo_simulator.routing import Found, Request, Route, find

ROUTES = all_routes()
FORM = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}


def found(method: str, path: str) -> Found:
    answer = find(ROUTES, method, path)
    assert isinstance(answer, Found)
    return answer


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_every_route_is_found_under_its_own_path(route: Route) -> None:
    path = re.sub(r"\{\w+\}", "17", route.path)
    assert found(route.method, path).route.path == route.path


def test_unknown_paths_and_methods_have_codes_of_their_own() -> None:
    unknown, other = find(ROUTES, "GET", "/rest/v1/nothing.json"), find(ROUTES, "DELETE", "/rest/v1/lead/5.json")
    assert isinstance(unknown, Refusal)
    assert isinstance(other, Refusal)
    assert (unknown.code, other.code) == ("610", "605")


def test_literal_paths_come_first() -> None:
    assert found("GET", "/rest/asset/v1/staticList/byName.json").names == {}
    assert found("GET", "/rest/asset/v1/staticList/5.json").names == {"id": "5"}


@given(parts=st.lists(st.sampled_from(["rest", "v1", "leads.json", "", ".", ".."]), max_size=10))
def test_paths_are_normal_once_and_for_all(parts: list[str]) -> None:
    path = normal_path("/" + "/".join(parts))
    assert normal_path(path) == path
    assert "//" not in path
    assert not {".", ".."} & set(path.split("/"))


@pytest.mark.parametrize("path", ["//rest//v1/leads.json", "/rest/v1/../v1/leads.json", "/rest/./v1/leads.json?x=1"])
def test_doubled_and_relative_parts_are_taken_away(path: str) -> None:
    assert read_request("GET", path, {}, b"").path == "/rest/v1/leads.json"


def test_a_post_may_mean_a_get_in_its_query_or_its_form() -> None:
    assert read_request("POST", "/rest/v1/leads.json?_method=GET", {}, b"").method == "GET"
    asked = read_request("POST", "/rest/v1/leads.json", FORM, b"_method=get&filterType=email&filterValues=a%40b.test")
    assert (asked.method, asked.text("filterType"), asked.values("filterValues")) == ("GET", "email", ["a@b.test"])
    assert read_request("POST", "/rest/asset/v1/smartLists.json?_method=GET", {}, b"").method == "POST"
    assert read_request("GET", "/rest/v1/leads.json?_method=DELETE", {}, b"").method == "GET"


def test_values_come_with_commas_or_several_times() -> None:
    asked = read_request("GET", "/x?id=1,2&id=3&id=", {}, b"")
    assert asked.values("id") == ["1", "2", "3"]


@pytest.mark.parametrize(("body", "code"), [(b"{", "609"), (b"[1]", "609"), (b"\xff\xfe\x00", "609")])
def test_bodies_that_are_no_json_object(body: bytes, code: str) -> None:
    with pytest.raises(Refusal, match=code):
        Request("POST", "/x", body=body).json()


def test_a_form_is_no_json() -> None:
    with pytest.raises(Refusal, match="612"):
        Request("POST", "/x", headers=FORM, body=b'{"input": []}').json()


def test_numbers_of_parameters_are_numbers() -> None:
    asked = read_request("GET", "/x?batchSize=1000&offset=two", {}, b"")
    assert asked.integer("batchSize", 300, most=300) == 300
    assert asked.integer("maxReturn", 20) == 20
    with pytest.raises(Refusal, match="offset"):
        asked.integer("offset", 0)
