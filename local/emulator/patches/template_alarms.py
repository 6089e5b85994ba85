"""CloudWatch alarms made by a template: composite ones, and metric math.

Fault: services/cloudformation has no AWS::CloudWatch::CompositeAlarm, and provisioners.py `_cw_metric_alarm_record`
refuses an alarm with Metrics.
AWS: makes both.
Without it: the stack with the alarms cannot be deployed.

A composite alarm is made. An alarm on metric math is stored and described but never evaluated: ministack's alarms
ignore dimensions as well, so alarms are proven by the tests of the templates and on AWS, not here.
"""

import json
from collections.abc import Callable
from typing import Any

from ministack.services import cloudwatch
from ministack.services.cloudformation import provisioners

type Properties = dict[str, Any]
type Made = tuple[str, dict[str, Any]]


def _put(name: str, properties: Properties) -> Made:
    request = {**properties, "AlarmName": name}
    status, _, body = cloudwatch._put_composite_alarm({}, request, is_cbor=False, is_json=True)
    if status >= 400:
        raise ValueError(f"AWS::CloudWatch::CompositeAlarm: {json.loads(body).get('message', body)}")
    return name, {"Arn": cloudwatch._composite_alarms[name]["AlarmArn"]}


def _create(logical_id: str, properties: Properties, stack: str) -> Made:
    name = properties.get("AlarmName") or provisioners._physical_name(stack, logical_id, max_len=255)
    return _put(name, properties)


def _update(physical_id: str, old: Properties, new: Properties, stack: str) -> Made:
    if new.get("AlarmName") not in (None, physical_id):
        _delete(physical_id, old)
    return _put(new.get("AlarmName") or physical_id, new)


def _delete(physical_id: str, properties: Properties) -> None:
    cloudwatch._composite_alarms.pop(physical_id, None)


def _with_metric_math(original: Callable[[str, Properties], Any]) -> Callable[[str, Properties], Any]:
    def record(name: str, properties: Properties) -> Any:
        metrics = properties.get("Metrics")
        if not metrics:
            return original(name, properties)
        plain = {key: value for key, value in properties.items() if key != "Metrics"}
        alarm = original(name, {**plain, "MetricName": "metric math", "Namespace": "Never/Evaluated"})
        return {**alarm, "MetricName": "", "Namespace": "", "Metrics": metrics}

    return record


def apply() -> None:
    provisioners._RESOURCE_HANDLERS["AWS::CloudWatch::CompositeAlarm"] = {
        "create": _create,
        "update": _update,
        "delete": _delete,
    }
    provisioners._cw_metric_alarm_record = _with_metric_math(provisioners._cw_metric_alarm_record)
