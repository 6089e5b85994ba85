from dataclasses import replace

import pytest
from touchline.adapters.memory.tenants import MemoryApiKeys, MemoryTenants
from touchline.domain.api_keys import PresentedKey, parse_key
from touchline.domain.tenancy import Tenant
from touchline.errors import KeyExpired, KeyRevoked, NotAllowed, NotAuthenticated
from touchline.services.authenticate import MOST_REMEMBERED, KeyRing, authenticate
from touchline.services.manage_keys import create_key, revoke_key, rotate_key

ACME = Tenant("acme", "Acme", "hash", b"k" * 32, 1_000, "UTC", "monday", 0)
DRAWN = PresentedKey("k1", "se_cr-et")


class Door:
    def __init__(self) -> None:
        tenants = MemoryTenants()
        tenants.add(ACME)
        self.keys = MemoryApiKeys()
        create_key(self.keys, "acme", name="site", scopes=["ingest"], now=0, drawn=DRAWN, expires_at=1_000_000)
        self.ring = KeyRing(self.keys, tenants)

    def open(self, text: str = DRAWN.text(), now: int = 1, scope: str = "ingest") -> str:
        headers = {"authorization": f"Bearer {text}"}
        return authenticate(headers, scope, ring=self.ring, now=now).tenant.id  # type: ignore[arg-type]


def test_the_key_alone_says_whose_request_it_is() -> None:
    door = Door()
    assert door.open() == "acme"
    assert authenticate({"x-api-key": DRAWN.text()}, "ingest", ring=door.ring, now=1).tenant is ACME


def test_a_secret_may_hold_the_separator() -> None:
    assert parse_key("tl_k1_se_cr-et") == DRAWN


@pytest.mark.parametrize(
    "text", ["", "tl", "tl_k1", "tl_k1_", "xx_k1_se_cr-et", "tl_k1_" + "x" * 300, "tl_ü_x", "tl_k1_wrong"]
)
def test_what_is_no_key_of_ours_is_refused(text: str) -> None:
    with pytest.raises(NotAuthenticated):
        Door().open(text)


def test_a_missing_scope_is_told() -> None:
    with pytest.raises(NotAllowed):
        Door().open(scope="admin")


def test_an_expired_key_is_told_so() -> None:
    with pytest.raises(KeyExpired):
        Door().open(now=1_000_000)


def test_a_revoked_key_works_for_a_minute_at_most() -> None:
    door = Door()
    door.open(now=1)
    revoke_key(door.keys, "acme", "k1", 2)
    assert door.open(now=60_000) == "acme"
    with pytest.raises(KeyRevoked):
        door.open(now=60_001)


def test_an_unknown_key_is_looked_for_once_in_ten_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    door, asked = Door(), []
    find = door.keys.get
    monkeypatch.setattr(door.keys, "get", lambda key_id: asked.append(key_id) or find(key_id))
    for now in (1, 2, 10_000):
        with pytest.raises(NotAuthenticated):
            door.open("tl_k2_secret", now=now)
    assert asked == ["k2"]
    create_key(door.keys, "acme", name="new", scopes=["ingest"], now=0, drawn=PresentedKey("k2", "secret"))
    assert door.open("tl_k2_secret", now=10_001) == "acme"


def test_strangers_neither_fill_the_memory_nor_push_known_keys_out() -> None:
    door = Door()
    door.open(now=1)
    for number in range(3 * MOST_REMEMBERED):
        assert door.ring.find(f"stranger-{number}", 2) is None
    door.keys.replace(replace(door.keys.of_tenant("acme")[0], name="changed"))
    assert door.ring.find("k1", 3).key.name == "site"  # type: ignore[union-attr]
    assert len(door.ring._unknown) <= MOST_REMEMBERED


def test_a_rotated_secret_goes_on_working_until_its_grace_ends() -> None:
    door = Door()
    rotate_key(door.keys, "acme", "k1", secret="new", now=0, grace_ms=100_000)
    assert door.open("tl_k1_new") == door.open(now=99_999) == "acme"
    with pytest.raises(NotAuthenticated):
        door.open(now=100_000)


def test_a_secret_is_not_stored() -> None:
    assert "se_cr-et" not in repr(Door().keys.get("k1"))
