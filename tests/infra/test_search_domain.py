"""The search domain takes signed requests over TLS from our functions, in a network or without one."""

import re
from typing import Any

import botocore.session

from infra.assets import function_folder
from infra.constructs.rights import SEARCH
from tests.infra.conftest import Stage


def domain(stage: Stage) -> dict[str, Any]:
    (properties,) = stage.properties("AWS::OpenSearchService::Domain")
    return properties


def test_only_tls_and_only_known_roles(stage: Stage) -> None:
    options = domain(stage)
    assert options["DomainEndpointOptions"]["EnforceHTTPS"]
    assert options["NodeToNodeEncryptionOptions"]["Enabled"]
    (statement,) = options["AccessPolicies"]["Statement"]
    principals = statement["Principal"]["AWS"]
    assert len(principals) == len(SEARCH)
    assert all("Access" in principal["Fn::GetAtt"][0] for principal in principals)


def test_the_master_of_fine_grained_access_is_the_role_that_prepares_search(stage: Stage) -> None:
    security = domain(stage)["AdvancedSecurityOptions"]
    assert security["Enabled"]
    assert not security["InternalUserDatabaseEnabled"]
    assert security["MasterUserOptions"]["MasterUserARN"]["Fn::GetAtt"][0].startswith("AccessPrepareSearch")


def test_slow_searches_and_slow_writes_are_logged(stage: Stage) -> None:
    assert {"SEARCH_SLOW_LOGS", "INDEX_SLOW_LOGS"} <= set(domain(stage)["LogPublishingOptions"])


def test_production_spans_zones_inside_a_network_without_a_way_out(prod: Stage) -> None:
    options = domain(prod)
    assert len(options["VPCOptions"]["SubnetIds"]) == 3
    assert options["ClusterConfig"]["ZoneAwarenessConfig"]["AvailabilityZoneCount"] == 3
    assert options["ClusterConfig"]["DedicatedMasterCount"] == 3
    assert not prod.of_type("AWS::EC2::InternetGateway")
    assert not prod.of_type("AWS::EC2::NatGateway")


def test_functions_that_search_live_in_the_network_and_only_they(prod: Stage) -> None:
    inside = {name for name, function in prod.functions().items() if "VpcConfig" in function}
    searching = {
        name for name, function in prod.functions().items() if "SEARCH_ENDPOINT" in function["Environment"]["Variables"]
    }
    assert inside == searching


def test_the_network_reaches_every_service_that_its_functions_call(prod: Stage) -> None:
    names = str([endpoint["ServiceName"] for endpoint in prod.properties("AWS::EC2::VPCEndpoint")])
    inside = {name.partition(".")[0] for name, function in prod.functions().items() if "VpcConfig" in function}
    called = {service for capability in inside for service in services_called(capability)}
    assert called >= {"s3", "dynamodb", "sqs", "states"}
    assert [service for service in sorted(called) if f".{service}'" not in names] == []


def services_called(capability: str) -> set[str]:
    """As their addresses name them, by the clients that the capability's folder asks for."""
    text = "".join(path.read_text() for path in function_folder(capability).rglob("*.py"))
    assert "boto3.client" not in text
    found = set(re.findall(r'\baws_client\("([^"]+)"\)', text)) | set(re.findall(r"\blinking_(s3)_client\(", text))
    assert len(re.findall(r"\b(?:aws|linking_\w+)_client\(", text)) == len(
        re.findall(r'\baws_client\("[^"]+"\)|\blinking_s3_client\(\)', text)
    )
    return {service_model(service)["metadata"]["endpointPrefix"] for service in found}


def service_model(name: str) -> dict[str, Any]:
    found: dict[str, Any] = botocore.session.get_session().get_service_data(name)
    return found


def test_small_stages_need_no_network(local: Stage, dev: Stage) -> None:
    for stage in (local, dev):
        assert "VPCOptions" not in domain(stage)
        assert not stage.of_type("AWS::EC2::VPC")


def test_the_endpoint_speaks_the_stages_scheme(stage: Stage) -> None:
    endpoint = stage.templates["storage"]["Outputs"]["SearchEndpoint"]["Value"]["Fn::Join"][1][0]
    assert endpoint == f"{stage.config.search.scheme}://"
