"""Why an event was not taken: a code for machines, the field, and a reason that says what would have worked."""

from dataclasses import dataclass
from typing import Final

REFUSED_BY_INDEX: Final = "refused_by_index"  # known only once the event is archived

CODES: Final = {
    "malformed_json": "The line is not JSON.",
    "not_an_object": "The event is not a JSON object.",
    "missing_field": "A required field is not there, null or empty.",
    "unknown_field": "The field is not part of an event.",
    "wrong_type": "The field holds another type than it should.",
    "too_long": "The text is longer than the field's limit.",
    "placeholder_id": "The id stands for nobody, such as `null`, `undefined` or zeros.",
    "same_id": "An alias names the same id twice.",
    "surrounding_blanks": "The id begins or ends with a blank.",
    "hidden_character": "The text holds a control, zero-width or direction character.",
    "invalid_text": "The text holds bytes that are not UTF-8, or half a surrogate pair.",
    "timestamp_invalid": "The time is neither RFC 3339 nor epoch milliseconds.",
    "timestamp_without_zone": "The time does not say in which zone it is.",
    "timestamp_in_future": "The time is more than an hour ahead.",
    "timestamp_too_old": "The time is longer ago than events are taken in.",
    "email_invalid": "The text is not an e-mail address.",
    "amount_invalid": "The amount is not a finite decimal number within the limit.",
    "currency_invalid": "The currency is not a code of three letters.",
    "too_many_properties": "There are more properties than the limit.",
    "too_deep": "The properties are nested deeper than the limit.",
    "array_too_long": "The array has more items than the limit.",
    "number_not_finite": "The number is not finite.",
    "event_too_large": "The event's document is larger than the limit.",
    REFUSED_BY_INDEX: "The search store's mapping refused the document.",
}


@dataclass(frozen=True, slots=True)
class Rejection:
    code: str
    field: str | None
    reason: str


class Refused(Exception):
    def __init__(self, code: str, field: str | None, reason: str) -> None:
        super().__init__(reason)
        self.rejection = Rejection(code, field, reason)
