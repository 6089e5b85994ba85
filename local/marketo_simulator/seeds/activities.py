"""What happened to the leads of the seed: mailings sent, delivered, opened, clicked, and what follows from clicks.

Each lead's activities of a mailing follow from each other; times are whole seconds, as Marketo's are.
"""

from datetime import datetime
from typing import Final

import duckdb

from local.marketo_simulator.bulk_files import literal
from local.marketo_simulator.seeds.mailings import ACTIVITIES_A_SEND, BROWSER, FORM, MAILINGS, PAGE, PROXY
from local.marketo_simulator.store import Store

_RUN: Final = """'"Campaign Run ID":' || asset || ',"Choice Number":0,"Has Predictive":false,"Step ID":' || campaign
    || ',"Test Variant":' || variant"""
_DEVICE: Final = """'"Browser":"Safari","Device":"Mac","Is Mobile Device":false,"Platform":"macOS","User Agent":' """

# Who was sent what, when, and what came of it: hours and seconds are drawn from lead and mailing.
_SENDS: Final = """
create or replace temp table sends as
select l.id as lead, l.email, m.*, m.sent_from + to_seconds(drawn(l.id, asset, 'hour', 10800)) as sent_at,
    1 + drawn(l.id, asset, 'variant', 2) as variant,
    coalesce(l."emailInvalid", false) or drawn(l.id, asset, 'bounced', 1000) < 21 as bounced,
    l.unsubscribed as unsubscribes,
    drawn(l.id, asset, 'opened', 1000) < 260 + 60 * (1 + drawn(l.id, asset, 'variant', 2)) as opened,
    drawn(l.id, asset, 'proxy', 1000) < 30 as by_machine,
    drawn(l.id, asset, 'clicked', 1000) < 200 as clicked,
    drawn(l.id, asset, 'form', 1000) < 300 as filled_form
from leads l, mailings m
where m.asset = {asset} and l.email is not null and l."createdAt" < m.sent_from
    and drawn(l.id, asset, 'sent', 1000000) < {share}
    and (not l.unsubscribed or m.asset = {first})
"""

# Type, its moment, its asset and the asset's name, its attributes, which sends have it.
_STEPS: Final = (
    (6, "sent_at", "asset", "name", f"'{{' || {_RUN} || '}}'", "true"),
    (7, "sent_at + interval 4 second", "asset", "name", f"'{{' || {_RUN} || '}}'", "not bounced"),
    (
        *("if(drawn(lead, asset, 'soft', 10) < 4, 27, 8)", "sent_at + interval 9 second", "asset", "name"),
        """'{"Category":"2","Details":"550 5.1.1 mailbox unavailable","Email":' || to_json(email)
        || ',"Subcategory":"2003",' || """ + _RUN + " || '}'",
        "bounced",
    ),
    (
        *(10, "sent_at + interval 5 second", "asset", "name"),
        f"""'{{"Bot Activity Pattern":"Match with known proxies","Is Bot Activity":true,' || {_DEVICE}
        || {literal(f'"{PROXY}"')} || ',' || {_RUN} || '}}'""",
        "by_machine and not bounced",
    ),
    (
        *(10, "sent_at + to_seconds(10 + drawn(lead, asset, 'open', 90000))", "asset", "name"),
        f"""'{{"Bot Activity Pattern":"","Is Bot Activity":false,' || {_DEVICE} || {literal(f'"{BROWSER}"')}
        || ',' || {_RUN} || '}}'""",
        "opened and not bounced",
    ),
    (
        *(11, "sent_at + to_seconds(40 + drawn(lead, asset, 'open', 90000))", "asset", "name"),
        f"""'{{"Link":"https://www.example.com/' || if(variant = 1, 'pricing', 'agenda') || '","Link ID":"' || asset
        || '-' || variant || '","Is Bot Activity":false,' || {_DEVICE} || {literal(f'"{BROWSER}"')} || ',' || {_RUN}
        || '}}'""",
        "clicked and opened and not bounced",
    ),
    (
        *(22, "sent_at + to_seconds(41 + drawn(lead, asset, 'open', 90000))", "{score}", "'Lead Score'"),
        """'{"Change Value":"+5","New Value":' || 5 + drawn(lead, asset, 'score', 100) || ',"Old Value":'
        || drawn(lead, asset, 'score', 100) || ',"Priority":10,"Reason":"Clicked link in email","Urgency":1.5}'""",
        "clicked and opened and not bounced",
    ),
    (
        *(1, "sent_at + to_seconds(42 + drawn(lead, asset, 'open', 90000))", str(PAGE[0]), literal(PAGE[1])),
        """'{"Client IP Address":"192.0.2.' || drawn(lead, 1, 'ip', 250) || '","Query Parameters":"utm_source=marketo",'
        || '"Referrer URL":"","Webpage URL":"/spring-webinar"}'""",
        "clicked and opened and not bounced and program = 1101",
    ),
    (
        *(2, "sent_at + to_seconds(160 + drawn(lead, asset, 'open', 90000))", str(FORM[0]), literal(FORM[1])),
        """'{"Client IP Address":"192.0.2.' || drawn(lead, 1, 'ip', 250) || '","Form Fields":'
        || to_json('a:1:{s:5:"Email";s:' || strlen(email) || ':"' || email || '";}')
        || ',"Referrer URL":"https://www.example.com/agenda","Webpage ID":1501}'""",
        "filled_form and clicked and opened and not bounced and program = 1101",
    ),
    (
        *(104, "sent_at + to_seconds(161 + drawn(lead, asset, 'open', 90000))", "program", "'Spring Webinar'"),
        """'{"Acquired By":false,"New Status":"Registered","New Status ID":27,"Old Status":"Invited",'
        || '"Old Status ID":25,"Program Member ID":' || lead || ',"Reason":"Filled out form","Success":false}'""",
        "filled_form and clicked and opened and not bounced and program = 1101",
    ),
    (
        *(9, "sent_at + to_seconds(25 + drawn(lead, asset, 'unsubscribe', 9000))", "asset", "name"),
        """'{"Client IP Address":"192.0.2.9","Form Fields":' || to_json('a:1:{s:5:"Email";s:' || strlen(email) || ':"'
        || email || '";}') || ',"Webform ID":1,' || """ + _RUN + " || '}'",
        "unsubscribes and not bounced",
    ),
)  # fmt: skip
_NEW_LEADS: Final = """
insert into happened select id, "createdAt", 12, null, null, null,
    '{"Created Date":"' || strftime("createdAt", '%Y-%m-%d') || '","Source Type":"List import"}' from leads
"""
_ON_LISTS: Final = """
insert into happened select m.lead, greatest(m.added_at, l."createdAt"), 24, null, m.list, s.name,
    '{"Source":"List import"}'
from static_list_members m join static_lists s on s.id = m.list join leads l on l.id = m.lead
where s.name <> 'All leads'
"""


def seed_activities(store: Store, now: datetime, seed: int, a_lead: float) -> None:
    """About `a_lead` for each lead: its creation, and mailings for the rest. None at all where that is 0.

    One mailing after the other, so that memory holds what came of one.
    """
    if a_lead <= 0:
        return
    with store.writing() as cursor:
        _prepare(cursor, now, seed)
        share = _share(cursor, a_lead)
        cursor.execute(_NEW_LEADS)
        cursor.execute(_ON_LISTS)
        _keep(cursor, now)
        for mailing in MAILINGS:
            cursor.execute(_SENDS.format(share=share, first=MAILINGS[0].asset, asset=mailing.asset))
            _follow(cursor)
            _keep(cursor, now)
        for table in ("happened", "sends", "mailings"):
            cursor.execute(f"drop table {table}")


def _follow(cursor: duckdb.DuckDBPyConnection) -> None:
    """What came of the sends."""
    for type, moment, asset, name, attributes, which in _STEPS:
        told = str(asset).replace("{score}", "(select any_value(number) from lead_fields where name = 'leadScore')")
        cursor.execute(
            f"insert into happened select lead, {moment}, {type}, campaign, {told}, {name}, {attributes}"
            f" from sends where {which}"
        )


def _prepare(cursor: duckdb.DuckDBPyConnection, now: datetime, seed: int) -> None:
    cursor.execute(
        "create or replace temp macro drawn(lead, asset, what, below) as"
        f" (hash(lead, asset, what, {seed}) % below)::bigint"
    )
    rows = ", ".join(
        f"({one.asset}, {literal(one.name)}, {one.program}, {one.campaign},"
        f" timestamp '{now.replace(microsecond=0)}' - interval {one.days} day)"
        for one in MAILINGS
    )
    columns = "asset, name, program, campaign, sent_from"
    cursor.execute(f"create or replace temp table mailings as select * from (values {rows}) m({columns})")
    cursor.execute(
        "create or replace temp table happened (lead bigint, happened_at timestamp, type integer, campaign integer,"
        " asset bigint, name varchar, attributes varchar)"
    )


def _share(cursor: duckdb.DuckDBPyConnection, a_lead: float) -> int:
    """Which part of all that could be sent is sent, in millionths."""
    found = cursor.execute(
        """
        select count(*), (select count(*) from leads l, mailings m where l.email is not null
            and l."createdAt" < m.sent_from and (not l.unsubscribed or m.asset = ?)) from leads
        """,
        [MAILINGS[0].asset],
    ).fetchone()
    leads, possible = found or (0, 0)
    wanted = max(0.0, leads * (a_lead - 1) / ACTIVITIES_A_SEND)
    return min(1_000_000, round(1_000_000 * wanted / possible)) if possible else 0


def _keep(cursor: duckdb.DuckDBPyConnection, now: datetime) -> None:
    """Numbered in the order in which it happened; what would lie ahead has not happened yet."""
    kept = cursor.execute("select coalesce(max(guid), 0) from activities").fetchone()
    cursor.execute(
        """
        insert into activities
        select ? + row_number() over (order by happened_at, lead, type), lead, happened_at, type, campaign, asset, name,
               attributes
        from happened where happened_at <= ? order by happened_at, lead, type
        """,
        [kept[0] if kept else 0, now],
    )
    cursor.execute("truncate happened")
    counted = cursor.execute("select coalesce(max(guid), 0) + 1 from activities").fetchone()
    cursor.execute(f"create or replace sequence activity_guids start {counted[0] if counted else 1}")
