"""Laws of merging that hold for any leads: nothing that was known is lost, and the CRM's record stays."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local.marketo_simulator.answering import exchange, read_request
from local.marketo_simulator.catalogue import all_routes
from local.marketo_simulator.instance import Instance
from local.marketo_simulator.lead_changes import add_leads

ROUTES = all_routes()
RANKS = {"Contact": 2, "Lead": 1, None: 0}
TEXTS = ("firstName", "lastName", "company", "phone")
LISTS = (1, 2, 3)
text = st.sampled_from([None, "", "a", "B", "null"])
leads = st.lists(
    st.fixed_dictionaries(
        dict.fromkeys(TEXTS, text)
        | {
            "email": st.sampled_from([None, "a@example.com", "A@Example.com", "b@example.com"]),
            "sfdcType": st.sampled_from([None, None, "Lead", "Contact"]),
            "leadScore": st.none() | st.integers(0, 9),
            "unsubscribed": st.booleans(),
            "on": st.sets(st.sampled_from(LISTS)),
        }
    ),
    min_size=2,
    max_size=5,
)


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    made = Instance(tmp_path_factory.mktemp("marketo"))
    made.switches.calls_in_window = made.switches.calls_a_day = made.switches.token_seconds = 10**9
    yield made
    made.close()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=leads)
def test_nothing_is_lost_by_a_merge(instance: Instance, rows: list[dict[str, Any]]) -> None:
    store = instance.store
    with store.writing() as cursor:
        cursor.execute("delete from leads")  # an unsubscription would reach leads of examples before
        ids = add_leads(
            store,
            [{name: value for name, value in row.items() if name != "on"} for row in rows],
            instance.clock.now(),
            partition=1,
            source="test",
        )
        for lead, row in zip(ids, rows, strict=True):
            for number in row["on"]:
                cursor.execute("insert into static_list_members values (?, ?, null)", [number, lead])
    before = {row["id"]: row for row in store.rows("select * from leads where id in (select unnest(?))", [ids])}
    merge(instance, ids[0], ids[1:])
    (survivor,) = store.rows("select * from leads where id in (select unnest(?))", [ids])
    best = max(ids, key=lambda lead: (RANKS[before[lead]["sfdcType"]], -ids.index(lead)))
    assert survivor["id"] == best
    order = [best, *(lead for lead in sorted(ids, key=lambda lead: -RANKS[before[lead]["sfdcType"]]) if lead != best)]
    for name in (*TEXTS, "leadScore", "email"):
        known = [before[lead][name] for lead in order if before[lead][name] not in (None, "")]
        assert survivor[name] == (known[0] if known else before[best][name])
    address = (survivor["email"] or "").lower()
    same = [lead for lead in ids if lead == best or (address and (before[lead]["email"] or "").lower() == address)]
    assert survivor["unsubscribed"] is any(before[lead]["unsubscribed"] for lead in same)
    members = store.rows("select list from static_list_members where lead = ? order by list", [best])
    assert [row["list"] for row in members] == sorted(set().union(*(row["on"] for row in rows)))
    assert store.value("select count(*) from static_list_members where lead in (select unnest(?))", [ids]) == len(
        members
    )
    gone = store.rows("select loser, winner from merged_leads where winner = ?", [best])
    assert sorted(row["loser"] for row in gone) == sorted(set(ids) - {best})


def merge(instance: Instance, winner: int, losers: list[int]) -> None:
    first = instance.credentials[0]
    token = instance.tokens.issue(first.client_id, instance.clock.now(), 10**9).text
    path = f"/rest/v1/leads/{winner}/merge.json?leadIds={','.join(map(str, losers))}"
    done = exchange(instance, ROUTES, read_request("POST", path, {"authorization": f"Bearer {token}"}, b""))
    assert done.call is not None
    assert done.answer.code is None, done.answer.body
    instance.limits.leave(done.call)
