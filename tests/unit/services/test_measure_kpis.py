"""What key figures are made of, against an oracle that counts document by document, and the laws of counting."""

from datetime import date
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st
from touchline.adapters.memory.event_columns import MemoryEventColumns
from touchline.adapters.memory.spend_sheets import MemorySpendSheets
from touchline.domain.goals import Goal
from touchline.domain.kpis.measured import Measured
from touchline.domain.kpis.question import ROLES, KpisQuestion
from touchline.domain.queries.clock import DAY
from touchline.domain.queries.fields import Field
from touchline.domain.queries.filters import Filter
from touchline.domain.queries.intervals import Interval
from touchline.domain.queries.questions import Breakdown
from touchline.domain.queries.ranges import TimeRange
from touchline.domain.queries.scope import Scope
from touchline.domain.spend import Spend, SpendSheet
from touchline.domain.tenancy import Tenant
from touchline.services.measure_kpis import Asked, measure_kpis
from touchline.services.sources import Unhurried

type Event = dict[str, Any]

START = 20_000 * DAY
EDGES = [START, START + DAY, START + 2 * DAY]
ACME = Tenant("acme", "Acme", "hash", b"k" * 32, 1_000, "UTC", "monday", 0)
CAMPAIGN, ACTION = Field("context.campaign", "text"), Field("action", "text")
ACTIONS = [actions[0] for actions in ROLES.values()] + ["order", "order", "email_opened", "spend_recorded"]
SCOPE = Scope(TimeRange(EDGES[0], EDGES[-1]), ZoneInfo("UTC"), "monday")


def question(counted: str, **more: Any) -> KpisQuestion:
    goal = Goal("g", 1, "Order", ((Filter(ACTION, "eq", ("order",)),),), counted, "event")  # type: ignore[arg-type]
    kpis = ("open_rate", "cac", "conversion_rate")
    return KpisQuestion(SCOPE, Interval("day"), kpis, ROLES, Field("context.message", "text"), goal, **more)


@st.composite
def documents(draw: st.DrawFn) -> list[Event]:
    made = []
    for number in range(draw(st.integers(0, 60))):
        one: Event = {
            # Seconds, so that what is quick is there, too.
            "@timestamp": START - DAY + 1_000 * draw(st.integers(0, 3 * 86_400) | st.integers(86_390, 86_420)),
            "sequence": number,
            "id": f"e{number}",
            "tenant": "acme",
            "action": draw(st.sampled_from(ACTIONS)),
            "actor": {"id": draw(st.sampled_from("abcd"))},
            "context": {
                name: value
                for name in ("campaign", "message")
                if (value := draw(st.sampled_from(["x", "y", "z", None]))) is not None
            },
        }
        if draw(st.booleans()):
            one["value"] = {"amount_e4": draw(st.integers(0, 10**6)), "currency": draw(st.sampled_from(["EUR", "USD"]))}
        if draw(st.integers(0, 4)) == 0:
            one["properties"] = ["user_agent=Mozilla/5.0"]
        made.append(one)
    return made


def measure(made: list[Event], asked: KpisQuestion, *sheets: SpendSheet) -> Measured:
    spend = MemorySpendSheets()
    for sheet in sheets:
        spend.put("acme", sheet)
    sources: Any = SimpleNamespace(columns=MemoryEventColumns(made), spend=spend)
    return measure_kpis(Asked(asked, ACME, sources, Unhurried()), EDGES)[0]


def order(event: Event) -> tuple[Any, ...]:
    return event["@timestamp"], event["sequence"], event["id"]


def pair(event: Event) -> tuple[str, str | None]:
    return event["actor"]["id"], event["context"].get("message")


def is_quick(event: Event, made: list[Event]) -> bool:
    arrived = [
        e["@timestamp"]
        for e in made
        if e["action"] in ("email_sent", "email_delivered")
        and pair(e) == pair(event)
        and order(e) < order(event)
        and e["@timestamp"] >= START - 2_000
    ]
    return bool(arrived) and event["@timestamp"] - max(arrived) < 2_000


def by_hand(made: list[Event], counted: str, start: int, end: int, campaign: object = ...) -> dict[str, Any]:
    """Over [start, end), of one campaign where it is named."""
    orders = sorted((e for e in made if e["action"] == "order" and e["@timestamp"] < EDGES[-1]), key=order)
    firsts = {e["actor"]["id"]: e["id"] for e in reversed(orders)}
    if counted == "once":
        orders = [e for e in orders if e["id"] in firsts.values()]
    inside = [e for e in made if start <= e["@timestamp"] < end and campaign in (..., e["context"].get("campaign"))]
    own = [e for e in inside if e["id"] in {one["id"] for one in orders}]

    def pairs(action: str, *, human: bool = False) -> int:
        did = [e for e in inside if e["action"] in ROLES[action]]  # type: ignore[index]
        if human:
            did = [e for e in did if "properties" not in e and not is_quick(e, made)]
        return len({pair(e) for e in did})

    def money(events: list[Event]) -> dict[str, int]:
        found: dict[str, int] = {}
        for value in (e["value"] for e in events if "value" in e):
            found[value["currency"]] = found.get(value["currency"], 0) + value["amount_e4"]
        return {currency: total for currency, total in found.items() if total}

    sent, bounced = (sum(e["action"] in ROLES[role] for e in inside) for role in ("sent", "bounced"))  # type: ignore[index]
    entries = [e for e in inside if e["action"] in ROLES["entered"]]
    followed = {
        e["actor"]["id"]
        for e in entries
        if any(o["actor"]["id"] == e["actor"]["id"] and o["@timestamp"] >= e["@timestamp"] for o in orders)
    }
    return {
        "sent": sent,
        "bounced": bounced,
        "delivered": sent - bounced,
        "openers": pairs("opened"),
        "human_openers": pairs("opened", human=True),
        "clickers": pairs("clicked"),
        "human_clickers": pairs("clicked", human=True),
        "unsubscribed": pairs("unsubscribed"),
        "complained": pairs("complained"),
        "entered": len({e["actor"]["id"] for e in entries}),
        "entered_converted": len(followed),
        "conversions": len(own),
        "converters": len({e["actor"]["id"] for e in own}),
        "new_customers": sum(e["id"] in firsts.values() for e in own),
        "value": money(own),
        "spend": money([e for e in inside if e["action"] == "spend_recorded"]),
    }


def told(measured: Measured, row: int, bucket: int | None, names: Any) -> dict[str, Any]:
    inputs = measured.inputs(row, bucket)
    return {
        name: {c: n for c, n in found.items() if n} if isinstance(found := inputs[name], dict) else found
        for name in names
    }


@given(documents(), st.sampled_from(["every", "once"]))
def test_inputs_are_those_of_the_oracle_over_the_range_and_each_bucket(made: list[Event], counted: str) -> None:
    measured = measure(made, question(counted))
    for bucket, (start, end) in {None: (EDGES[0], EDGES[2]), 0: (EDGES[0], EDGES[1]), 1: (EDGES[1], EDGES[2])}.items():
        expected = by_hand(made, counted, start, end)
        assert told(measured, 0, bucket, expected) == expected


@given(documents())
def test_rows_of_a_breakdown_are_those_of_the_oracle(made: list[Event]) -> None:
    measured = measure(made, question("every", breakdown=Breakdown(CAMPAIGN, 10)))
    rows = {key: 1 + place for place, key in enumerate(measured.rows.keys)} | {None: measured.rows.number - 1}
    for key, row in rows.items():
        expected = by_hand(made, "every", EDGES[0], EDGES[2], key)
        assert told(measured, row, None, expected) == expected


@given(documents(), st.integers(1, 3))
def test_what_adds_up_adds_up_over_rows_and_buckets(made: list[Event], top: int) -> None:
    measured = measure(made, question("every", breakdown=Breakdown(CAMPAIGN, top)))
    for name in ("sent", "bounced", "delivered", "conversions", "new_customers"):
        counted = measured.counted[name]
        assert counted.total[0] == counted.total[1:].sum()
        assert (counted.buckets.sum(axis=1) == counted.total).all()
    for by_currency in (measured.money["value"], measured.money["spend"]):
        for money in by_currency.values():
            assert money.total[0] == money.total[1:].sum() == money.buckets[0].sum()


@given(documents(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_nothing(made: list[Event], chance: Any) -> None:
    shuffled = made[:]
    chance.shuffle(shuffled)
    one, other = (measure(events, question("every")) for events in (made, shuffled))
    assert one.inputs(0) == other.inputs(0)


@given(documents())
def test_without_machines_there_are_never_more(made: list[Event]) -> None:
    inputs = by_name(measure(made, question("every")))
    assert inputs["human_openers"] <= inputs["openers"]
    assert inputs["human_clickers"] <= inputs["clickers"]


def by_name(measured: Measured) -> dict[str, Any]:
    return dict(measured.inputs(0))


def test_sheets_and_events_are_added_by_the_day_of_the_question_s_zone() -> None:
    day = date(2024, 10, 4)  # 20,000 days after 1970
    lines = (Spend(day, "ads", "x", 7, "EUR"), Spend(date(2024, 10, 6), "ads", "x", 1_000, "EUR"))
    event = {
        "@timestamp": START + 5,
        "sequence": 1,
        "id": "1",
        "tenant": "acme",
        "action": "spend_recorded",
        "actor": {"id": "finance"},
        "value": {"amount_e4": 30, "currency": "EUR"},
    }
    asked = question("every", breakdown=Breakdown(CAMPAIGN, 5))
    measured = measure([event], asked, SpendSheet("a", 0, lines), SpendSheet("b", 0, lines[:1]))
    assert measured.inputs(0)["spend"] == {"EUR": 44}
    assert measured.inputs(0, 1)["spend"] == {"EUR": 0}


def test_a_value_with_spend_and_no_message_has_a_row_of_its_own() -> None:
    lines = tuple(Spend(date(2024, 10, 4), None, campaign, 7, "EUR") for campaign in ("quiet", "silent", None))
    measured = measure([], question("every", breakdown=Breakdown(CAMPAIGN, 1)), SpendSheet("a", 0, lines))
    assert measured.rows.keys == ("quiet",)
    assert [measured.inputs(row)["spend"] for row in range(4)] == [{"EUR": 21}, {"EUR": 7}, {"EUR": 7}, {"EUR": 7}]
