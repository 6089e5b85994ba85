"""Waits until what was sent can be found, by asking as a customer would."""

import time
from datetime import timedelta

from local.demo.api import Api
from local.errors import LocalError
from local.progress import Step
from local.sample_data import SampleData

GIVE_UP_AFTER_SECONDS = 300
ASK_EVERY_SECONDS = 0.5
# Without this a number that rises no more would be waited for to the end.
GIVE_UP_WHEN_STILL_SECONDS = 60


def until_searchable(reader: Api, data: SampleData, step: Step) -> int:
    """How many of the events are searchable: all of them, or as many as there are when no more come."""
    wanted = data.totals.distinct if data.totals else 0
    found, moved, began = -1, time.monotonic(), time.monotonic()
    while time.monotonic() - began < GIVE_UP_AFTER_SECONDS:
        now = count(reader, data)
        if now >= wanted or (now == found and time.monotonic() - moved > GIVE_UP_WHEN_STILL_SECONDS):
            return now
        if now != found:
            found, moved = now, time.monotonic()
        step.reach(now, wanted, f"{now:,}")
        time.sleep(ASK_EVERY_SECONDS)
    raise LocalError(
        f"Only {found:,} of {wanted:,} events could be found after {GIVE_UP_AFTER_SECONDS} s: ./dev status"
    )


def count(reader: Api, data: SampleData) -> int:
    """All events of the sample's days, today included, without those that an earlier demo imported from Marketo."""
    until = (data.now + timedelta(days=1)).date()
    sent = [{"field": "properties.source", "is": "ne", "value": "marketo"}]
    question = {"from": data.since.isoformat(), "to": f"{until}T00:00:00Z", "time_zone": "UTC", "filters": sent}
    return int(reader.post("/v1/queries/timeseries", question)["series"][0]["total"])
