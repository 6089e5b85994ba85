"""Seeding that is interrupted goes on; what is seeded is not seeded again."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.marketo_simulator import seeding
from local.marketo_simulator.instance import Instance
from local.marketo_simulator.seeding import SeedPlan, seed

NOW = 1_795_348_800_000
PLAN = SeedPlan(leads=300, now=NOW, activities_per_lead=1)


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Instance]:
    made = Instance(tmp_path / "one")
    yield made
    made.close()


def contents(instance: Instance) -> list[object]:
    tables = ("leads", "true_duplicates", "static_lists", "static_list_members", "smart_lists", "activities")
    return [instance.store.rows(f"select * from {table} order by all") for table in tables]


class Killed(Exception):
    pass


@pytest.mark.parametrize("number", range(len(seeding.STEPS)))
def test_a_kill_in_any_step_leaves_nothing_half_done(
    instance: Instance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    whole = Instance(tmp_path / "whole")
    seed(whole, PLAN)
    steps = list(seeding.STEPS)
    broken = steps[number]

    def killed(instance: Instance, plan: SeedPlan) -> None:
        broken(instance, plan)
        raise Killed

    killed.__name__ = broken.__name__
    monkeypatch.setattr(seeding, "STEPS", [*steps[:number], killed, *steps[number + 1 :]])
    with pytest.raises(Killed):
        seed(instance, PLAN)
    monkeypatch.setattr(seeding, "STEPS", steps)
    # Before anything was kept the new plan counts, afterwards the one that it began with.
    seed(instance, PLAN if number == 0 else SeedPlan(leads=7, now=NOW + 1, seed=2))
    assert contents(instance) == contents(whole)
    whole.close()


def test_what_is_seeded_is_not_seeded_again(instance: Instance) -> None:
    seed(instance, PLAN)
    before = contents(instance)
    seed(instance, SeedPlan(leads=500, now=NOW))
    assert contents(instance) == before


def test_new_leads_have_ids_of_their_own(instance: Instance) -> None:
    seed(instance, PLAN)
    assert instance.store.value("select nextval('lead_ids')") == 301


def test_an_instance_may_be_empty(instance: Instance) -> None:
    seed(instance, SeedPlan(leads=0, now=NOW))
    assert instance.store.value("select count(*) from leads") == 0
    assert instance.store.value("select count(*) from static_lists") == 5
