"""The seeded people: always the same, as many copies as said, and nobody else's twin by accident."""

import numpy as np
import polars as pl
import pytest

from local.marketo_simulator.lead_fields import STANDARD_FIELDS
from local.marketo_simulator.seeds import leads as seeds
from local.marketo_simulator.seeds.draws import Draws
from local.marketo_simulator.seeds.words import HOSTILE, cultures, latin, words

NOW = 1_795_348_800_000
LEADS = 30_000


@pytest.fixture(scope="module")
def frame() -> pl.DataFrame:
    return pl.concat(seeds.populate(LEADS, 1, NOW).batches())


@pytest.fixture(scope="module")
def truth() -> pl.DataFrame:
    return seeds.populate(LEADS, 1, NOW).truth()


def test_the_same_seed_makes_the_same_leads_and_another_one_others(frame: pl.DataFrame) -> None:
    assert pl.concat(seeds.populate(LEADS, 1, NOW).batches()).equals(frame)
    assert not pl.concat(seeds.populate(LEADS, 2, NOW).batches()).equals(frame)


def test_a_batch_does_not_matter(frame: pl.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seeds, "BATCH", 7_001)
    assert pl.concat(seeds.populate(LEADS, 1, NOW).batches()).equals(frame)


@pytest.mark.parametrize("leads", [1, 2, 10])
def test_few_leads_are_leads_too(leads: int) -> None:
    assert pl.concat(seeds.populate(leads, 1, NOW).batches())["id"].to_list() == list(range(1, leads + 1))


def test_columns_are_fields_of_leads(frame: pl.DataFrame) -> None:
    assert set(frame.columns) - {"changed_at"} <= {field.name for field in STANDARD_FIELDS}


def test_twelve_of_a_hundred_are_copies_of_every_kind(truth: pl.DataFrame) -> None:
    copies = truth.filter(pl.col("kind") != "first")
    assert len(copies) == int(LEADS * 0.12)
    assert set(truth["kind"]) == set(seeds.KINDS)
    assert truth["person"].n_unique() == len(truth) - len(copies)
    sizes = truth.group_by("person").len()["len"]
    assert (sizes.min(), sizes.max() >= 3) == (2, True)


def test_who_shares_an_address_is_one_person_or_has_a_role(frame: pl.DataFrame, truth: pl.DataFrame) -> None:
    people = (
        frame.select("id", email=pl.col("email").str.to_lowercase())
        .drop_nulls()
        .join(truth.select(id="lead", person="person"), on="id", how="left")
    )
    shared = people.group_by("email").agg(pl.col("person").fill_null(pl.col("id")).n_unique().alias("people"))
    several = shared.filter(pl.col("people") > 1)["email"]
    assert [email for email in several if email.split("@")[0] not in words()["roles"]] == []
    assert len(several) > 0


def test_copies_differ_as_their_kind_says(frame: pl.DataFrame, truth: pl.DataFrame) -> None:
    rows = {row["id"]: row for row in frame.iter_rows(named=True)}
    first = {row["person"]: rows[row["lead"]] for row in truth.iter_rows(named=True) if row["kind"] == "first"}
    seen = set()
    for copy in truth.iter_rows(named=True):
        one, other = first[copy["person"]], rows[copy["lead"]]
        if one["email"] is None or one["email"].split("@")[0] in words()["roles"]:
            continue
        seen.add(copy["kind"])
        assert differs_as_said(copy["kind"], one["email"], other), copy["kind"]
    assert seen == set(seeds.KINDS)


def differs_as_said(kind: str, email: str, other: dict[str, str | None]) -> bool:
    found = other["email"]
    match kind:
        case "phone":
            return found is None and other["phone"] is not None
        case "nickname":
            return found is not None and found != email and other["phone"] is not None
        case "plus":
            return found is not None and found.replace("+news", "") == email
        case "dots":
            return found is not None and found.lower().replace(".", "") == email.replace(".", "")
        case "case":
            return found is not None and found != email and found.lower() == email
        case "company form":
            return found is not None and found.split("@")[1] == email.split("@")[1]
        case _:
            return found == email


def test_what_readers_stumble_over_is_there(frame: pl.DataFrame) -> None:
    texts = {text for name in ("lastName", "title", "city", "notes") for text in frame[name].drop_nulls()}
    assert [hostile for hostile in HOSTILE if hostile not in texts] == []


def test_times_are_in_order(frame: pl.DataFrame) -> None:
    assert frame["createdAt"].is_sorted()
    assert (frame["createdAt"] <= frame["updatedAt"]).all()
    assert (frame["updatedAt"] <= frame["changed_at"]).all()
    assert frame["changed_at"].dt.epoch("ms").max() <= NOW


def test_contacts_have_accounts_and_leads_have_ids_of_leads(frame: pl.DataFrame) -> None:
    filled = frame.group_by("sfdcType").agg(
        pl.col("sfdcLeadId").count(), pl.col("sfdcContactId").count(), pl.col("sfdcAccountId").count(), pl.len()
    )
    counts = {row[0]: row[1:] for row in filled.iter_rows()}
    assert counts[None][:3] == (0, 0, 0)
    assert counts["Lead"][:3] == (counts["Lead"][3], 0, 0)
    assert counts["Contact"][:3] == (0, counts["Contact"][3], counts["Contact"][3])


def test_addresses_are_ascii_whatever_the_name() -> None:
    names = [name for culture in cultures() for name in (*culture.first, *culture.last)]
    assert [name for name in names if not latin(name).isascii() or not latin(name)] == []
    assert [latin(name) for name in ("Jürgen", "Łukasz", "İbrahim", "佐々木", "健太", "Юрій", "Großmann")] == [
        *("juergen", "lukasz", "ibrahim", "sasaki", "kenta", "iurii", "grossmann")
    ]


def test_draws_are_even_and_independent_of_what_else_is_drawn() -> None:
    draws, keys = Draws(7), np.arange(100_000, dtype=np.int64)
    counts = np.bincount(draws.below("a", keys, 10), minlength=10)
    # Ten thousand expected in each, with a deviation of about 95: six of them on each side.
    assert counts.min() > 9_430
    assert counts.max() < 10_570
    both = np.bincount(draws.below("a", keys, 10) * 10 + draws.below("b", keys, 10), minlength=100)
    assert both.min() > 800
    assert both.max() < 1_200
    weighted = np.bincount(draws.among("c", keys, [1.0, 3.0]))
    assert abs(weighted[1] - 75_000) < 1_000
