"""What a marketing team wants to know after thirty days, as questions to the API, each told in a few lines."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from local.demo.api import Api
from local.demo.goals import ORDER, TRIAL
from local.sample_data import SampleData

type Json = dict[str, Any]
type Row = tuple[str, ...]

CAMPAIGN = "autumn-launch"
STEPS = (
    ("delivered", "email_delivered"),
    ("opened", "email_opened"),
    ("clicked", "link_clicked"),
    ("trial", "trial_started"),
    ("order", "order_completed"),
)
AGES = (0, 1, 3, 7, 14)


@dataclass(frozen=True, slots=True)
class Told:
    """`rows` as a table, its first the heading; then the sentence that says it, and where the numbers come from."""

    title: str
    rows: list[Row]
    sentence: str
    definition: str


@dataclass(frozen=True, slots=True)
class Chapter:
    title: str
    kind: str
    body: Json
    tell: Callable[[Json], tuple[list[Row], str]]


def tell(reader: Api, data: SampleData, goals: dict[str, str]) -> Iterator[Told]:
    """`goals`: ids by name."""
    for chapter in chapters(data.since.date(), data.now.date() + timedelta(days=1), goals):
        answer = reader.post(f"/v1/queries/{chapter.kind}", chapter.body)
        rows, sentence = chapter.tell(answer)
        exact = "Exact" if answer["accuracy"]["exact"] else f"An estimate ({answer['accuracy']['bound']})"
        definition = answer["definition"].rstrip(".")
        yield Told(chapter.title, rows, sentence, f"{definition}. {exact}, as of {answer['as_of'][:19]}.")


def chapters(first: date, after: date, goals: dict[str, str]) -> list[Chapter]:
    order, trial = goals[ORDER["name"]], goals[TRIAL["name"]]
    span = {"from": first.isoformat(), "to": after.isoformat()}
    launch = span | {"filters": [_is("context.campaign", CAMPAIGN)]}
    key_figures = ("sent", "delivered", "open_rate", "human_open_rate", "click_rate", "unsubscribe_rate", "cac", "roas")
    worth = ("clv_historic", "clv_predicted", "cac", "ltv_cac", "payback_months")
    return [
        Chapter("What happened?", "kpis", span | {"kpis": list(key_figures), "goal": order}, _figures),
        Chapter(
            f"Which message of {CAMPAIGN} won, and how sure is that?",
            "comparison",
            launch
            | {
                "exposure": [[_is("action", "email_delivered")]],
                "outcomes": [
                    {"name": "opened", "any_of": [[_is("action", "email_opened")]]},
                    {"name": "clicked", "any_of": [[_is("action", "link_clicked")]]},
                    {"name": "started a trial", "goal": trial},
                ],
            },
            _arms,
        ),
        Chapter(
            "Which channel earned the orders?",
            "attribution",
            span
            | {
                "goal": order,
                "dimension": "context.channel",
                "models": ["first", "last", "last_non_direct", "linear", "data_driven"],
            },
            _credits,
        ),
        Chapter(
            f"Of those whom {CAMPAIGN} reached, who started a trial, and when?",
            "cohorts",
            span | {"goal": trial, "values": [CAMPAIGN], "interval": "week", "ages": AGES[-1] + 1},
            _cohorts,
        ),
        Chapter(
            "Where do people get lost on the way?",
            "funnel",
            span
            | {
                "steps": [{"name": name, "filters": [_is("action", action)]} for name, action in STEPS],
                "window": "14 days",
            },
            _steps,
        ),
        Chapter("Who comes back?", "retention", span | {"interval": "week", "entry": "first", "periods": 4}, _weeks),
        Chapter("What is a customer worth?", "kpis", span | {"kpis": list(worth), "goal": order}, _figures),
    ]


def _is(field: str, value: str) -> Json:
    return {"field": field, "is": "eq", "value": value}


def _figures(answer: Json) -> tuple[list[Row], str]:
    figures, titles = answer["rows"][0]["figures"], {one["name"]: one for one in answer["kpis"]}
    rows: list[Row] = [("figure", "value", "how it is made")]
    for name, figure in figures.items():
        value = _shown(figure["value"], titles[name]["unit"])
        rows.append((titles[name]["title"], value, figure["why_not"] or titles[name]["definition"]))
    return rows, f"Machine opens are told apart by rule {answer['machines']['version']}."


def _arms(answer: Json) -> tuple[list[Row], str]:
    rows: list[Row] = [("outcome", "message", "contacts", "did it", "rate", "95 % interval", "verdict")]
    for outcome in answer["outcomes"]:
        for arm in outcome["arms"]:
            low_high = arm["interval"]
            between = f"{low_high['low']:.1%} to {low_high['high']:.1%}" if low_high else "–"
            facts = (f"{arm['contacts']:,}", f"{arm['converted']:,}", _percent(arm["rate"]), between)
            rows.append((outcome["name"], str(arm["arm"]), *facts, arm["verdict"] or "baseline"))
    return rows, " ".join(f"{one['name'].capitalize()}: {one['conclusion']}" for one in answer["outcomes"])


def _credits(answer: Json) -> tuple[list[Row], str]:
    models = [model["name"] for model in answer["models"]]
    rows: list[Row] = [("channel", *(model.replace("_", " ") for model in models))]
    for row in answer["rows"]:
        if row["kind"] != "value" and not row["touches"]:
            continue
        name = str(row["key"]) if row["kind"] == "value" else f"({row['kind']})"
        rows.append((name, *(_decimal(row["credit"][model]["conversions"]) for model in models)))
    totals = answer["totals"]
    rows.append(("(no touch)", *([_decimal(totals["unattributed"]["conversions"])] * len(models))))
    rows.append(("all orders", *([_decimal(totals["all"]["conversions"])] * len(models))))
    return rows, "Every column adds up to all orders: an order's touches share it, and none is counted twice."


def _cohorts(answer: Json) -> tuple[list[Row], str]:
    rows: list[Row] = [("reached in the week of", "people", *(f"day {age}" for age in AGES), "ever", "median")]
    table = answer["cohorts"][0]
    for row in table["rows"]:
        ages = ("…" if row["by_age"][age] is None else f"{row['by_age'][age]:,}" for age in AGES)
        rows.append((row["from"][:10], f"{row['size']:,}", *ages, _percent(row["rate"]), _lasting(row["median_ms"])))
    total = table["total"]
    started = f"{total['converted']:,} of {total['size']:,} ({_percent(total['rate'])})"
    return rows, f"{started} have started a trial so far; … is an age that not everybody has reached yet."


def _steps(answer: Json) -> tuple[list[Row], str]:
    rows: list[Row] = [("step", "people", "of the first", "of the one before", "may still")]
    whole = answer["rows"][0]
    for asked, step in zip(answer["steps"], whole["steps"], strict=True):
        rates = (_percent(step["rate"]), _percent(step["rate_of_previous"]))
        rows.append((asked["name"], f"{step['people']:,}", *rates, f"{step['in_progress']:,}"))
    median = _lasting(whole["time_to_convert"]["median_ms"])
    return (
        rows,
        f"Half of those who went all the way took at most {median}; who may still go on is not counted as lost.",
    )


def _weeks(answer: Json) -> tuple[list[Row], str]:
    whole = answer["rows"][0]
    rows: list[Row] = [("first seen", "people", *(column["name"] for column in answer["columns"]))]
    for cohort, numbers in zip(answer["cohorts"], whole["cohorts"], strict=True):
        cells = (_percent(cell["rate"]) + ("" if cell["complete"] else " …") for cell in numbers["cells"])
        rows.append((cohort["from"][:10], f"{numbers['people']:,}", *cells))
    rows.append(("all", "", *(_percent(mean["rate"]) for mean in whole["mean"])))
    return rows, "The last row is pooled over complete cells only; … is a week that is not over."


def _shown(value: Any, unit: str) -> str:
    if isinstance(value, dict):
        return "   ".join(f"{currency} {_decimal(one)}" for currency, one in value.items()) or "–"
    if value is None:
        return "–"
    return _percent(value) if unit == "rate" else f"{value:,}"


def _percent(rate: float | None) -> str:
    return "–" if rate is None else f"{rate:.1%}"


def _decimal(value: Any) -> str:
    return "–" if value is None else f"{float(value):,.2f}"


def _lasting(milliseconds: int | None) -> str:
    if milliseconds is None:
        return "–"
    hours = milliseconds / 3_600_000
    return f"{hours / 24:.1f} days" if hours >= 48 else f"{hours:.1f} hours"
