"""Columns of seeded leads: who they are and how a copy of them differs, their work, consent and Salesforce record."""

from typing import Final

import numpy as np
import polars as pl

from local.marketo_simulator.seeds.addresses import NOTATIONS, addresses, phones
from local.marketo_simulator.seeds.draws import Draws, Flags, Numbers
from local.marketo_simulator.seeds.people import (
    COMPANY,
    DOTLESS,
    FREE,
    NO_ADDRESS,
    ROLE,
    People,
    company_domains,
    company_names,
    first_names,
    last_names,
)
from local.marketo_simulator.seeds.words import countries, words

# How a copy differs from the person's first lead.
FIRST, EXACT, CASE, DOTS, PLUS, TYPO, NICKNAME, PHONE, COMPANY_FORM = range(9)
KINDS: Final = ("first", "exact", "case", "dots", "plus", "typo", "nickname", "phone", "company form")
KIND_WEIGHTS: Final = [0.0, 26.0, 20.0, 9.0, 9.0, 12.0, 8.0, 8.0, 8.0]


def identity(draws: Draws, people: People, kind: Numbers, lead: Numbers, copied: Flags) -> pl.DataFrame:
    """`copied`: people with more than one lead, who all have a phone number by which they could be known."""
    frame = pl.DataFrame(
        {
            "id": lead,
            "kind": kind,
            "address_kind": people.address_kind,
            "dotless": (people.address_kind == FREE) & (people.free_domain == DOTLESS),
            "email": addresses(draws, people),
            "firstName": pl.Series(first_names()).gather(people.first),
            "lastName": pl.Series(last_names()).gather(people.last),
            "phone": phones(draws, people, _notation(draws, people, kind, lead), copied),
            "domain": company_domains(people.company),
            "number": people.number,
            "position": draws.below("typo at", lead, 5) + 1,
            "private": pl.Series(words()["free_domains"]).gather(draws.below("private", lead, 3)),
        }
    )
    stems, ends = company_names(people.company)
    frame = frame.with_columns(stems.alias("stem"), ends.alias("end"))
    return frame.with_columns(_email(), _first_name(), _last_name(), _company(draws, people)).drop(
        "kind", "address_kind", "dotless", "domain", "number", "position", "private", "stem", "end"
    )


def _notation(draws: Draws, people: People, kind: Numbers, lead: Numbers) -> Numbers:
    """People write their number in one way, and differently where they are met again."""
    own = draws.below("notation", people.number, len(NOTATIONS))
    return np.where(kind >= CASE, draws.below("other notation", lead, len(NOTATIONS)), own)


def _email() -> pl.Expr:
    email, kind = pl.col("email"), pl.col("kind")
    local, domain = email.str.extract(r"^([^@]*)@"), email.str.extract(r"@(.*)$")
    undotted = pl.format("{}@{}", local.str.replace_all(".", "", literal=True), domain)
    tagged = pl.format("{}+news@{}", local, domain)
    mixed = pl.format("{}@{}", local.str.to_titlecase(), domain.str.to_uppercase())
    elsewhere = pl.format("{}.{}@{}", local.str.replace_all(".", "", literal=True), "number", "private")
    initial = pl.format("{}.{}@{}", local.str.slice(0, 1), pl.col("number"), domain)
    return (
        pl.when(pl.col("address_kind").is_in([ROLE, NO_ADDRESS]))
        .then(email)
        .when((kind == CASE) | ((kind == DOTS) & ~pl.col("dotless")))
        .then(mixed)
        .when(kind == DOTS)
        .then(undotted)
        .when(kind == PLUS)
        .then(tagged)
        .when(kind == NICKNAME)
        .then(elsewhere)
        .when(kind == PHONE)
        .then(None)
        .when((kind == COMPANY_FORM) & (pl.col("address_kind") == COMPANY))
        .then(initial)
        .otherwise(email)
        .alias("email")
    )


def _first_name() -> pl.Expr:
    name = pl.col("firstName")
    return (
        pl.when(pl.col("kind") == NICKNAME)
        .then(name.replace(words()["nicknames"]))
        .when(pl.col("kind") == CASE)
        .then(name.str.to_uppercase())
        .otherwise(name)
        .alias("firstName")
    )


def _last_name() -> pl.Expr:
    """A typo doubles one letter."""
    name, at = pl.col("lastName"), pl.min_horizontal("position", pl.col("lastName").str.len_chars())
    doubled = pl.concat_str(name.str.slice(0, at), name.str.slice(at - 1))
    return pl.when(pl.col("kind") == TYPO).then(doubled).otherwise(name).alias("lastName")


def _company(draws: Draws, people: People) -> pl.Expr:
    given = pl.lit(pl.Series(draws.chance("gives company", people.number, 0.82)))
    full = pl.format("{} {}", "stem", "end")
    shouted = pl.format("{}, {}", pl.col("stem").str.to_uppercase(), pl.col("end").str.to_lowercase())
    form = (
        pl.when(pl.col("kind") == COMPANY_FORM).then(shouted).when(pl.col("kind") == PHONE).then("stem").otherwise(full)
    )
    return pl.when(given | pl.col("kind").is_in([COMPANY_FORM, PHONE])).then(form).otherwise(None).alias("company")


def work(draws: Draws, people: People) -> list[pl.Series]:
    def chosen(name: str, choices: list[str], given: float, by: Numbers = people.number) -> pl.Series:
        text = pl.Series(choices).gather(draws.below(name, by, len(choices)))
        shown = pl.Series(draws.chance(f"{name} given", people.number, given))
        return pl.select(pl.when(shown).then(text).otherwise(None)).to_series().alias(name)

    places = [one.cities for one in countries()]
    counts = np.array([len(one) for one in places])
    starts = np.cumsum([0, *counts[:-1]])
    city = pl.Series([city for one in places for city in one]).gather(
        starts[people.country] + draws.below("city", people.number, counts[people.country])
    )
    postal = pl.Series(draws.below("postal code", people.number, 90_000) + 10_000).cast(pl.String)
    site = pl.select(pl.format("https://www.{}", company_domains(people.company))).to_series()
    shown = pl.Series(draws.chance("gives place", people.number, 0.7))
    return [
        chosen("title", words()["titles"], 0.7),
        chosen("industry", words()["industries"], 0.6, people.company),
        chosen("leadSource", words()["sources"], 0.95),
        chosen("leadStatus", words()["statuses"], 0.5),
        pl.Series("country", [one.name for one in countries()]).gather(people.country),
        *(
            pl.select(pl.when(shown).then(series).otherwise(None)).to_series().alias(name)
            for name, series in (("city", city), ("postalCode", postal), ("website", site))
        ),
    ]


def consent(draws: Draws, people: People, lead: Numbers) -> list[pl.Series]:
    """An unsubscription is the person's, as it spreads over an address; the other flags are a lead's own."""
    invalid = draws.chance("invalid", lead, 0.03)
    return [
        pl.Series("unsubscribed", draws.chance("unsubscribed", people.number, 0.07)),
        pl.Series("emailInvalid", invalid),
        pl.select(pl.when(pl.Series(invalid)).then(pl.lit("550 5.1.1 user unknown")))
        .to_series()
        .alias("emailInvalidCause"),
        pl.Series("blackListed", draws.chance("black listed", lead, 0.004)),
        pl.Series("marketingSuspended", draws.chance("suspended", lead, 0.01)),
        pl.Series("doNotCall", draws.chance("do not call", lead, 0.05)),
    ]


def crm(draws: Draws, people: People, lead: Numbers) -> pl.DataFrame:
    """One lead in three is in Salesforce, as a lead or a contact of its company's account."""
    state = pl.Series("state", draws.among("crm", lead, [66.0, 20.0, 14.0]))
    told = pl.DataFrame(
        {"state": state, "number": lead, "company": people.company, "owner": draws.below("owner", people.company, 40)}
    ).with_columns(pl.all().exclude("state").cast(pl.String).str.zfill(8))
    return told.select(
        pl.when(pl.col("state") == 1)
        .then(pl.lit("Lead"))
        .when(pl.col("state") == 2)
        .then(pl.lit("Contact"))
        .alias("sfdcType"),
        pl.when(pl.col("state") == 1).then(pl.format("00Q5g00000{}", "number")).alias("sfdcLeadId"),
        pl.when(pl.col("state") == 2).then(pl.format("0035g00000{}", "number")).alias("sfdcContactId"),
        pl.when(pl.col("state") == 2).then(pl.format("0015g00000{}", "company")).alias("sfdcAccountId"),
        pl.when(pl.col("state") > 0).then(pl.format("0055g00000{}", "owner")).alias("sfdcLeadOwnerId"),
    )
