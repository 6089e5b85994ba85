"""What is exported in place of a smart list, where an instance exports none (1035): everybody; who is on the list is
found here.

The whole instance comes in windows of `createdAt`, with the columns that the list's filters read beside those of the
service; static lists that a filter names come by their ids.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from touchline.domain.leads.smart_rules import OfLists, SmartRules, read_smart_rules
from touchline.domain.marketo.activity_windows import DAY_MS, SECOND_MS, cut
from touchline.domain.marketo.api import LeadField, LeadList
from touchline.domain.marketo.executions import Execution
from touchline.domain.marketo.services import ListReference
from touchline.errors import InvalidRequest, MarketoRefused
from touchline.marketo_ports import Marketo
from touchline.services.marketo.execution_json import read_json, write_json
from touchline.services.marketo.work import Work, log_line, marketo_of

type Job = dict[str, Any]

UNSUPPORTED_FILTER: Final = "1035"
RULES_FILE: Final = "extract/smart-list.json"
# Of a job: that its file is of no use as it is, but holds everybody, or the ids that the filter of this place names.
EVERYBODY: Final = "everybody"
MOST_LISTS: Final = 10_000  # that have a name in theirs


@dataclass(frozen=True, slots=True)
class SmartList:
    """As it was when the extract was ordered. `kept`: the columns of the service; `read`: and those of the rules."""

    rules: SmartRules
    kept: Sequence[str]
    read: Sequence[str]


def columns_of(work: Work, execution: Execution, job: Job) -> Sequence[str]:
    """REST names."""
    return smart_list_of(work, execution).read if job.get("sifted") == EVERYBODY else job["fields"]


def smart_list_of(work: Work, execution: Execution) -> SmartList:
    """Raises `NotFound`."""
    told = read_json(work, execution, RULES_FILE)
    rules = read_smart_rules(told["rules"], [LeadField(**field) for field in told["fields"]])
    return SmartList(rules, told["kept"], told["read"])


def instead_of(work: Work, execution: Execution, refused: Job) -> list[Job]:
    """Jobs in the place of the refused one. Raises `MarketoRefused` where the list's rules need more than fields."""
    chosen = execution.service.list
    if execution.undoes is not None or chosen is None:
        log_line(work, execution, "export", "is told that the instance exports no smart lists: leads come by their ids")
        return []
    marketo = marketo_of(work, execution)
    fields = marketo.fields()
    raw, rules, lists = rules_of_list(marketo, chosen, fields)
    kept = list(dict.fromkeys(["id", *refused["fields"]]))
    read = list(dict.fromkeys([*kept, *rules.columns]))
    facts = {"rules": raw, "fields": [asdict(field) for field in fields], "kept": refused["fields"], "read": read}
    write_json(work, execution, RULES_FILE, facts)
    begun, until = (_whole(moment) for moment in (marketo.begun_at() - DAY_MS, work.clock() + SECOND_MS))
    windows = [{"createdAt": window.as_filter()} for window in cut(begun, until)]
    log_line(
        work,
        execution,
        "export",
        "is told that the instance exports no smart lists: everybody is exported, and the list's rules applied here",
        windows=len(windows),
        lists=len(lists),
        filters=len(rules.filters),
    )
    members = [_job(["id"], {"staticListId": one.id}, place) for place, one in lists]
    # What they read is in the file: with it in each of two hundred jobs an execution would not fit into its store.
    return [*members, *(_job([], window, EVERYBODY) for window in windows)]


def rules_of_list(
    marketo: Marketo, chosen: ListReference, fields: Sequence[LeadField]
) -> tuple[Mapping[str, Any], SmartRules, list[tuple[int, LeadList]]]:
    """As they are shown, and read; the static lists that they name, by the place of their filter. Raises
    `MarketoRefused` where fields of leads cannot answer them."""
    raw = marketo.smart_list_rules(chosen.id)
    try:
        if raw is None:
            raise InvalidRequest("it shows no rules: it was deleted, or is one of Marketo's own")
        rules = read_smart_rules(raw, fields)
        return raw, rules, list(_lists(marketo, rules))
    except InvalidRequest as error:
        raise _refused(chosen, str(error)) from None


def _whole(moment: int) -> int:
    return moment // SECOND_MS * SECOND_MS


def _job(fields: list[str], filter: dict[str, Any], sifted: int | str) -> Job:
    return {"kind": "leads", "fields": fields, "filter": filter, "id": None, "enqueued": False, "sifted": sifted}


def _lists(marketo: Marketo, rules: SmartRules) -> Iterator[tuple[int, LeadList]]:
    """By the place of the filter that names them."""
    for place, one in enumerate(rules.filters):
        if isinstance(one, OfLists):
            for name in one.names:
                yield place, _list_named(marketo, name)


def _list_named(marketo: Marketo, name: str) -> LeadList:
    """A list of a program is named with its program, as `Program.List`."""
    last = name.rpartition(".")[2]
    found = marketo.lists("static", name=last, limit=MOST_LISTS) if last else []
    named = [one for one in found if name == one.name or (one.program and name == f"{one.program}.{one.name}")]
    alone = [one for one in named if one.name == name and not one.program]
    named = alone or named
    if len(named) != 1:
        there = "no static list is" if not named else f"{len(named)} static lists are"
        raise InvalidRequest(
            f"its filter 'Member of List' cannot be answered from the fields of leads: {there} called so"
        )
    return named[0]


def _refused(chosen: ListReference, reason: str) -> MarketoRefused:
    return MarketoRefused(
        f"This instance does not export smart lists (1035), and who is on {chosen.name!r} ({chosen.id}) cannot be "
        f"found out in another way: {reason}. Let a smart campaign add its members to a static list, and choose that "
        "list for the service.",
        marketo_code=UNSUPPORTED_FILTER,
        field="list",
    )
