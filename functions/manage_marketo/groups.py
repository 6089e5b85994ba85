"""/v1/marketo/groups: services kept together."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body
from touchline.domain.marketo.services import Group
from touchline.services.marketo.manage_groups import create_group, delete_group, rename_group
from touchline.services.marketo.managing import find_group

from manage_marketo import parts
from manage_marketo.routing import GONE, gone, managing_of, moment, new_router
from manage_marketo.service_models import GroupBody, GroupList, GroupShown

TAGS = ["Marketo: services"]

router = new_router()


@router.get("/v1/marketo/groups", tags=TAGS, summary="List the groups, by name")
def list_groups() -> GroupList:
    managing = managing_of(router)
    inside = [service.group for service in managing.services.all(managing.tenant)]
    groups = managing.groups.all(managing.tenant)
    return GroupList(groups=[_shown(group, inside.count(group.id)) for group in groups])


@router.post("/v1/marketo/groups", tags=TAGS, summary="Create a group")
def create(body: Annotated[GroupBody, Body()]) -> tuple[GroupShown, int]:
    return _shown(create_group(managing_of(router), parts.draw_id(), body.name), 0), 201


@router.get("/v1/marketo/groups/<group_id>", tags=TAGS, summary="Read a group")
def read(group_id: str) -> GroupShown:
    managing = managing_of(router)
    return _shown(find_group(managing, group_id), len(managing.services.all(managing.tenant, group=group_id)))


@router.patch("/v1/marketo/groups/<group_id>", tags=TAGS, summary="Rename a group")
def rename(group_id: str, body: Annotated[GroupBody, Body()]) -> GroupShown:
    rename_group(managing_of(router), group_id, body.name)
    return read(group_id)


@router.delete("/v1/marketo/groups/<group_id>", tags=TAGS, summary="Delete a group without services", responses=GONE)
def delete(group_id: str) -> Response[str]:
    delete_group(managing_of(router), group_id)
    return gone()


def _shown(group: Group, services: int) -> GroupShown:
    return GroupShown(id=group.id, name=group.name, services=services, created_at=moment(group.created_at))
