"""Leads of the seed: what people left of themselves, some of them several times and never quite the same."""

from collections.abc import Iterator
from dataclasses import dataclass
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
    PEOPLE_PER_COMPANY,
    ROLE,
    People,
    company_domains,
    company_names,
    draw_people,
    find_homonyms,
    first_names,
    last_names,
)
from local.marketo_simulator.seeds.words import HOSTILE, countries, words

COPIES: Final = 0.12  # of all leads; the first lead of a person is no copy
BATCH: Final = 200_000
YEARS: Final = 3 * 365 * 86_400_000  # ms before now in which leads came
HOSTILE_EVERY: Final = 400
# How a copy differs from the person's first lead.
FIRST, EXACT, CASE, DOTS, PLUS, TYPO, NICKNAME, PHONE, COMPANY_FORM = range(9)
KINDS: Final = ("first", "exact", "case", "dots", "plus", "typo", "nickname", "phone", "company form")
KIND_WEIGHTS: Final = [0.0, 26.0, 20.0, 9.0, 9.0, 12.0, 8.0, 8.0, 8.0]


@dataclass(frozen=True, slots=True)
class Population:
    """Whose lead each lead is, by id - 1; and everything else about a lead follows from that and its id."""

    draws: Draws
    person: Numbers
    kind: Numbers
    companies: int
    homonym: Flags
    copied: Flags  # people with more than one lead
    now: int

    def batches(self) -> Iterator[pl.DataFrame]:
        for start in range(0, len(self.person), BATCH):
            yield make_leads(self, np.arange(start, min(start + BATCH, len(self.person)), dtype=np.int64))

    def truth(self) -> pl.DataFrame:
        """Leads of people who have several: lead, person (the lowest id of that person's leads), kind."""
        several = np.flatnonzero(self.copied[self.person])
        frame = pl.DataFrame({"lead": several + 1, "who": self.person[several], "code": self.kind[several]})
        return frame.select(
            "lead",
            pl.col("lead").min().over("who").alias("person"),
            pl.Series(KINDS).gather(frame["code"]).alias("kind"),
        )


def populate(leads: int, seed: int, now: int) -> Population:
    """12 % of the leads are copies; most people who have any have one, a few have half a dozen."""
    draws = Draws(seed)
    copies = int(leads * COPIES) if leads > 1 else 0
    people = leads - copies
    numbers = np.arange(copies, dtype=np.int64)
    # Unevenly: some people come again and again.
    owner = (draws.share("owner", numbers) ** 1.3 * people).astype(np.int64)
    kind = draws.among("kind of copy", numbers, KIND_WEIGHTS)
    person = np.concatenate([np.arange(people, dtype=np.int64), owner])
    kinds = np.concatenate([np.zeros(people, np.int64), kind])
    order = np.random.default_rng(seed).permutation(leads)
    companies = max(3, people // PEOPLE_PER_COMPANY)
    copied = np.zeros(people, np.bool_)
    copied[owner] = True
    homonym = find_homonyms(draws, people, companies)
    return Population(draws, person[order], kinds[order], companies, homonym, copied, now)


def make_leads(population: Population, index: Numbers) -> pl.DataFrame:
    """Columns by their REST name, and `changed_at`."""
    draws, lead = population.draws, index + 1
    number = population.person[index]
    people = draw_people(draws, number, population.companies, population.homonym[number])
    frame = _identity(population, people, population.kind[index], lead)
    frame = frame.hstack(_work(draws, people)).hstack(_consent(draws, people, lead)).hstack(_crm(draws, people, lead))
    frame = frame.hstack(_times(population, index)).hstack(_standing(draws, people, lead))
    return _make_hostile(draws, frame)


def _identity(population: Population, people: People, kind: Numbers, lead: Numbers) -> pl.DataFrame:
    draws = population.draws
    frame = pl.DataFrame(
        {
            "id": lead,
            "kind": kind,
            "address_kind": people.address_kind,
            "dotless": (people.address_kind == FREE) & (people.free_domain == DOTLESS),
            "email": addresses(draws, people),
            "firstName": pl.Series(first_names()).gather(people.first),
            "lastName": pl.Series(last_names()).gather(people.last),
            "phone": phones(draws, people, _notation(draws, people, kind, lead), population.copied[people.number]),
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


def _work(draws: Draws, people: People) -> list[pl.Series]:
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


def _consent(draws: Draws, people: People, lead: Numbers) -> list[pl.Series]:
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


def _crm(draws: Draws, people: People, lead: Numbers) -> pl.DataFrame:
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


def _times(population: Population, index: Numbers) -> list[pl.Series]:
    """Ids are given in the order of creation; a lead was changed at some time since, mostly soon after."""
    draws, lead = population.draws, index + 1
    step = YEARS / max(len(population.person), 1)
    created = (population.now - YEARS + index * step + draws.share("created", lead) * step).astype(np.int64)
    since = population.now - created
    updated = created + (since * draws.share("updated", lead) ** 3).astype(np.int64)
    changed = updated + ((population.now - updated) * draws.share("changed", lead) ** 8).astype(np.int64)
    return [
        pl.Series(name, at // 1000 * 1000).cast(pl.Datetime("ms"))
        for name, at in (("createdAt", created), ("updatedAt", updated), ("changed_at", changed))
    ]


def _standing(draws: Draws, people: People, lead: Numbers) -> list[pl.Series]:
    score = (draws.share("score", lead) ** 3 * 140).astype(np.int64)
    # People of the Americas, of Europe, and of Asia and the Pacific.
    partition = np.array([1, 2, 2, 2, 2, 2, 2, 3, 3, 3, 2, 1, 2])[people.country]
    apart = draws.chance("partitioned", people.number, 0.2)
    return [
        pl.Series("leadScore", np.where(draws.chance("scored", lead, 0.8), score, 0)),
        pl.Series("leadPartitionId", np.where(apart, partition, 1)),
    ]


def _make_hostile(draws: Draws, frame: pl.DataFrame) -> pl.DataFrame:
    lead = frame["id"].to_numpy()
    hit = pl.Series(draws.below("hostile", lead, HOSTILE_EVERY) == 0)
    texts = pl.Series(HOSTILE).gather(draws.below("hostile text", lead, len(HOSTILE)))
    place = pl.Series(draws.below("hostile place", lead, 4))
    return frame.with_columns(
        *(
            pl.when(hit & (place == number)).then(texts).otherwise(pl.col(name)).alias(name)
            for number, name in enumerate(("lastName", "title", "city"))
        ),
        pl.when(hit & (place == 3)).then(texts).otherwise(None).alias("notes"),
    )
