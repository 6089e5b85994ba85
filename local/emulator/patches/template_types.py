"""CloudFormation: types of resources that ministack does not know and a stack of ours has.

Fault: services/cloudformation/engine.py refuses a whole template for one unknown type.
AWS: makes them.
Without it: nothing can be deployed.

These have no effect on a machine without a network of its own (security group rules, flow logs) or are read by nobody
here (saved queries, groups of traces): they are accepted, described by the stack and forgotten with it.
"""

from collections.abc import Callable
from typing import Any

from ministack.services.cloudformation import provisioners

type Properties = dict[str, Any]
type Made = tuple[str, dict[str, Any]]

_WITHOUT_EFFECT = (
    "AWS::EC2::EIP",
    "AWS::EC2::FlowLog",
    "AWS::EC2::NatGateway",
    "AWS::EC2::SecurityGroupEgress",
    "AWS::EC2::SecurityGroupIngress",
    "AWS::Logs::QueryDefinition",
    "AWS::SNS::TopicInlinePolicy",
    "AWS::SQS::QueueInlinePolicy",
    "AWS::SecretsManager::ResourcePolicy",
    "AWS::SecretsManager::RotationSchedule",
    "AWS::WAFv2::WebACLAssociation",
    "AWS::XRay::Group",
    "AWS::XRay::ResourcePolicy",
    "AWS::XRay::SamplingRule",
)


def before(kind: str, rewrite: Callable[[Properties], Properties]) -> None:
    """Make and change resources of a type with rewritten properties."""
    handler = provisioners._RESOURCE_HANDLERS[kind]
    create, update = handler["create"], handler.get("update")

    def create_rewritten(logical_id: str, properties: Properties, *more: Any) -> Any:
        return create(logical_id, rewrite(properties), *more)

    def update_rewritten(physical_id: str, old: Properties, new: Properties, *more: Any, **named: Any) -> Any:
        return update(physical_id, rewrite(old), rewrite(new), *more, **named)

    _replace(kind, create_rewritten, update_rewritten if update else None)


def after(kind: str, complete: Callable[[str, Properties], None]) -> None:
    """When a resource of a type was made or changed, complete it: called with its physical id and properties."""
    handler = provisioners._RESOURCE_HANDLERS[kind]
    create, update = handler["create"], handler.get("update")

    def create_completed(logical_id: str, properties: Properties, *more: Any) -> Any:
        made = create(logical_id, properties, *more)
        complete(made[0], properties)
        return made

    def update_completed(physical_id: str, old: Properties, new: Properties, *more: Any, **named: Any) -> Any:
        made = update(physical_id, old, new, *more, **named)
        complete(made[0], new)
        return made

    _replace(kind, create_completed, update_completed if update else None)


def _replace(kind: str, create: Callable[..., Any], update: Callable[..., Any] | None) -> None:
    handler = provisioners._RESOURCE_HANDLERS[kind]
    provisioners._RESOURCE_HANDLERS[kind] = {**handler, "create": create, **({"update": update} if update else {})}


def _accepted(kind: str) -> dict[str, Callable[..., Any]]:
    def create(logical_id: str, properties: Properties, stack: str) -> Made:
        name = f"{stack}-{logical_id}"
        return name, {"Arn": f"arn:aws:local:::{kind}/{name}", "Id": name}

    def update(physical_id: str, old: Properties, new: Properties, stack: str) -> Made:
        return physical_id, {"Arn": f"arn:aws:local:::{kind}/{physical_id}", "Id": physical_id}

    def delete(physical_id: str, properties: Properties) -> None:
        """Nothing was made."""

    return {"create": create, "update": update, "delete": delete}


def apply() -> None:
    for kind in _WITHOUT_EFFECT:
        provisioners._RESOURCE_HANDLERS.setdefault(kind, _accepted(kind))
