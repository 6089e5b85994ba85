"""Rules of importing activities: which become events, of whom, and how far back the first import begins."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

from touchline.domain.leads.rule_reading import Section, refuse, suggest
from touchline.domain.marketo.activity_types import ACTIONS, USUAL

VERSION: Final = 1
MOST_FIRST_DAYS: Final = 365  # older events are not taken in after 400 days, and some of these come late
USUAL_FIRST_DAYS: Final = 31  # one export
MOST_LATE_HOURS: Final = 168
USUAL_LATE_HOURS: Final = 24

People = Literal["lead", "address"]


@dataclass(frozen=True, slots=True)
class ActivityRules:
    """`people`: whether an event's actor is the lead by its id, or its address, where it has one. `addresses`: an
    actor that is a lead carries its address beside the id. `late_hours`: so far each import looks back behind the end
    of the one before, for what Marketo noted late.
    """

    actions: tuple[str, ...]
    people: People = "lead"
    addresses: bool = False
    first_days: int = USUAL_FIRST_DAYS
    late_hours: int = USUAL_LATE_HOURS

    @property
    def types(self) -> tuple[int, ...]:
        """Marketo's numbers, ascending."""
        return tuple(sorted(ACTIONS[action].number for action in self.actions))

    @property
    def needs_addresses(self) -> bool:
        return self.addresses or self.people == "address"


def parse_activity_rules(raw: Mapping[str, object]) -> ActivityRules:
    """`{}` imports the usual actions of the last 31 days, by the ids of leads.

    Raises `InvalidRequest` whose `field` is the place, as `rules.actions[0]`.
    """
    rules = Section(raw, "rules", ("version", "actions", "people", "addresses", "first_days", "late_hours"))
    rules.whole("version", VERSION, VERSION, VERSION)
    return ActivityRules(
        _actions(rules),
        rules.one_of("people", get_args(People), "lead"),
        rules.flag("addresses", False),
        rules.whole("first_days", USUAL_FIRST_DAYS, 1, MOST_FIRST_DAYS),
        rules.whole("late_hours", USUAL_LATE_HOURS, 0, MOST_LATE_HOURS),
    )


def needs_list(raw: Mapping[str, object]) -> bool:
    """Addresses are read from the leads of a list. `raw` may be wrong elsewhere: that is said when it is parsed."""
    return raw.get("people") == "address" or raw.get("addresses") is True


def _actions(rules: Section) -> tuple[str, ...]:
    named = rules.texts("actions", len(ACTIONS))
    if rules.has("actions") and not named:
        raise refuse(rules.place("actions"), "names nothing to import: leave it out, or give at least one action.")
    for place, action in enumerate(named):
        if action not in ACTIONS:
            raise refuse(
                f"{rules.place('actions')}[{place}]", f"{action!r} is not imported. {suggest(action, ACTIONS)}"
            )
        if action in named[:place]:
            raise refuse(f"{rules.place('actions')}[{place}]", f"{action!r} is there twice.")
    return named or USUAL


def needed_fields(rules: ActivityRules) -> list[str]:
    """The columns of leads that an extract of the list needs."""
    return ["id", "email"] if rules.needs_addresses else ["id"]


def describe_activity_rules(rules: ActivityRules) -> list[str]:
    what = ", ".join(f"{ACTIONS[action].name} as {action}" for action in rules.actions)
    if rules.people == "address":
        who = "Who did it is the lead's address, by the workspace's rule for addresses; its id where it has none."
    else:
        who = "Who did it is the lead by its id" + (", with its address beside it." if rules.addresses else ".")
    return [
        f"Imported are: {what}.",
        who,
        f"The first import begins {rules.first_days} days back; each later one where the last ended, and "
        f"{rules.late_hours} hours before that, for what Marketo noted late. What comes twice counts once.",
    ]


def rule_warnings(rules: ActivityRules) -> list[str]:
    warnings = []
    if rules.people == "address":
        warnings.append(
            "Leads with one address are one person, and a lead whose address changes is another person from then on."
        )
    if "page_viewed" in rules.actions:
        warnings.append("Visits of pages are often most of all activities: they count against 500 MB of exports a day.")
    if rules.late_hours == 0:
        warnings.append("With late_hours 0, what Marketo notes after an import has passed its time is never imported.")
    return warnings
