"""Groups of services, as a team divides its work: by project, region or client."""

from dataclasses import replace
from typing import Final

from touchline.domain.marketo.services import Group
from touchline.errors import Conflict
from touchline.services.marketo.managing import Managing, checked_name, find_group

MOST_GROUPS: Final = 500


def create_group(managing: Managing, group_id: str, name: str) -> Group:
    """Raises Conflict for a name that is taken."""
    if len(managing.groups.all(managing.tenant)) >= MOST_GROUPS:
        raise Conflict(f"There are {MOST_GROUPS} groups already. Delete one that is not needed any more.")
    group = Group(group_id, checked_name(name), managing.now)
    managing.groups.add(managing.tenant, group)
    return group


def rename_group(managing: Managing, group_id: str, name: str) -> Group:
    before = find_group(managing, group_id)
    group = replace(before, name=checked_name(name), revision=before.revision + 1)
    managing.groups.replace(managing.tenant, group)
    return group


def delete_group(managing: Managing, group_id: str) -> None:
    """Raises Conflict where services are in it."""
    find_group(managing, group_id)
    inside = managing.services.all(managing.tenant, group=group_id)
    if inside:
        raise Conflict(f"The group has {len(inside)} services, such as {inside[0].name!r}. Move or delete them first.")
    managing.groups.delete(managing.tenant, group_id)
