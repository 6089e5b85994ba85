"""/v1/keys: a tenant's API keys. Secrets are in the answer that makes them and nowhere else."""

from datetime import UTC, datetime
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Body
from touchline.domain.tenancy import ApiKey
from touchline.services import manage_keys

from manage_api import parts
from manage_api.models import IssuedKey, Key, Keys, NewKey, Rotation
from manage_api.routing import caller_of, new_router

HOUR_MS = 3_600_000

router = new_router()


@router.get("/v1/keys", tags=["Keys"], summary="List the keys, oldest first")
def list_keys() -> Keys:
    tenant = _tenant()
    return Keys(keys=[Key(**_shown(key)) for key in parts.api_keys().of_tenant(tenant)])


@router.post("/v1/keys", tags=["Keys"], summary="Create a key")
def create_key(new: Annotated[NewKey, Body()]) -> tuple[IssuedKey, int]:
    issued = manage_keys.create_key(
        parts.api_keys(),
        _tenant(),
        name=new.name,
        scopes=new.scopes,
        now=parts.now(),
        drawn=parts.draw_key(),
        expires_at=int(new.expires_at.timestamp() * 1000) if new.expires_at else None,
    )
    return IssuedKey(**_shown(issued.key), key=issued.text), 201


@router.post("/v1/keys/<key_id>/rotate", tags=["Keys"], summary="Give a key a new secret")
def rotate_key(key_id: str, rotation: Annotated[Rotation, Body()]) -> IssuedKey:
    issued = manage_keys.rotate_key(
        parts.api_keys(),
        _tenant(),
        key_id,
        secret=parts.draw_secret(),
        now=parts.now(),
        grace_ms=int(rotation.grace_hours * HOUR_MS),
    )
    return IssuedKey(**_shown(issued.key), key=issued.text)


@router.delete("/v1/keys/<key_id>", tags=["Keys"], summary="Revoke a key; it works for 60 s more at most")
def revoke_key(key_id: str) -> Key:
    return Key(**_shown(manage_keys.revoke_key(parts.api_keys(), _tenant(), key_id, parts.now())))


def _tenant() -> str:
    return caller_of(router).tenant.id


def _shown(key: ApiKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "scopes": sorted(key.scopes),
        "state": _state(key),
        "created_at": _moment(key.created_at),
        "expires_at": _moment(key.expires_at),
        "revoked_at": _moment(key.revoked_at),
        "previous_secret_until": _moment(key.previous_expires_at),
    }


def _state(key: ApiKey) -> str:
    if key.revoked_at is not None:
        return "revoked"
    return "expired" if key.expires_at is not None and key.expires_at <= parts.now() else "active"


def _moment(epoch_ms: int | None) -> datetime | None:
    return None if epoch_ms is None else datetime.fromtimestamp(epoch_ms / 1000, UTC)
