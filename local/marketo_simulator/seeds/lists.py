"""Partitions, folders, lists, programs and campaigns of the seed."""

from datetime import datetime, timedelta
from typing import Any, Final

import orjson

from local.marketo_simulator.seeds.leads import YEARS
from local.marketo_simulator.store import Store

PARTITIONS: Final = (
    (1, "Default", "Initial system lead partition"),
    (2, "EMEA", "Europe, Middle East, Africa"),
    (3, "APJ", "Asia, Pacific, Japan"),
)
FOLDERS: Final = (
    (1, "Lead Database", None, "/Lead Database"),
    (2, "Marketing Activities", None, "/Marketing Activities"),
    (13, "Group Lists", 1, "/Lead Database/Group Lists"),
    (14, "Imported Lists", 13, "/Lead Database/Group Lists/Imported Lists"),
    (15, "Group Smart Lists", 1, "/Lead Database/Group Smart Lists"),
    (21, "Webinars", 2, "/Marketing Activities/Webinars"),
)
# Name, program, folder, and which leads are members: SQL over `leads`.
STATIC_LISTS: Final = (
    ("All leads", None, 13, "true"),
    ("Webinar", "Spring Webinar", 14, "hash(id) % 20 = 0 or lower(email) in (select lower(email) from leads "
     "where hash(id) % 20 = 0 and email is not null)"),
    ("Newsletter", None, 14, "email is not null and not unsubscribed and hash(id, 1) % 3 = 0"),
    ("Trade show badge scans", "Trade Show", 14, "\"leadSource\" = 'Trade Show' and hash(id, 2) % 2 = 0"),
    ("Nobody yet", None, 13, "false"),
)  # fmt: skip
PROGRAMS: Final = (
    (1101, "Spring Webinar", "Webinar"),
    (1102, "Trade Show", "Tradeshow"),
    (1103, "Monthly Newsletter", "Email Send"),
)
CAMPAIGNS: Final = (
    (1201, "Send invitation", "Spring Webinar", "batch"),
    (1202, "Registered", "Spring Webinar", "trigger"),
    (1203, "Badge scanned", "Trade Show", "trigger"),
    (1204, "Send newsletter", "Monthly Newsletter", "batch"),
    (1205, "Score clicks", "Monthly Newsletter", "trigger"),
)


def _rule(name: str, operator: str, *values: str) -> dict[str, Any]:
    condition = {"activityAttributeName": name, "operator": operator, "values": list(values), "isPrimary": True}
    return {"name": name, "ruleType": "Data Value", "operator": "And", "conditions": [condition]}


SMART_LISTS: Final[tuple[tuple[str, list[dict[str, Any]], int | None], ...]] = (
    ("All people", [_rule("Id", "is not empty")], None),
    ("Same e-mail address", [_rule("Duplicate Fields", "is", "Email Address")], None),
    ("Germany", [_rule("Country", "is", "Germany")], None),
    ("Without an address", [_rule("Email Address", "is empty")], None),
    ("No filters", [], None),
    ("Smart List", [_rule("Member of List", "in", "Webinar")], 1101),
)


def seed_lists(store: Store, now: datetime) -> None:
    """The instance is a day older than its first lead: folders tell clients how far back leads can go."""
    begun = now - timedelta(milliseconds=YEARS, days=1)
    with store.writing() as cursor:
        cursor.executemany("insert into partitions values (?, ?, ?)", PARTITIONS)
        cursor.executemany("insert into folders values (?, ?, ?, ?, ?)", [(*one, begun) for one in FOLDERS])
        cursor.executemany("insert into programs values (?, ?, ?, 21, ?)", [(*one, begun) for one in PROGRAMS])
        cursor.executemany("insert into campaigns values (?, ?, ?, ?, true, ?)", [(*one, begun) for one in CAMPAIGNS])
        for number, (name, program, folder, members) in enumerate(STATIC_LISTS, start=1001):
            row = [number, name, program, folder, begun, now]
            cursor.execute("insert into static_lists values (?, ?, '', ?, 'Default', ?, ?, ?)", row)
            cursor.execute(
                "insert into static_list_members "
                f'select {number}, id, "createdAt" from leads where {members} order by id'
            )
        for number, (name, filters, of_program) in enumerate(SMART_LISTS, start=1051):
            rules = orjson.dumps({"filterMatchType": "all", "triggers": [], "filters": filters}).decode()
            cursor.execute(
                "insert into smart_lists values (?, ?, '', 'Default', 15, ?, null, ?, ?, ?)",
                [number, name, of_program, rules, begun, now],
            )
        _seed_program_members(store)


def _seed_program_members(store: Store) -> None:
    """Everybody on the list of a program is its member; one in four got to where the program wants people."""
    with store.writing() as cursor:
        cursor.execute(
            """
            insert into program_members
            select p.id, m.lead, if(hash(m.lead, 3) % 4 = 0, 'Attended', 'Invited'), hash(m.lead, 3) % 4 = 0, false,
                   'norm', m.added_at, m.added_at
            from static_list_members m join static_lists s on s.id = m.list join programs p on p.name = s.program
            """
        )
