"""Rows of Marketo's activities as events."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from touchline.domain.events import Rules, validate_event
from touchline.domain.marketo.activities import COLUMNS, Cells, Origin, as_event
from touchline.domain.marketo.activity_properties import TAKEN_OVER
from touchline.domain.marketo.activity_rules import ActivityRules, parse_activity_rules
from touchline.domain.marketo.activity_types import ACTIONS, BY_NUMBER
from touchline.domain.rejection import Rejection

from tests.unit.services.accepting import ACME

NOON = 1_795_348_800_000  # 2026-11-22T12:00:00Z
EVERYTHING = parse_activity_rules({"actions": list(ACTIONS)})
ORIGIN = Origin("c-1", EVERYTHING)
RUN = {"Campaign Run ID": 1301, "Choice Number": 0, "Has Predictive": False, "Step ID": 1204}


def row(type: int, attributes: dict[str, Any] | None = None, **cells: str | None) -> Cells:
    usual = {
        "marketoGUID": "102988",
        "leadId": "50",
        "activityDate": "2026-11-20T08:00:00Z",
        "activityTypeId": str(type),
        "campaignId": "1204",
        "primaryAttributeValueId": "1306",
        "primaryAttributeValue": "Spring Webinar.Invitation",
        "attributes": json.dumps(attributes or {}),
    }
    return usual | cells


def event(cells: Cells, origin: Origin = ORIGIN, address: str | None = None) -> dict[str, Any]:
    found = as_event(cells, origin, address)
    assert isinstance(found, dict), found
    return found


def document(found: dict[str, Any]) -> dict[str, Any]:
    judged = validate_event(found, Rules(ACME, NOON, NOON), 0)
    assert isinstance(judged, dict), judged
    return judged


def test_an_e_mail_that_was_sent() -> None:
    assert event(row(6, RUN | {"Test Variant": 2})) == {
        "id": "marketo-c-1-102988",
        "action": "email_sent",
        "timestamp": "2026-11-20T08:00:00Z",
        "actor": {"id": "marketo-c-1-50", "type": "lead"},
        "object": {"type": "email", "id": "1306", "name": "Spring Webinar.Invitation"},
        "context": {
            "campaign": "Spring Webinar",
            "channel": "email",
            "message": "Spring Webinar.Invitation",
            "variant": "2",
        },
        "properties": {"source": "marketo", "marketo_campaign_id": 1204},
    }


def test_a_click_tells_the_page_and_not_who_was_sent_there() -> None:
    told = RUN | {
        "Link": "https://www.example.com/agenda?mkt_tok=AAA&email=a%40b.com#top",
        "User Agent": "Mozilla/5.0",
        "Is Bot Activity": "false",
        "Is Mobile Device": True,
        "Test Variant": 0,
    }
    clicked = event(row(11, told))
    assert clicked["action"] == "link_clicked"
    assert clicked["resource"] == {"type": "page", "id": "https://www.example.com/agenda"}
    assert clicked["properties"] == {
        "source": "marketo",
        "marketo_campaign_id": 1204,
        "user_agent": "Mozilla/5.0",
        "bot": False,
        "mobile": True,
    }
    assert "variant" not in clicked["context"]


@pytest.mark.parametrize(
    ("link", "page"),
    [
        ("https://ada:secret@example.com/x", "https://example.com/x"),
        ("mailto:ada@example.com", None),
        ("https://example.com/unsubscribe/ada@example.com", "https://example.com"),
        ("https://example.com/u/ada%40example.com", "https://example.com"),
        ("/pricing?x=1", "/pricing"),
        ("", None),
        (None, None),
        (17, None),
        ("http://[broken", None),
        ("https://example.com/" + "x" * 500, "https://example.com/" + "x" * 108),
    ],
)
def test_links_without_people(link: object, page: str | None) -> None:
    assert event(row(11, {"Link": link})).get("resource", {}).get("id") == page


@pytest.mark.parametrize(("number", "action", "hard"), [(8, "email_bounced", True), (27, "email_bounced_soft", False)])
def test_bounces_say_how_and_not_whom(number: int, action: str, hard: bool) -> None:  # noqa: FBT001
    told = {
        "Category": "2",
        "Subcategory": 2003,
        "Details": "550 <ada@example.com> unknown",
        "Email": "ada@example.com",
    }
    bounced = event(row(number, told))
    assert bounced["action"] == action
    assert bounced["properties"]["hard"] is hard
    assert (bounced["properties"]["category"], bounced["properties"]["subcategory"]) == ("2", "2003")
    assert "ada@example.com" not in json.dumps(bounced)


def test_a_form_says_which_and_not_what_was_filled_in() -> None:
    told = {
        "Form Fields": 'a:1:{s:5:"Email";s:15:"ada@example.com";}',
        "Client IP Address": "192.0.2.7",
        "Webpage ID": 9,
    }
    filled = event(row(2, told, primaryAttributeValueId="1401", primaryAttributeValue="Spring Webinar.Registration"))
    assert filled["object"] == {"type": "form", "id": "1401", "name": "Spring Webinar.Registration"}
    assert filled["context"] == {"campaign": "Spring Webinar"}
    assert filled["properties"]["webpage_id"] == "9"
    assert "ada@" not in json.dumps(filled)
    assert "192.0.2.7" not in json.dumps(filled)


def test_scores_are_numbers() -> None:
    told = {"Change Value": "+5", "Old Value": "95", "New Value": 100, "Reason": "Changed by ada@example.com"}
    changed = event(row(22, told, primaryAttributeValueId="32", primaryAttributeValue="Lead Score"))
    assert changed["action"] == "score_changed"
    assert changed["object"] == {"type": "score", "id": "32", "name": "Lead Score"}
    assert changed["properties"] == {
        "source": "marketo",
        "marketo_campaign_id": 1204,
        "change": 5,
        "before": 95,
        "after": 100,
    }
    assert "context" not in changed


def test_a_programs_status_names_the_program_as_campaign() -> None:
    told = {"Old Status": "Invited", "New Status": "Registered", "Success": False, "Acquired By": "true"}
    changed = event(row(104, told, primaryAttributeValueId="1101", primaryAttributeValue="Spring Webinar v1.2"))
    assert changed["context"] == {"campaign": "Spring Webinar v1.2"}
    assert changed["properties"].items() >= {"before": "Invited", "after": "Registered", "acquired": True}.items()


def test_an_asset_of_no_program_has_no_campaign() -> None:
    assert event(row(6, {}, primaryAttributeValue="Welcome"))["context"] == {"channel": "email", "message": "Welcome"}


def test_new_leads_are_about_nothing_else() -> None:
    created = event(row(12, {"Source Type": "List import"}, primaryAttributeValueId=None, primaryAttributeValue=None))
    assert "object" not in created
    assert created["properties"]["source_type"] == "List import"


def test_what_the_rules_leave_out_is_no_event() -> None:
    assert as_event(row(6), Origin("c-1", ActivityRules(("email_opened",))), None) is None
    assert as_event(row(32), ORIGIN, None) is None
    assert as_event(row(6, activityTypeId=None), ORIGIN, None) is None
    assert as_event(row(6, activityTypeId="six"), ORIGIN, None) is None


@pytest.mark.parametrize("missing", ["marketoGUID", "leadId", "activityDate"])
def test_what_cannot_be_told_is_set_aside(missing: str) -> None:
    found = as_event(row(6, **{missing: None}), ORIGIN, None)
    assert isinstance(found, Rejection)
    assert (found.code, found.field) == ("missing_field", missing)


@pytest.mark.parametrize("text", ["{", "[]", "7", '"x"'])
def test_attributes_that_are_no_object_are_set_aside(text: str) -> None:
    found = as_event(row(6, attributes=text), ORIGIN, None)
    assert isinstance(found, Rejection)
    assert found.code == "malformed_json"


def test_ids_of_two_instances_never_meet() -> None:
    one, two = (event(row(6), Origin(connection, EVERYTHING)) for connection in ("c-1", "c-2"))
    assert one["id"] != two["id"]
    assert one["actor"]["id"] != two["actor"]["id"]


def test_people_by_their_address_or_beside_their_id() -> None:
    by_address = Origin("c-1", parse_activity_rules({"people": "address"}))
    beside = Origin("c-1", parse_activity_rules({"addresses": True}))
    assert event(row(6), by_address, " Ada@Example.com ")["actor"] == {"email": "ada@example.com", "type": "lead"}
    for none in (None, "", "n/a", "ada@localhost", "x" * 250 + "@example.com", "a\u200bda@example.com"):
        assert event(row(6), by_address, none)["actor"] == {"id": "marketo-c-1-50", "type": "lead"}
    told = event(row(6), beside, "ada@example.com")["actor"]
    assert told == {"id": "marketo-c-1-50", "type": "lead", "email": "ada@example.com"}
    assert event(row(6), ORIGIN, "ada@example.com")["actor"] == {"id": "marketo-c-1-50", "type": "lead"}


def test_addresses_follow_the_workspaces_rule() -> None:
    by_address = Origin("c-1", parse_activity_rules({"people": "address"}))
    kept = document(event(row(6), by_address, "ada@example.com"))
    assert kept["actor"]["id"].startswith("email:")
    assert "ada@" not in json.dumps(kept)


TEXTS = st.text(max_size=600) | st.sampled_from(["", "0", "null", "{{lead.Id}}", "a.b", "\x00", "\u200b", "  x  "])
VALUES = TEXTS | st.integers() | st.floats() | st.booleans() | st.none() | st.lists(st.integers(), max_size=3)
NAMES = sorted({name for taken in TAKEN_OVER.values() for name in taken} | {"Link", "Test Variant", "Webpage URL"})


@given(
    kind=st.sampled_from(sorted(BY_NUMBER)),
    attributes=st.dictionaries(st.sampled_from(NAMES), VALUES),
    name=TEXTS,
    number=st.none() | st.integers(-1, 10**12).map(str) | TEXTS,
    address=st.none() | TEXTS | st.emails(),
    people=st.sampled_from(["lead", "address"]),
)
def test_whatever_marketo_says_becomes_an_event_that_is_taken(
    kind: int, attributes: dict[str, Any], name: str, number: str | None, address: str | None, people: str
) -> None:
    """Nothing that comes from Marketo's own freedom of names is refused later."""
    origin = Origin("c-1", parse_activity_rules({"actions": list(ACTIONS), "people": people}))
    cells = row(kind, None, primaryAttributeValue=name, primaryAttributeValueId=number)
    made = event({**cells, "attributes": json.dumps(attributes)}, origin, address)
    judged = document(made)
    assert judged["action"] == BY_NUMBER[kind].action
    assert judged["id"] == "marketo-c-1-102988"


def test_the_columns_are_those_of_a_bulk_extract() -> None:
    assert row(6).keys() == set(COLUMNS)
