"""The demo's goals: made once, found again by name, and their past computed before anything is asked of them."""

import time
from typing import Any, Final

from local.demo.api import Api
from local.errors import LocalError
from local.progress import Step

type Json = dict[str, Any]

GIVE_UP_AFTER_SECONDS: Final = 240
ASK_EVERY_SECONDS: Final = 0.5
TRIAL: Final[Json] = {
    "name": "Trial started",
    "criteria": [{"action": "trial_started"}],
    "counted": "once",
}
ORDER: Final[Json] = {
    "name": "Order",
    "criteria": [{"action": "order_completed"}],
    "value": {"type": "event"},
}


def demo_goals(admin: Api, step: Step) -> dict[str, str]:
    """Their ids by name."""
    known = {goal["name"]: goal for goal in admin.get("/v1/goals")["goals"]}
    found = {}
    for number, wanted in enumerate((TRIAL, ORDER)):
        goal = known.get(wanted["name"]) or admin.post("/v1/goals", wanted)
        found[goal["name"]] = goal["id"]
        step.reach(number + 1, 2, goal["name"])
    return found


def compute_past(admin: Api, goals: dict[str, str], step: Step) -> int:
    """Anew, where that is not under way since the goal was made, and to its end; how many conversions there are."""
    for goal in goals.values():
        if (admin.get(f"/v1/goals/{goal}")["backfill"] or {}).get("state") != "running":
            admin.post(f"/v1/goals/{goal}/backfill", {})
    began, conversions = time.monotonic(), 0
    while time.monotonic() - began < GIVE_UP_AFTER_SECONDS:
        told = [admin.get(f"/v1/goals/{goal}/backfill") for goal in goals.values()]
        conversions = sum(one["conversions"] for one in told)
        failed = [one["reason"] for one in told if one["state"] not in {"running", "done"}]
        if failed:
            raise LocalError(f"The past of a goal could not be computed: {failed[0]}")
        done, of = (sum(one[name] or 0 for one in told) for name in ("parts_done", "parts"))
        step.reach(done, max(of, done, 1), f"{conversions:,} conversions")
        if all(one["state"] == "done" for one in told):
            return conversions
        time.sleep(ASK_EVERY_SECONDS)
    raise LocalError(f"The past of the goals was not computed within {GIVE_UP_AFTER_SECONDS} s: ./dev logs")
