"""How much of the quota was used, by whom, and which errors were answered. No permission is needed."""

from datetime import date, timedelta
from typing import Any, Final

from local.marketo_simulator.instance import Instance
from local.marketo_simulator.limits import day_of
from local.marketo_simulator.routing import Body, Request, Routes

DAYS: Final = 7

routes = Routes()


@routes.get("/rest/v1/stats/usage.json")
def usage_today(instance: Instance, request: Request) -> Body:
    return {"result": [_usage(instance, _days(instance, 1)[0])]}


@routes.get("/rest/v1/stats/usage/last7days.json")
def usage_of_a_week(instance: Instance, request: Request) -> Body:
    return {"result": [_usage(instance, day) for day in _days(instance, DAYS)]}


@routes.get("/rest/v1/stats/errors.json")
def errors_today(instance: Instance, request: Request) -> Body:
    return {"result": [_errors(instance, _days(instance, 1)[0])]}


@routes.get("/rest/v1/stats/errors/last7days.json")
def errors_of_a_week(instance: Instance, request: Request) -> Body:
    return {"result": [_errors(instance, day) for day in _days(instance, DAYS)]}


def _days(instance: Instance, count: int) -> list[date]:
    """Newest first."""
    today = day_of(instance.clock.now(), fixed=instance.switches.fixed_central_time)
    return [today - timedelta(days=back) for back in range(count)]


def _usage(instance: Instance, day: date) -> dict[str, Any]:
    users = {user: count for user, count in instance.limits.used_by(day).items() if count}
    listed = [{"userId": user, "count": count} for user, count in sorted(users.items())]
    return {"date": day.isoformat(), "total": sum(users.values()), "users": listed}


def _errors(instance: Instance, day: date) -> dict[str, Any]:
    codes = instance.limits.errors_on(day)
    listed = [{"errorCode": code, "count": count} for code, count in sorted(codes.items())]
    return {"date": day.isoformat(), "total": sum(codes.values()), "errors": listed}
