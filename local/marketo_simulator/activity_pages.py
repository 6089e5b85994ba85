"""Pages of activities: Marketo looks through so many for each, and answers with those of them that fit.

Pages can be short or empty although there is more.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from local.marketo_simulator.instance import Instance
from local.marketo_simulator.lead_values import read_time
from local.marketo_simulator.paging import make_token, read_token
from local.marketo_simulator.refusal import Refusal
from local.marketo_simulator.routing import Body, Request, is_number

type Row = dict[str, Any]

PAGE: Final = 300
LOOKED_THROUGH: Final = 3_000  # activities for one page
LARGEST_LIST: Final = 10_000  # members; from there on 1003


def page_of_activities(
    instance: Instance, request: Request, conditions: Sequence[str], shown: Callable[[Row], Row]
) -> Body:
    size = request.integer("batchSize", PAGE, most=PAGE)
    if size < 1:
        raise Refusal("1003", f"Invalid value for parameter 'batchSize': {size}")
    token = request.text("nextPageToken")
    if not token:
        raise Refusal("1002", "Missing value for required parameter 'nextPageToken'")
    place = _read_place(token)
    found, last, more = _look_through(instance, conditions, place)
    size = _fault(instance, request, size)
    if len(found) > size:
        found, more = found[:size], True
        # Where nothing fits on the page, what was looked at is looked at again.
        last = _place(found[-1]) if found else place
    body: Body = {"result": [shown(row) for row in found]} if found else {}
    return body | {"nextPageToken": make_token(**last), "moreResult": more}


def _read_place(token: str) -> Row:
    place = read_token(token)
    try:
        return {"since": read_time(None, place["since"]).isoformat(), "guid": int(place["guid"])}
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise Refusal("1003", "Invalid paging token") from error


def _look_through(
    instance: Instance, conditions: Sequence[str], place: Mapping[str, Any]
) -> tuple[list[Row], Row, bool]:
    """What fits, where the look ended, and whether there is more behind it."""
    looked = instance.store.rows(
        f"""
        select *, {" and ".join(conditions)} as fits from
            (select * from activities where (happened_at, guid) > (?::timestamp, ?::bigint)
             order by happened_at, guid limit {LOOKED_THROUGH + 1}) a
        order by happened_at, guid
        """,
        [place["since"], place["guid"]],
    )
    more = len(looked) > LOOKED_THROUGH
    looked = looked[:LOOKED_THROUGH]
    return [row for row in looked if row["fits"]], _place(looked[-1]) if looked else dict(place), more


def _place(row: Row) -> Row:
    return {"since": row["happened_at"].isoformat(), "guid": row["guid"]}


def _fault(instance: Instance, request: Request, size: int) -> int:
    """Pages on order that are shorter than they could be."""
    if instance.faults.effect("empty_page", request.method, request.path):
        return 0
    return min(size, 1) if instance.faults.effect("short_page", request.method, request.path) else size


def on_list(instance: Instance, request: Request) -> list[str]:
    if not request.text("listId"):
        return []
    (wanted,) = read_numbers(request, "listId", 1)
    members = instance.store.value("select count(*) from static_list_members where list = ?", [wanted])
    if members >= LARGEST_LIST and instance.switches.big_lists_refused:
        raise Refusal("1003", f"List '{wanted}' has {LARGEST_LIST} members or more; use bulk extract")
    return [f"a.lead in (select lead from static_list_members where list = {wanted})"]


def read_numbers(request: Request, name: str, most: int) -> list[int]:
    texts = request.values(name)
    if not all(is_number(text) for text in texts):
        raise Refusal("1001", f"Invalid value for parameter '{name}'. Required of type 'Long'")
    if len(texts) > most:
        raise Refusal("1003", f"Too many values for parameter '{name}': {len(texts)} of at most {most}")
    return [int(text) for text in texts]


def listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))
