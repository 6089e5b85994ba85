"""The OpenSearch domain: signed requests over TLS only, everything encrypted with the stage's key."""

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_opensearchservice as opensearch
from constructs import Construct

from infra.acknowledgements import excuse
from infra.config import SearchConfig, StageConfig
from infra.constructs.access import Access
from infra.constructs.kept_logs import kept_log_group
from infra.constructs.network import PrivateNetwork

LOG_KINDS = ("SEARCH_SLOW_LOGS", "INDEX_SLOW_LOGS", "ES_APPLICATION_LOGS")


class SearchDomain(Construct):
    """The plain resource rather than CDK's class for it, which needs two custom resources for policies.

    In a private network the account needs the service-linked role of OpenSearch once
    (`aws iam create-service-linked-role --aws-service-name opensearchservice.amazonaws.com`).
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        config: StageConfig,
        key: kms.IKey,
        access: Access,
        network: PrivateNetwork | None,
    ) -> None:
        super().__init__(scope, id)
        search = config.search
        groups = {kind: kept_log_group(self, kind.title().replace("_", ""), config, key) for kind in LOG_KINDS}
        self.domain = opensearch.CfnDomain(
            self,
            "Domain",
            engine_version=search.version,
            access_policies=self._policy(access),
            advanced_security_options={
                "enabled": True,
                "internalUserDatabaseEnabled": False,
                "masterUserOptions": {"masterUserArn": access.roles["prepare_search"].role_arn},
            },
            cluster_config=_cluster(search),
            domain_endpoint_options={"enforceHttps": True, "tlsSecurityPolicy": "Policy-Min-TLS-1-2-PFS-2023-10"},
            ebs_options={"ebsEnabled": True, "volumeType": "gp3", "volumeSize": search.volume_gib},
            encryption_at_rest_options={"enabled": True, "kmsKeyId": key.key_id},
            node_to_node_encryption_options={"enabled": True},
            log_publishing_options={
                kind: {"enabled": True, "cloudWatchLogsLogGroupArn": group.log_group_arn}
                for kind, group in groups.items()
            },
            software_update_options={"autoSoftwareUpdateEnabled": True},
            vpc_options=_place(network),
        )
        self.domain.cfn_options.update_policy = cdk.CfnUpdatePolicy(enable_version_upgrade=True)
        self.domain.apply_removal_policy(cdk.RemovalPolicy.RETAIN if config.retain_data else cdk.RemovalPolicy.DESTROY)
        self.domain.node.add_dependency(self._may_log(list(groups.values())))
        access.allow_search(self.domain.attr_arn)
        self.endpoint = f"{search.scheme}://{self.domain.attr_domain_endpoint}"
        self._excuse(search)

    def _policy(self, access: Access) -> dict[str, Any]:
        stack = cdk.Stack.of(self)
        return {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": access.searchers()},
                    "Action": "es:ESHttp*",
                    # A domain without a physical name cannot name itself; what stands here applies to it alone.
                    "Resource": f"arn:{stack.partition}:es:{stack.region}:{stack.account}:domain/*",
                }
            ],
        }

    def _may_log(self, groups: list[logs.LogGroup]) -> logs.ResourcePolicy:
        stack = cdk.Stack.of(self)
        statement = iam.PolicyStatement(
            principals=[iam.ServicePrincipal("es.amazonaws.com")],
            actions=["logs:CreateLogStream", "logs:PutLogEvents"],
            resources=[group.log_group_arn for group in groups],
            conditions={"StringEquals": {"aws:SourceAccount": stack.account}},
        )
        return logs.ResourcePolicy(self, "MayLog", policy_statements=[statement])

    def _excuse(self, search: SearchConfig) -> None:
        excuse(self, "requests_are_signed")
        if not search.in_vpc:
            excuse(self, "a_small_stage_outside_a_network")
        if search.master_instance_type is None:
            excuse(self, "a_small_stage_without_masters")
        if search.availability_zones == 1:
            excuse(self, "a_small_stage_in_one_zone")


def _cluster(search: SearchConfig) -> dict[str, Any]:
    cluster: dict[str, Any] = {
        "instanceType": search.instance_type,
        "instanceCount": search.instances,
        "dedicatedMasterEnabled": search.master_instance_type is not None,
        "zoneAwarenessEnabled": search.availability_zones > 1,
        "multiAzWithStandbyEnabled": False,
    }
    if search.master_instance_type is not None:
        cluster |= {"dedicatedMasterType": search.master_instance_type, "dedicatedMasterCount": 3}
    if search.availability_zones > 1:
        cluster |= {"zoneAwarenessConfig": {"availabilityZoneCount": search.availability_zones}}
    return cluster


def _place(network: PrivateNetwork | None) -> dict[str, Any] | None:
    if network is None:
        return None
    return {
        "subnetIds": [subnet.subnet_id for subnet in network.vpc.isolated_subnets],
        "securityGroupIds": [network.search.security_group_id],
    }
