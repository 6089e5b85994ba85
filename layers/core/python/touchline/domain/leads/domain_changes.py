"""Facts of mail domains for whole lists of leads: each different domain is looked at once."""

from collections.abc import Mapping
from typing import Final

import polars as pl

from touchline.domain.leads.changes import changes_of, each_once, ordered
from touchline.domain.leads.cleaning import clean, elsewhere
from touchline.domain.leads.domain_rules import DomainRules, FactTarget, OwnClass
from touchline.domain.leads.mail_domains import a_label, domain_facts
from touchline.domain.leads.placeholders import LOCAL_PARTS
from touchline.domain.leads.role_accounts import ROLE_ACCOUNTS

LONGEST_LOCAL_PART: Final = 64  # characters, RFC 5321
_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\x{80}-\x{10FFFF}-]+"
# RFC 5321's dot-atom with letters of any script (RFC 6531). A quoted local part is legal, and nobody has one.
LOCAL_PART: Final = rf"^{_ATOM}(?:\.{_ATOM})*$"
_PLAIN: Final = r"^[a-z0-9]{1,20}(?:[._-][a-z0-9]{1,20}){0,2}$"  # most are, and are found sound at once
_TASKS: Final = sorted(ROLE_ACCOUNTS | LOCAL_PARTS)
_DOMAIN_FACTS: Final = pl.Schema(
    dict.fromkeys(
        ("name", "class", "domain", "unicode_domain", "registrable_domain", "suggestion", "country"), pl.String
    )
)


def address_facts(addresses: pl.Series, own: Mapping[str, OwnClass] | None = None) -> pl.DataFrame:
    """One row for each address, in order, with a column of text for each fact; None in all where there is nothing.

    `own`: what a customer says of domains and their subdomains, which holds before all lists.
    """
    parts = (
        clean(addresses)
        .to_frame("address")
        .select(
            pl.col("address").str.splitn("@", 2).struct.rename_fields(["local", "name"]).struct.unnest(),
            blank=pl.col("address").fill_null("") == "",
        )
    )
    found = parts.join(_facts_by_name(parts["name"], own or {}), on="name", how="left", maintain_order="left")
    sound = _is_sound(parts["local"]) & parts["name"].is_not_null()
    task = elsewhere(parts["local"], r"\+", _before_plus).is_in(_TASKS) & parts["name"].is_not_null()
    return found.select(
        pl.when(~pl.col("blank")).then(pl.when(sound).then("class").otherwise(pl.lit("malformed"))).alias("class"),
        *("domain", "unicode_domain", "registrable_domain", "suggestion", "country"),
        pl.when(~pl.col("blank")).then(pl.when(task).then(pl.lit("true")).otherwise(pl.lit("false"))).alias("role"),
    )


def _is_sound(local_parts: pl.Series) -> pl.Series:
    plain = local_parts.str.contains(_PLAIN)
    others = (~plain).arg_true()
    if others.is_empty():
        return plain
    some = local_parts.gather(others)
    return plain.scatter(others, some.str.contains(LOCAL_PART) & (some.str.len_chars() <= LONGEST_LOCAL_PART))


def _before_plus(some: pl.Series) -> pl.Series:
    return some.str.extract(r"^([^+]*)")


def domain_part(rules: DomainRules, part: pl.DataFrame) -> pl.DataFrame:
    """What would change: `CHANGES` by id and field. `part` has the columns that `needed_fields` names."""
    part = each_once(part)
    facts = address_facts(part[rules.source], rules.own)
    return ordered(_changes_of_target(rules, target, part, facts) for target in rules.targets)


def _changes_of_target(rules: DomainRules, target: FactTarget, part: pl.DataFrame, facts: pl.DataFrame) -> pl.DataFrame:
    before, after = part[target.field], facts[target.fact]
    without = facts["class"].is_null()
    if rules.without_address == "leave":
        after = after.zip_with(~without, before)
    if target.boolean:
        # Marketo's booleans are never empty for long: one that is not set is false.
        after = after.fill_null("false")
        after = after.zip_with((after != "false") | before.is_not_null(), before)
    reasons = pl.Series(["domain of the address"]).new_from_index(0, len(part)).set(without, "no address")
    return changes_of(part, target.field, after, rule=target.fact, reason=reasons)


def _facts_by_name(names: pl.Series, own: Mapping[str, OwnClass]) -> pl.DataFrame:
    different = names.drop_nulls().unique().to_list()
    known = {name: mail_class for domain, mail_class in own.items() if (name := a_label(domain))}
    rows = [
        (name, one.mail_class, one.domain, one.unicode_domain, one.registrable_domain, one.suggestion, one.country)
        for name, one in zip(different, domain_facts(different, known), strict=True)
    ]
    return pl.DataFrame(rows, _DOMAIN_FACTS, orient="row")
