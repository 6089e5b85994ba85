"""What Marketo's error codes ask a client to do: one row for each code, or for each text where a code has several.

Marketo answers errors with the status 200. What a call does decides as well: a merge that may have happened is never
sent again, whoever asked looks at its leads first.
"""

from dataclasses import dataclass
from typing import Final, Literal

Call = Literal["read", "write", "once", "merge"]  # `write`: doing it twice does it once; `once`: it would not
Action = Literal[
    "refresh_token",
    "wait_for_window",
    "lower_in_flight",
    "wait_until_reset",
    "wait_for_queue",
    "back_off",
    "halve",
    "already_done",
    "look_first",
    "permission",
    "missing",
    "refused",
]


@dataclass(frozen=True, slots=True)
class Row:
    """`text`: what the message must contain, in lower case; `call`: what the row is for alone. The first that fits is
    taken. `limit`: what is used up, as MarketoLimitReached names it. `advice`: what would work, for people."""

    code: str
    action: Action
    advice: str
    text: str = ""
    call: Call | None = None
    limit: str = ""


_TRY_LATER: Final = "Marketo is in trouble; it is tried again later."
_OUR_FAULT: Final = "Marketo does not understand the call: this is a fault of Touchline."
_LOOK: Final = "Whether the leads were merged is not known: they are read again first."
_CRM: Final = "Merge these leads in Marketo alone (`in_crm`: false), or leave them out."
_LET_IN: Final = "Give it to the API user's role, and see that the instance's allowlist of addresses lets Touchline in."
_QUEUE: Final = "As much work of this kind is under way as Marketo takes, ours or others'; it is tried again later."

TABLE: Final[tuple[Row, ...]] = (
    # A merge may have happened although its answer is an error.
    *(Row(code, "look_first", _LOOK, call="merge") for code in ("500", "502", "604", "608", "611", "614", "713")),
    # Statuses of HTTP that are no errors of the server's own; those are told as 502.
    Row("401", "refresh_token", "The access token is not valid."),
    Row("403", "permission", _LET_IN),
    Row("404", "missing", "It was deleted, or its id is of another instance."),
    Row("413", "halve", "Marketo takes less at once."),
    Row("500", "back_off", _TRY_LATER),
    Row("502", "back_off", _TRY_LATER),
    Row("600", "refresh_token", "The access token was missing."),
    Row("601", "refresh_token", "The access token is not valid."),
    Row("602", "refresh_token", "The access token has expired."),
    Row("603", "permission", _LET_IN),
    Row("604", "halve", "Marketo took too long; fewer records are asked for at once."),
    Row("605", "refused", _OUR_FAULT),
    Row("606", "wait_for_window", "All users of the instance together made too many calls in 20 seconds."),
    Row(
        "607",
        "wait_until_reset",
        "All users of the instance together used up its calls of the day.",
        limit="daily_calls",
    ),
    Row("608", "back_off", _TRY_LATER),
    *(Row(code, "refused", _OUR_FAULT) for code in ("609", "610")),
    Row("611", "back_off", _TRY_LATER),
    *(Row(code, "refused", _OUR_FAULT) for code in ("612", "613")),
    Row("614", "back_off", "Marketo cannot reach the subscription; it is tried again later."),
    Row("615", "lower_in_flight", "All users of the instance together had too many calls in flight."),
    Row("616", "refused", "The kind of the subscription does not allow this call."),
    Row("701", "refused", "A value must not be empty."),
    Row("702", "missing", "Look for it again: it was deleted, or its id is of another instance."),
    Row("703", "refused", "The subscription lacks this feature: ask Adobe to switch it on."),
    Row("704", "refused", "An id or a date is not written as Marketo wants it."),
    Row("709", "refused", "A rule of the instance forbids it."),
    Row("710", "refused", "The folder above it is gone: choose another one."),
    Row("711", "refused", "A folder of this kind cannot hold it."),
    Row("712", "refused", f"A person account, or a rule of Salesforce against duplicates, is in the way. {_CRM}"),
    Row("713", "back_off", _TRY_LATER),
    Row("714", "refused", f"Salesforce has no default record type for the API user. {_CRM}"),
    Row("718", "refused", "The sales person is not there."),
    Row("719", "back_off", "Somebody else is changing it; it is tried again later."),
    Row("1003", "halve", "Ask for fewer values at once.", text="too many results"),
    Row(
        "1003",
        "refused",
        "See that fields, ids and dates are those of the instance, as its own description shows them.",
    ),
    Row("1004", "missing", "The lead was deleted or merged meanwhile."),
    Row("1013", "missing", "It was deleted, or its id is of another instance."),
    Row("1014", "refused", "Marketo could not make it."),
    Row("1016", "wait_for_queue", _QUEUE, limit="import_queue"),
    Row("1017", "refused", "There is one of that name already."),
    Row("1018", "refused", "The instance takes this from its CRM only: change it there."),
    Row("1019", "wait_for_queue", _QUEUE, limit="import_queue"),
    Row("1022", "wait_for_queue", "It is in use; it is tried again later.", limit="import_queue"),
    Row("1029", "wait_for_queue", _QUEUE, text="too many jobs", limit="export_queue"),
    Row(
        "1029",
        "wait_until_reset",
        "All users of the instance together exported as much as it may in a day.",
        text="quota",
        limit="daily_bytes",
    ),
    Row("1029", "already_done", "The job was enqueued before.", text="already queued"),
    Row("1029", "wait_for_queue", _QUEUE, limit="export_queue"),
    Row("1035", "refused", "The instance does not export by this filter: use a static list instead of a smart one."),
    Row("1076", "refused", f"A rule of Salesforce against duplicates is in the way. {_CRM}"),
    Row("1077", "refused", f"A value is too long for its field in Salesforce: shorten it. {_CRM}"),
    Row("1078", "refused", f"A record in Salesforce was deleted, or is no lead or contact. {_CRM}"),
    Row("1079", "refused", "Several of the leads have the same personalised URL: merge them in Marketo by hand."),
    Row("1080", "refused", "At most 25 leads are merged into one at once."),
)
UNKNOWN: Final = Row("", "refused", "Look the code up in Marketo's table of errors.")
# Before anything is done Marketo counts the call, and looks at the token.
NOTHING_DONE: Final = frozenset({"refresh_token", "wait_for_window", "lower_in_flight"})


def row_for(code: str, message: str, call: Call = "read") -> Row:
    text = message.lower()
    fitting = (row for row in TABLE if row.code == code and row.text in text and row.call in (None, call))
    return next(fitting, None) or _unlisted(code)


def _unlisted(code: str) -> Row:
    """Codes of records are told of whole calls, too: a field that is not there, a lookup that is not allowed."""
    return Row(code, "refused", RECORD_CODES[code]) if code in RECORD_CODES else UNKNOWN


def action(code: str, message: str, call: Call = "read") -> Action:
    return row_for(code, message, call).action


RECORD_CODES: Final = {
    "1001": "A value does not fit the type of its field.",
    "1002": "A value that Marketo needs is missing.",
    "1003": "Marketo does not take the value.",
    "1004": "The lead was deleted or merged meanwhile.",
    "1005": "There is such a lead already.",
    "1006": "The instance has no such field.",
    "1007": "Several leads have this value.",
    "1008": "The API user may not use the lead's partition.",
    "1009": "The lead's partition must be named.",
    "1010": "The lead cannot be moved to another partition.",
    "1011": "Leads cannot be looked up by this field.",
    "1012": "The cookie is not one of Marketo's.",
    "1015": "The lead is not on the list.",
    "1021": "Fields of companies cannot be changed here.",
    "1036": "The same lead is in the call twice.",
    "1049": "The values are too large for the lead.",
}


def record_advice(code: str | None) -> str:
    """What a record that was skipped lacks, for people."""
    return RECORD_CODES.get(code or "", "Look the code up in Marketo's table of errors.")
