"""EventBridge: schedules are looked at every second.

Fault: services/scheduler.py and services/eventbridge.py look every 10 seconds.
AWS: starts a schedule within the minute, most often within a second.
Without it: tests that wait for a schedule wait ten seconds for nothing.
"""

from ministack.services import eventbridge, scheduler

EVERY_SECONDS = 1


def apply() -> None:
    scheduler._SCHEDULE_TICK_INTERVAL = EVERY_SECONDS
    eventbridge._SCHEDULER_TICK_INTERVAL = EVERY_SECONDS
