"""Leads of the seed: what people left of themselves, some of them several times and never quite the same."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from local.marketo_simulator.seeds.draws import Draws, Flags, Numbers
from local.marketo_simulator.seeds.lead_columns import KIND_WEIGHTS, KINDS, consent, crm, identity, work
from local.marketo_simulator.seeds.people import (
    PEOPLE_PER_COMPANY,
    People,
    draw_people,
    find_homonyms,
)
from local.marketo_simulator.seeds.words import HOSTILE

COPIES: Final = 0.12  # of all leads; the first lead of a person is no copy
BATCH: Final = 200_000
YEARS: Final = 3 * 365 * 86_400_000  # ms before now in which leads came
HOSTILE_EVERY: Final = 400


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
    frame = identity(draws, people, population.kind[index], lead, population.copied[number])
    frame = frame.hstack(work(draws, people)).hstack(consent(draws, people, lead)).hstack(crm(draws, people, lead))
    frame = frame.hstack(_times(population, index)).hstack(_standing(draws, people, lead))
    return _make_hostile(draws, frame)


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
