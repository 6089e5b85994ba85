"""DynamoDB tables made by a template: time to live and its items' end.

Fault: services/cloudformation/provisioners.py drops TimeToLiveSpecification.
AWS: enables it.
Without it: counters of rate limits and idempotency records are kept for ever.
"""

from typing import Any

from ministack.services import dynamodb

from local.emulator.patches.template_types import after


def _enable(table: str, properties: dict[str, Any]) -> None:
    if specification := properties.get("TimeToLiveSpecification"):
        enabled = str(specification.get("Enabled")).lower() == "true"
        status = "ENABLED" if enabled else "DISABLED"
        dynamodb._ttl_settings[table] = {
            "TimeToLiveStatus": status,
            "AttributeName": specification.get("AttributeName", ""),
        }


def apply() -> None:
    for kind in ("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable"):
        after(kind, _enable)
