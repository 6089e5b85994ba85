"""Ids that stand for someone or something: compared exactly as sent, never folded, never a placeholder."""

import unicodedata
from typing import Final

from touchline.domain.limits import ID_CHARS
from touchline.domain.rejection import Refused
from touchline.domain.text import check_text, path, shown

# What serialisers, spreadsheets and form tools write where they have nothing: each would make one person of thousands.
PLACEHOLDERS: Final = frozenset(
    {
        *("null", "(null)", "<null>", "none", "(none)", "nil", "undefined", "void", "not set", "(not set)", "not_set"),
        *("nan", "inf", "infinity", "-infinity", "true", "false", "n/a", "#n/a", "#ref!", "#value!", "tbd", "todo"),
        *("anonymous", "anon", "guest", "unknown", "unidentified", "nobody", "noone", "no-one"),
        *("userid", "user_id", "uuid", "guid", "[object object]", "object object", "{}", "[]", '""', "''"),
        *("-", "--", "?", "*", ".", "-1", "ffffffff-ffff-ffff-ffff-ffffffffffff"),
    }
)
# A merge tag that was never filled in: {{lead.Id}}, ${id}, %%id%%, *|ID|*, <%= id %>, %id%.
UNFILLED: Final = ("{{", "${", "%%", "*|", "<%", "%user", "%id")
UNFILLED_FIRST: Final = frozenset("{$%*<")
LOOK_TWICE: Final = UNFILLED_FIRST | {"0", " "}


def read_id(value: object, part: str, key: str = "id") -> str:
    if type(value) is not str:
        raise _not_text(value, path(part, key))
    # The steps below in one, for speed: nearly every id is plain and passes here.
    if (
        value.isascii()
        and value.isprintable()
        and 0 < len(value) <= ID_CHARS
        and value[0] not in LOOK_TWICE
        and value[-1] != " "
        and value.lower() not in PLACEHOLDERS
    ):
        return value
    if not value:
        raise _not_text(None, path(part, key))
    check_text(value, part, key, ID_CHARS)
    if value.strip() != value:
        field = path(part, key)
        raise Refused("surrounding_blanks", field, f"{field} begins or ends with a blank, so it would be another id.")
    if is_placeholder(value):
        field = path(part, key)
        raise Refused("placeholder_id", field, f"{field} is {shown(value)!r}, which stands for nobody in particular.")
    return value


def is_placeholder(text: str) -> bool:
    plain = text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).casefold().strip()
    if plain in PLACEHOLDERS:
        return True
    first = plain[:1]
    if first == "0":  # zeros in any grouping: 0, 000000, 0000-0000, 0.0, 0x0
        return not plain.strip("0-_.:x ")
    return first in UNFILLED_FIRST and plain.startswith(UNFILLED)


def _not_text(value: object, field: str) -> Refused:
    if value is None:
        return Refused("missing_field", field, f"{field} is required and must not be empty.")
    return Refused("wrong_type", field, f"{field} must be text; put numbers in quotes.")
