"""What happened to seeded leads hangs together."""

from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from local.marketo_simulator.instance import Instance
from local.marketo_simulator.seeding import SeedPlan, seed

NOW = 1_795_341_600_000  # 2026-11-22T10:00:00Z
LEADS = 3_000


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    made = Instance(tmp_path_factory.mktemp("marketo"))
    seed(made, SeedPlan(LEADS, NOW))
    yield made
    made.close()


def test_about_as_many_as_were_asked_for(instance: Instance) -> None:
    found = instance.store.value("select count(*) from activities")
    assert 4.5 * LEADS < found < 6.5 * LEADS


def test_ids_are_unique_and_leave_none_out(instance: Instance) -> None:
    rows = instance.store.cursor().execute("select guid from activities order by guid").fetchall()
    assert [guid for (guid,) in rows] == list(range(1, len(rows) + 1))
    assert instance.store.value("select nextval('activity_guids')") == len(rows) + 1


def test_times_are_whole_seconds_of_the_past(instance: Instance) -> None:
    strange = "happened_at > make_timestamp(?) or (type <> 12 and microsecond(happened_at) % 1000000 <> 0)"
    assert instance.store.value(f"select count(*) from activities where {strange}", [NOW * 1000]) == 0


def test_everything_follows_from_what_came_before(instance: Instance) -> None:
    """Without its cause nothing happens: no delivery without a send, no click without an open and so on."""
    causes = {7: 6, 8: 6, 27: 6, 10: 7, 11: 10, 9: 7}
    for effect, cause in causes.items():
        orphans = instance.store.value(
            """
            select count(*) from activities e where e.type = ? and not exists (
                select 1 from activities c where c.type = ? and c.lead = e.lead and c.asset = e.asset
                and c.happened_at < e.happened_at and c.campaign = e.campaign)
            """,
            [effect, cause],
        )
        assert orphans == 0, (effect, cause)


def test_what_bounced_was_not_delivered(instance: Instance) -> None:
    both = instance.store.value(
        "select count(*) from activities b join activities d using (lead, asset) where b.type in (8, 27) and d.type = 7"
    )
    assert both == 0
    kinds = instance.store.rows("select type, count(*) as n from activities group by type")
    assert {row["type"] for row in kinds} >= {1, 2, 6, 7, 8, 9, 10, 11, 12, 22, 24, 27, 104}


def test_only_who_is_unsubscribed_did_unsubscribe(instance: Instance) -> None:
    wrong = "select count(*) from activities a join leads l on l.id = a.lead where a.type = 9 and not l.unsubscribed"
    assert instance.store.value(wrong) == 0


def test_attributes_are_json(instance: Instance) -> None:
    rows = instance.store.cursor().execute("select attributes from activities").fetchall()
    assert all(isinstance(orjson.loads(text), dict) for (text,) in rows)


def test_the_same_seed_gives_the_same_past(instance: Instance, tmp_path: Path) -> None:
    again = Instance(tmp_path)
    seed(again, SeedPlan(LEADS, NOW))
    whole = "select md5(string_agg(a::varchar, '' order by guid)) from activities a"
    assert again.store.value(whole) == instance.store.value(whole)
    again.close()


def test_none_are_made_where_none_are_wanted(tmp_path: Path) -> None:
    quiet = Instance(tmp_path)
    seed(quiet, SeedPlan(50, NOW, activities_per_lead=0))
    assert quiet.store.value("select count(*) from activities") == 0
    quiet.close()
