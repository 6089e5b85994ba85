"""Fills an empty instance: the same for the same seed, size and moment. Each step adds what it is named for."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass

from local.marketo_simulator.clock import timestamp
from local.marketo_simulator.instance import Instance
from local.marketo_simulator.seeds.activities import seed_activities
from local.marketo_simulator.seeds.leads import populate
from local.marketo_simulator.seeds.lists import seed_lists


@dataclass(frozen=True, slots=True)
class SeedPlan:
    """`now`: epoch ms that the instance's past leads up to. `activities_per_lead` is a mean; 0 makes none."""

    leads: int
    now: int
    seed: int = 1
    activities_per_lead: float = 5.0


type SeedStep = Callable[[Instance, SeedPlan], None]


def seed_leads(instance: Instance, plan: SeedPlan) -> None:
    store, file = instance.store, instance.folder / "seed.parquet"
    population = populate(plan.leads, plan.seed, plan.now)
    with store.writing() as cursor:
        for batch in population.batches():
            batch.write_parquet(file, compression="uncompressed")
            cursor.execute("insert into leads by name select * from read_parquet(?) order by id", [str(file)])
        population.truth().write_parquet(file)
        cursor.execute("insert into true_duplicates by name select * from read_parquet(?) order by lead", [str(file)])
        file.unlink()
        # An unsubscription holds for the address, also for one that several people share.
        cursor.execute(
            "update leads set unsubscribed = true where not unsubscribed and lower(email) in "
            "(select lower(email) from leads where unsubscribed and email is not null)"
        )
        cursor.execute(f"create or replace sequence lead_ids start {plan.leads + 1}")


def seed_assets(instance: Instance, plan: SeedPlan) -> None:
    seed_lists(instance.store, timestamp(plan.now))


def seed_past(instance: Instance, plan: SeedPlan) -> None:
    seed_activities(instance.store, timestamp(plan.now), plan.seed, plan.activities_per_lead)


# In order: a later one may read what an earlier one wrote (leads, lists, campaigns, then activities).
STEPS: list[SeedStep] = [seed_leads, seed_assets, seed_past]


def seed(instance: Instance, plan: SeedPlan) -> None:
    """Does nothing to an instance that is seeded, or has leads of its own; one that was killed on the way is seeded to
    the end, as it began.
    """
    store = instance.store
    done = {row["step"]: row["plan"] for row in store.rows("select step, plan from seed_steps")}
    if not done and store.value("select count(*) from leads"):
        return
    plan = SeedPlan(**json.loads(next(iter(done.values())))) if done else plan
    for step in STEPS:
        if step.__name__ not in done:
            with store.writing() as cursor:
                step(instance, plan)
                cursor.execute("insert into seed_steps values (?, ?)", [step.__name__, json.dumps(asdict(plan))])
    store.cursor().execute("checkpoint")
