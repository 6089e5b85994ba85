"""The fields of an instance of Marketo as rules meet them, and leads to try rules on."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from hypothesis import strategies as st
from touchline.domain.leads.decisions import Decision
from touchline.domain.leads.dedupe import dedupe_parts
from touchline.domain.leads.dedupe_rules import DedupeRules
from touchline.domain.leads.rules import fields_to_create, needed_fields, parse_dedupe_rules
from touchline.domain.marketo.api import LeadField

TYPES = {
    "id": "integer",
    "email": "email",
    "firstName": "string",
    "lastName": "string",
    "company": "string",
    "phone": "phone",
    "website": "url",
    "title": "string",
    "country": "string",
    "interests": "string",
    "notes": "text",
    "leadScore": "score",
    "revenue": "currency",
    "birthday": "date",
    "lastSeenAt": "datetime",
    "createdAt": "datetime",
    "updatedAt": "datetime",
    "leadPartitionId": "integer",
    "unsubscribed": "boolean",
    "emailInvalid": "boolean",
    "blackListed": "boolean",
    "marketingSuspended": "boolean",
    "doNotCall": "boolean",
    "sfdcType": "string",
    "sfdcContactId": "string",
    "sfdcLeadId": "string",
    "isPersonAccount": "boolean",
    "doNotMerge": "boolean",
}
FIXED = ("id", "createdAt", "updatedAt", "leadPartitionId")
FIELDS = [LeadField(name, name, kind, 255, name not in FIXED) for name, kind in TYPES.items()]
WITH_MARKS = [*FIELDS, *fields_to_create({}, FIELDS)]

type Raw = Mapping[str, Any]
type Lead = dict[str, str | None]


def rules_of(raw: Raw) -> DedupeRules:
    return parse_dedupe_rules(raw, WITH_MARKS)


def frame(rules: DedupeRules, leads: Sequence[Mapping[str, str | None]]) -> pl.DataFrame:
    """As an extract of what the rules need."""
    columns = needed_fields(rules)
    return pl.DataFrame(
        {name: [lead.get(name) for lead in leads] for name in columns}, schema=dict.fromkeys(columns, pl.String)
    )


class Table:
    """Leads that were read before, in the place of a part of an extract."""

    def __init__(self, leads: pl.DataFrame) -> None:
        self._leads = leads

    def columns(self, names: Sequence[str]) -> pl.DataFrame:
        return self._leads.select(names)

    def locate(self) -> None:
        pass

    def records(self, rows: npt.NDArray[np.int64]) -> pl.DataFrame:
        return self._leads[rows]


def dedupe(rules: DedupeRules, *tables: pl.DataFrame, slices: int = 1) -> Decision:
    """Each table by itself, as far as a part can be."""
    return dedupe_parts(rules, [Table(leads) for leads in tables], slices, keyed_at_once=1)[0]


def applied(leads: Sequence[Lead], changes: pl.DataFrame) -> list[Lead]:
    """The leads as Marketo has them after the changes were written."""
    after = [dict(lead) for lead in leads]
    by_id = {lead["id"]: lead for lead in after}
    for row in changes.iter_rows(named=True):
        by_id[str(row["id"])][row["field"]] = row["after"]
    return after


def _some(*values: str | None) -> st.SearchStrategy[str | None]:
    return st.sampled_from(values)


# Few different values, so that leads share keys, and every kind of trouble is near.
a_lead = st.fixed_dictionaries(
    {
        "email": _some(
            None, "", "a@x.com", "A@X.com ", "a+1@x.com", "b@x.com", "c@y.org", "info@x.com", "n/a", "d@z.io"
        ),
        "firstName": _some(None, "Ann", "ANN", "Bob", "Zoë"),
        "lastName": _some(None, "Lee", "lee", "Li", "N/A"),
        "company": _some(None, "Acme", "Acme Inc.", "ACME, inc", "Zeta"),
        "phone": _some(None, "212-555-0100", "+1 (212) 555-0100", "(646) 555 0199", "000-000-0000"),
        "interests": _some(None, "a", "b;a", "c"),
        "country": _some(None, "US", "FR"),
        "website": _some(None, "x.com"),
        "title": _some(None, "CEO", "CTO"),
        "leadScore": _some(None, "5", "5.0", "10", "-3"),
        "revenue": _some(None, "0.10", "0.2", "7"),
        "lastSeenAt": _some(None, "2026-01-01T00:00:00Z", "2026-01-01T01:00:00+0100", "2025-05-05T05:05:05Z"),
        "createdAt": _some(None, "2024-01-01T00:00:00Z", "2024-06-01T00:00:00Z"),
        "updatedAt": _some("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", "2026-02-01T00:00:00.5Z"),
        "leadPartitionId": _some("1", "1", "2"),
        "unsubscribed": _some(None, "true", "false", "false"),
        "doNotCall": _some(None, "true", "false"),
        "sfdcType": _some(*[None] * 8, "Lead", "Lead", "Contact"),
        "sfdcContactId": _some(*[None] * 11, "003"),
        "sfdcLeadId": _some(None, None, "00Q"),
        "isPersonAccount": _some(*["false"] * 29, "true"),
    }
)


@st.composite
def leads(draw: st.DrawFn, most: int = 14, least: Sequence[int] = (0, 2, 6)) -> list[Lead]:
    found = draw(st.lists(a_lead, min_size=draw(st.sampled_from(least)), max_size=most))
    ids = draw(st.lists(st.integers(1, 99), min_size=len(found), max_size=len(found), unique=True))
    return [{"id": str(number)} | lead for number, lead in zip(ids, found, strict=True)]


MATCHES: dict[str, list[dict[str, Any]]] = {
    "the address": [{"fields": ["email"]}],
    "mailbox or person": [
        {"name": "mailbox", "fields": [{"field": "email", "normaliser": "canonical_email"}]},
        {
            "name": "person",
            "fields": [
                {"field": "firstName", "normaliser": "given_name"},
                {"field": "lastName", "normaliser": "name"},
                {"field": "company", "normaliser": "company"},
            ],
        },
        {"name": "phone", "fields": [{"field": "phone", "country": "US"}]},
    ],
    "alike": [
        {
            "name": "alike",
            "fields": [{"field": "company", "normaliser": "company"}],
            "near": [{"field": "lastName", "at_least": 0.7}, {"field": "firstName", "method": "levenshtein"}],
        },
        {"name": "phone", "fields": [{"field": "phone", "country": "US"}]},
    ],
}
VALUES = {
    "fields": {
        "title": "first_non_empty",
        "company": "oldest",
        "phone": {"rule": "newest", "by": "lastSeenAt"},
        "leadScore": "max",
        "interests": "union",
    },
    "groups": [{"fields": ["firstName", "lastName"], "take": "first_non_empty"}],
}
# Of fields that no key has and no other value is chosen by: survivors may be given them while their duplicates stay.
SETTLED_VALUES = {
    "fields": {"title": {"rule": "newest", "by": "lastSeenAt"}, "leadScore": "max", "interests": "union"},
    "groups": [{"fields": ["country", "website"], "take": "first_non_empty"}],
}
GUARDS = {"key_cap": 6, "block_cap": 6, "cluster_cap": 5}


@st.composite
def rule_sets(draw: st.DrawFn, *outcomes: dict[str, Any], matches: Sequence[str] = sorted(MATCHES)) -> dict[str, Any]:
    outcome = draw(
        st.sampled_from(outcomes or ({"kind": "mark"}, {"kind": "mark", "survivor_values": True}, {"kind": "merge"}))
    )
    return {
        "match": MATCHES[draw(st.sampled_from(matches))],
        "guards": GUARDS | {"cohesion": draw(st.booleans()), "across_partitions": draw(st.booleans())},
        "exclusions": {"role_accounts": draw(st.booleans())},
        "survivor": {"skip_ties": draw(st.booleans())},
        "values": SETTLED_VALUES if outcome == {"kind": "mark", "survivor_values": True} else VALUES,
        "outcome": outcome,
    }
