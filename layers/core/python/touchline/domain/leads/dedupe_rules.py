"""What a customer wants deduplicated, as data: which leads are the same, which of them stays, and with what values.

`types` names every field that the rules read, with its Marketo type: an extract needs these columns and no others.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

VERSION: Final = 1
SCORE_SCALE: Final = (
    10_000  # scores of near matches are whole ten-thousandths, so that libraries' last bits say nothing
)

Normaliser = Literal["exact", "email", "canonical_email", "name", "given_name", "company", "phone", "domain"]
Method = Literal["jaro_winkler", "levenshtein"]
PreferenceKind = Literal[
    "salesforce_contact",
    "salesforce_lead",
    "email_valid",
    "most_engaged",
    "most_recently_updated",
    "oldest",
    "most_complete",
    "value",
]
ValueRule = Literal[
    "winner", "first_non_empty", "newest", "oldest", "max", "min", "sum", "union", "any_true", "all_true"
]
Take = Literal["winner", "first_non_empty", "newest", "oldest"]
Of = Literal["mark", "merge"]
OutcomeKind = Literal["preview", "mark", "merge"]

# Types of Marketo's fields.
TEXT: Final = frozenset({"string", "text"})
NUMBERS: Final = frozenset({"integer", "float", "currency", "percent", "score"})
TIMES: Final = frozenset({"date", "datetime"})
BOOLEAN: Final = frozenset({"boolean"})
CONSENT_FIELDS: Final = ("unsubscribed", "emailInvalid", "blackListed", "marketingSuspended", "doNotCall")
FULL_EVERY_DAYS: Final = 7
MERGE_LIMIT: Final = 25  # losers that Marketo merges in one call


@dataclass(frozen=True, slots=True)
class KeyPart:
    """One field of a key. `country` (ISO 3166) says whose numbers those without a country code are, where
    `country_field` does not say it."""

    field: str
    normaliser: Normaliser = "exact"
    keep_diacritics: bool = False
    country: str | None = None
    country_field: str | None = None


@dataclass(frozen=True, slots=True)
class NearPart:
    """Two values that are alike: `at_least` in ten-thousandths."""

    part: KeyPart
    method: Method
    at_least: int


@dataclass(frozen=True, slots=True)
class MatchRule:
    """Two leads are the same where all `fields` are there and equal and, with `near`, where all of these are alike:
    `fields` are then the block within which leads are compared."""

    name: str
    fields: tuple[KeyPart, ...]
    near: tuple[NearPart, ...] = ()


@dataclass(frozen=True, slots=True)
class Guards:
    key_cap: int = 25  # leads with one key: more share a switchboard or info@, and are not the same person
    block_cap: int = 1_000  # leads of a block that are compared with each other: half a million pairs
    cluster_cap: int = 1 + MERGE_LIMIT
    cohesion: bool = True
    across_partitions: bool = False
    placeholders: tuple[str, ...] = ()  # the customer's own, beside those that are known


@dataclass(frozen=True, slots=True)
class FieldIs:
    """A lead whose field has one of these values, whatever the case."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Exclusions:
    """Leads that are left alone: they match nobody."""

    ids: tuple[int, ...] = ()
    domains: tuple[str, ...] = ()  # with those below them
    role_accounts: bool = True
    do_not_merge: tuple[FieldIs, ...] = ()


@dataclass(frozen=True, slots=True)
class Preference:
    """`fields`: what it looks at; `values`: of kind `value`, the best first."""

    kind: PreferenceKind
    fields: tuple[str, ...] = ()
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Survivor:
    """In this order; the lowest id decides what they leave open, unless `skip_ties`. The rank in Salesforce goes
    before all, and `keep_marked` (who was marked as survivor before, stays it) right after it."""

    prefer: tuple[Preference, ...] = ()
    skip_ties: bool = False
    keep_marked: bool = True


@dataclass(frozen=True, slots=True)
class FieldValue:
    """`by`: the time that `newest` and `oldest` compare."""

    field: str
    rule: ValueRule
    by: str | None = None


@dataclass(frozen=True, slots=True)
class FieldGroup:
    """Fields that are taken together from one lead, the empty ones too. `first_non_empty`: from the first lead, in the
    order of survivors, that has any of them."""

    fields: tuple[str, ...]
    take: Take
    by: str | None = None


@dataclass(frozen=True, slots=True)
class Values:
    """Of fields that are not named Marketo keeps the survivor's value, or takes a loser's where that is empty."""

    fields: tuple[FieldValue, ...] = ()
    groups: tuple[FieldGroup, ...] = ()


@dataclass(frozen=True, slots=True)
class Unmergeable:
    """Leads that Marketo or Salesforce cannot merge: a group with one of them is listed and left alone."""

    reason: Literal["person_account", "custom_objects", "deleted_in_crm"]
    field: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Salesforce:
    merge_in_crm: bool = False
    unmergeable: tuple[Unmergeable, ...] = ()


@dataclass(frozen=True, slots=True)
class Marks:
    """The custom fields that tell a duplicate."""

    group: str = "tlDuplicateGroup"
    survivor: str = "tlSurvivor"
    duplicate: str = "tlIsDuplicate"
    rule: str = "tlRule"

    @property
    def names(self) -> tuple[str, str, str, str]:
        return (self.group, self.survivor, self.duplicate, self.rule)


@dataclass(frozen=True, slots=True)
class Outcome:
    """`of`: what a preview shows; of any other kind the kind itself. `survivor_values`: whether survivors are given
    the values that the rules choose, which comes before every merge."""

    kind: OutcomeKind = "mark"
    of: Of = "mark"
    marks: Marks = Marks()
    survivor_values: bool = False


@dataclass(frozen=True, slots=True)
class DedupeRules:
    match: tuple[MatchRule, ...]
    guards: Guards = Guards()
    exclusions: Exclusions = Exclusions()
    survivor: Survivor = Survivor()
    values: Values = Values()
    salesforce: Salesforce = Salesforce()
    outcome: Outcome = Outcome()
    closure: bool = False
    incremental: bool = False  # only what changed since the run before is read, but for a full run now and then
    full_every_days: int = FULL_EVERY_DAYS
    ask_above_share: float = 0.3
    types: Mapping[str, str] = field(default_factory=dict)
    version: int = VERSION
