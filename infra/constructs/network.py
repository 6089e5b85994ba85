"""A private network without a way out: a search domain, the functions that talk to it, and endpoints for the rest."""

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.config import StageConfig
from infra.constructs.kept_logs import kept_log_group
from infra.constructs.python_function import Network

HTTPS = ec2.Port.tcp(443)


class PrivateNetwork(Construct):
    """Functions reach what they call through gateways and interfaces; their logs and traces need no network."""

    def __init__(self, scope: Construct, id: str, *, config: StageConfig, key: kms.IKey) -> None:
        super().__init__(scope, id)
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            # Named rather than looked up, so that synthesis needs no credentials.
            availability_zones=[f"{config.region}{zone}" for zone in "abc"[: config.search.availability_zones]],
            nat_gateways=0,
            subnet_configuration=[
                ec2.SubnetConfiguration(name="private", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED, cidr_mask=22)
            ],
            flow_logs={
                "All": ec2.FlowLogOptions(
                    destination=ec2.FlowLogDestination.to_cloud_watch_logs(
                        kept_log_group(self, "FlowLogs", config, key)
                    )
                )
            },
        )
        functions = self._group("Functions", "functions that talk to the search domain")
        self.search = self._group("Search", "the search domain")
        endpoints = self._group("Endpoints", "interface endpoints")
        for target in (self.search, endpoints):
            functions.add_egress_rule(target, HTTPS)
            target.add_ingress_rule(functions, HTTPS)
        for service, name in (("s3", "S3"), ("dynamodb", "DynamoDb")):
            self.vpc.add_gateway_endpoint(name, service=ec2.GatewayVpcEndpointAwsService(service))
        # The network has no route but to itself and to the gateways, so "any address" is theirs; naming their prefix
        # lists would need a lookup at synthesis.
        functions.add_egress_rule(ec2.Peer.any_ipv4(), HTTPS, "S3 and DynamoDB through their gateways")
        for name, interface in (
            ("Sqs", ec2.InterfaceVpcEndpointAwsService.SQS),
            ("StepFunctions", ec2.InterfaceVpcEndpointAwsService.STEP_FUNCTIONS),
        ):
            self.vpc.add_interface_endpoint(name, service=interface, security_groups=[endpoints], open=False)
        self.network = Network(vpc=self.vpc, functions=functions)

    def _group(self, id: str, description: str) -> ec2.SecurityGroup:
        return ec2.SecurityGroup(self, id, vpc=self.vpc, description=description, allow_all_outbound=False)
