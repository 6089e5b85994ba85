"""A public Marketo client, unchanged but for the host, driven against leads, lists, fields and usage."""

from collections.abc import Iterator

import pytest
from marketorestpython.client import MarketoClient
from marketorestpython.helper.exceptions import MarketoException

from local.marketo_simulator.seeding import SeedPlan, seed
from tests.contract.simulated_marketo import NOW, SimulatedMarketo, simulated_marketo

LEADS = 400


@pytest.fixture(scope="module")
def marketo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedMarketo]:
    with simulated_marketo(tmp_path_factory.mktemp("marketo")) as running:
        seed(running.instance, SeedPlan(LEADS, NOW, activities_per_lead=0))
        yield running


@pytest.fixture(scope="module")
def client(marketo: SimulatedMarketo) -> MarketoClient:
    first = marketo.instance.credentials[0]
    client = MarketoClient(marketo.instance.munchkin_id, first.client_id, first.client_secret, max_retry_time=2)
    client.host = marketo.endpoint
    return client


def test_leads_are_read(client: MarketoClient) -> None:
    (lead,) = client.execute(method="get_lead_by_id", id=1, fields="id,email,company")
    assert sorted(lead) == ["company", "email", "id"]
    wanted = [str(number) for number in range(1, 301)]
    found = client.execute(
        method="get_multiple_leads_by_filter_type", filterType="id", filterValues=wanted, fields="id", batchSize=100
    )
    assert [row["id"] for row in found] == list(range(1, 301))


def test_leads_of_a_list_are_read_to_the_end(client: MarketoClient) -> None:
    everybody = client.execute(method="get_multiple_leads_by_list_id", listId=1001, fields="id")
    assert [row["id"] for row in everybody][:LEADS] == list(range(1, LEADS + 1))
    pages = list(client.execute(method="get_multiple_leads_by_list_id_yield", listId=1001, fields="id", batchSize=150))
    assert [len(page) for page in pages][:2] == [150, 150]


def test_leads_are_made_changed_merged_and_deleted(client: MarketoClient) -> None:
    rows = [{"email": "one@public.test", "firstName": "One"}, {"email": "two@public.test", "company": "Two"}]
    made = client.execute(method="create_update_leads", leads=rows, action="createOnly", lookupField="email")
    winner, loser = (row["id"] for row in made)
    changed = client.execute(
        method="create_update_leads", leads=[{"id": winner, "title": "CEO"}], action="updateOnly", lookupField="id"
    )
    assert changed == [{"id": winner, "status": "updated"}]
    assert client.execute(method="merge_lead", id=winner, leadIds=[loser], mergeInCRM=False) is True
    assert client.execute(method="get_lead_by_id", id=loser) == []
    (kept,) = client.execute(method="get_lead_by_id", id=winner, fields="firstName,company,title")
    assert kept == {"id": winner, "firstName": "One", "company": "Two", "title": "CEO"}
    assert client.execute(method="delete_lead", id=[winner]) == [{"id": winner, "status": "deleted"}]


def test_refusals_reach_the_client_with_their_code(client: MarketoClient) -> None:
    with pytest.raises(MarketoException) as refused:
        client.merge_lead(1, [999_999])
    assert refused.value.code == "1004"


def test_members_of_lists(client: MarketoClient) -> None:
    added = client.execute(method="add_leads_to_list", listId=1005, id=[1, 2])
    assert [row["status"] for row in added] == ["added", "added"]
    told = client.execute(method="member_of_list", listId=1005, id=[1, 3])
    assert [row["status"] for row in told] == ["memberof", "notmemberof"]
    removed = client.execute(method="remove_leads_from_list", listId=1005, id=[1, 2])
    assert [row["status"] for row in removed] == ["removed", "removed"]


def test_static_lists(client: MarketoClient) -> None:
    (folder,) = client.execute(method="get_folder_by_name", name="Group Lists")
    (made,) = client.execute(
        method="create_list", name="Public", folderId=folder["id"], folderType="Folder", description="made here"
    )
    (changed,) = client.execute(method="update_list", id=made["id"], name="Still public")
    assert client.execute(method="get_list_by_id", id=made["id"]) == [changed]
    assert client.execute(method="get_list_by_name", name="Still public") == [changed]
    browsed = client.execute(method="browse_lists", folderId=folder["id"], folderType="Folder", maxReturn=3)
    assert "Still public" in [row["name"] for row in browsed]
    assert client.execute(method="delete_list", id=made["id"]) == [{"id": made["id"]}]
    listed = client.execute(method="get_multiple_lists", batchSize=2)
    assert [row["name"] for row in listed][:2] == ["All leads", "Webinar"]


def test_smart_lists(client: MarketoClient) -> None:
    pages = list(client.execute(method="get_smart_lists", maxReturn=2))
    assert [len(page) for page in pages] == [2, 2, 1]
    (germany,) = client.execute(method="get_smart_list_by_name", name="Germany")
    (copy,) = client.execute(
        method="clone_smart_list", id=germany["id"], name="Copied", folderId=15, folderType="Folder"
    )
    (found,) = client.execute(method="get_smart_list_by_id", id=copy["id"], includeRules=True)
    assert found["rules"]["filters"][0]["name"] == "Country"
    assert client.execute(method="delete_smart_list", id=copy["id"]) == [{"id": copy["id"]}]
    (part,) = client.execute(method="get_smart_list_by_program_id", id=1101)
    assert part["rules"]["filters"]


def test_fields_partitions_campaigns_and_usage(client: MarketoClient) -> None:
    names = {field["rest"]["name"] for field in client.execute(method="describe") if "rest" in field}
    (described,) = client.execute(method="describe2")
    assert {field["name"] for field in described["fields"]} == names
    partitions = client.execute(method="get_lead_partitions")
    assert [row["name"] for row in partitions] == ["Default", "EMEA", "APJ"]
    moved = client.execute(method="update_leads_partition", input=[{"id": 1, "partitionName": "EMEA"}])
    assert moved == [{"id": 1, "status": "updated"}]
    assert client.execute(method="get_campaign_by_id", id=1201)[0]["name"] == "Send invitation"
    assert len(client.execute(method="get_multiple_campaigns", batchSize=2)) == 5
    (today,) = client.execute(method="get_daily_usage")
    assert today["total"] > 10
    assert len(client.execute(method="get_last_7_days_usage")) == 7
    assert client.execute(method="get_daily_errors")[0]["date"] == "2026-11-22"
    assert len(client.execute(method="get_last_7_days_errors")) == 7


def test_a_retry_that_loses_its_token_is_denied(marketo: SimulatedMarketo, client: MarketoClient) -> None:
    """A known weakness of this client, which must not go unnoticed here where Marketo would notice it."""
    marketo.instance.faults.add({"path": "/rest/v1/lead/2.json", "code": "604", "message": "Request timed out"})
    with pytest.raises(Exception, match="Access denied"):
        client.execute(method="get_lead_by_id", id=2)
    assert client.execute(method="get_lead_by_id", id=2)[0]["id"] == 2
