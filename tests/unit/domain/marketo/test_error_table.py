import pytest
from touchline.domain.marketo.error_table import (
    NOTHING_DONE,
    RECORD_CODES,
    TABLE,
    UNKNOWN,
    Call,
    Row,
    action,
    record_advice,
    row_for,
)

CALLS: tuple[Call, ...] = ("read", "write", "once", "merge")
# As Marketo publishes them, with the texts that were seen on the wire: code, text, what a client does with any call but
# a merge, and with a merge.
PUBLISHED = [
    ("401", "HTTP 401", "refresh_token", "refresh_token"),
    ("403", "HTTP 403", "permission", "permission"),
    ("404", "HTTP 404", "missing", "missing"),
    ("413", "HTTP 413", "halve", "halve"),
    ("500", "Bad URL", "back_off", "look_first"),
    ("502", "Bad Gateway", "back_off", "look_first"),
    ("600", "Empty access token", "refresh_token", "refresh_token"),
    ("601", "Access token invalid", "refresh_token", "refresh_token"),
    ("602", "Access token expired", "refresh_token", "refresh_token"),
    ("603", "Access denied", "permission", "permission"),
    ("604", "Request timed out", "halve", "look_first"),
    ("605", "HTTP Method not supported", "refused", "refused"),
    ("606", "Max rate limit '100' exceeded with in '20' secs", "wait_for_window", "wait_for_window"),
    ("607", "Daily quota reached", "wait_until_reset", "wait_until_reset"),
    ("608", "API Temporarily Unavailable", "back_off", "look_first"),
    ("609", "Invalid JSON", "refused", "refused"),
    ("610", "Requested resource not found", "refused", "refused"),
    ("611", "System error", "back_off", "look_first"),
    ("612", "Invalid Content Type", "refused", "refused"),
    ("613", "Invalid Multipart Request", "refused", "refused"),
    ("614", "Unreachable subscription", "back_off", "look_first"),
    ("615", "Concurrent access limit '10' reached", "lower_in_flight", "lower_in_flight"),
    ("616", "Invalid subscription type", "refused", "refused"),
    ("701", "name cannot be blank", "refused", "refused"),
    ("702", "No data found for given parameters", "missing", "missing"),
    ("703", "The feature is not enabled for the subscription", "refused", "refused"),
    ("704", "Invalid date format", "refused", "refused"),
    ("709", "Static List with the same name already exists", "refused", "refused"),
    ("710", "Parent folder not found", "refused", "refused"),
    ("711", "Incompatible folder type", "refused", "refused"),
    ("712", "Person account", "refused", "refused"),
    ("713", "Transient error", "back_off", "look_first"),
    ("714", "Unable to find the default record type", "refused", "refused"),
    ("718", "Sales person not found", "refused", "refused"),
    ("719", "Lock wait timeout", "back_off", "back_off"),
    ("1003", "Invalid fields [site, fax]", "refused", "refused"),
    ("1003", "Too many results match the filter", "halve", "halve"),
    ("1003", "Empty File", "refused", "refused"),
    ("1004", "Lead not found", "missing", "missing"),
    ("1013", "Object not found", "missing", "missing"),
    ("1014", "Failed to create object", "refused", "refused"),
    ("1016", "Too many imports", "wait_for_queue", "wait_for_queue"),
    ("1017", "Object already exists", "refused", "refused"),
    ("1018", "CRM Enabled", "refused", "refused"),
    ("1019", "Import in progress", "wait_for_queue", "wait_for_queue"),
    ("1022", "Object in use", "wait_for_queue", "wait_for_queue"),
    ("1029", "Too many jobs in queue", "wait_for_queue", "wait_for_queue"),
    ("1029", "Export daily quota 500MB exceeded.", "wait_until_reset", "wait_until_reset"),
    ("1029", "Job already queued", "already_done", "already_done"),
    ("1035", "Unsupported filter type for target subscription", "refused", "refused"),
    ("1076", "Merge Lead call with mergeInCRM flag is 4", "refused", "refused"),
    ("1077", "Merge Lead call failed due to SFDC field length", "refused", "refused"),
    ("1078", "Merge Lead call failed due to deleted entity", "refused", "refused"),
    ("1079", "Merge failed: personalised URL", "refused", "refused"),
    ("1080", "Too many leads", "refused", "refused"),
]


@pytest.mark.parametrize(("code", "text", "usual", "merging"), PUBLISHED)
def test_a_published_code_asks_for_its_action(code: str, text: str, usual: str, merging: str) -> None:
    assert {action(code, text, call) for call in CALLS if call != "merge"} == {usual}
    assert action(code, text, "merge") == merging


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.code} {row.text}")
def test_a_row_is_found_and_says_what_would_work(row: Row) -> None:
    assert row_for(row.code, f"Well, {row.text.upper()}!", row.call or "read") is row
    assert row.advice.endswith((".", "hand."))


def test_the_table_has_the_published_codes_and_no_others() -> None:
    assert {row.code for row in TABLE} == {code for code, *_ in PUBLISHED}


def test_who_is_told_to_wait_is_told_for_what() -> None:
    waiting = [row for row in TABLE if row.action in ("wait_until_reset", "wait_for_queue")]
    assert {row.limit for row in waiting} == {"daily_calls", "daily_bytes", "export_queue", "import_queue"}
    assert all(not row.limit for row in TABLE if row not in waiting)


def test_a_code_that_nobody_knows_is_not_tried_again() -> None:
    assert row_for("9999", "?") is UNKNOWN
    assert action("9999", "?", "merge") == "refused"


def test_a_code_of_records_is_told_of_whole_calls_too() -> None:
    row = row_for("1006", "Field 'shoeSize' not found")
    assert (row.action, row.advice) == ("refused", "The instance has no such field.")


def test_a_merge_is_sent_again_only_where_nothing_was_done() -> None:
    sent_again = {row.action for row in TABLE if action(row.code, row.text, "merge") == row.action} & {
        "refresh_token", "wait_for_window", "lower_in_flight", "halve", "back_off"
    }  # fmt: skip
    assert sent_again - NOTHING_DONE <= {"halve", "back_off"}
    assert {row.code for row in TABLE if action(row.code, row.text, "merge") == "back_off"} == {"719"}


def test_skipped_records_are_explained() -> None:
    assert all(record_advice(code) == text for code, text in RECORD_CODES.items())
    assert record_advice(None) == record_advice("9999") == UNKNOWN.advice
