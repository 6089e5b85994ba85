"""Fills an empty instance: the same for the same seed, size and moment. Each step adds what it is named for."""

from collections.abc import Callable
from dataclasses import dataclass

from local.marketo_simulator.instance import Instance


@dataclass(frozen=True, slots=True)
class SeedPlan:
    """`now`: epoch ms that the instance's past leads up to. `activities_per_lead` is a mean; 0 makes none."""

    leads: int
    now: int
    seed: int = 1
    activities_per_lead: float = 5.0


type SeedStep = Callable[[Instance, SeedPlan], None]

# In order: a later one may read what an earlier one wrote (leads, lists, campaigns, then activities).
STEPS: list[SeedStep] = []


def seed(instance: Instance, plan: SeedPlan) -> None:
    """Does nothing to an instance that has leads."""
    if instance.store.value("select count(*) from leads"):
        return
    for step in STEPS:
        step(instance, plan)
    instance.store.cursor().execute("checkpoint")
