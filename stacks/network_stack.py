"""The network: where functions, services and data run, and who may talk to whom."""

from collections.abc import Sequence

from aws_cdk import RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_logs as logs
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from stacks import parameters
from stacks.config import DeskConfig
from stacks.constructs.waivers import waive
from stacks.desk_stack import DeskStack

POSTGRES_PORT = 5432
VALKEY_PORT = 6379
FEED_PORT = 8081
FORWARDER_PORT = 8090


class NetworkStack(DeskStack):
    """Two zones; functions and services in private subnets with a way out, data in isolated ones."""

    def __init__(self, scope: Construct, *, config: DeskConfig) -> None:
        super().__init__(scope, "network", config=config, description="network and security groups")
        self.vpc = self._make_vpc()
        self.functions = self._group("Functions", "Lambda functions", outbound=True)
        self.services = self._group("Services", "Long-lived services", outbound=True)
        self.balancer = self._group("Balancer", "The load balancer of the live feed", outbound=True)
        self.database = self._group("Database", "PostgreSQL", outbound=False)
        self.valkey = self._group("Valkey", "Valkey", outbound=False)
        self._connect()
        self._publish()

    def _make_vpc(self) -> ec2.Vpc:
        log = logs.LogGroup(
            self, "FlowLog", retention=logs.RetentionDays.ONE_MONTH, removal_policy=RemovalPolicy.DESTROY
        )
        subnet = ec2.SubnetConfiguration
        return ec2.Vpc(
            self,
            "Network",
            max_azs=2,
            nat_gateways=self.config.nat_gateways,
            restrict_default_security_group=False,
            subnet_configuration=[
                subnet(name="public", subnet_type=ec2.SubnetType.PUBLIC, cidr_mask=24, map_public_ip_on_launch=False),
                subnet(name="private", subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS, cidr_mask=20),
                subnet(name="data", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED, cidr_mask=24),
            ],
            gateway_endpoints={"S3": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.S3)},
            flow_logs={"All": ec2.FlowLogOptions(destination=ec2.FlowLogDestination.to_cloud_watch_logs(log))},
        )

    @property
    def addresses(self) -> Sequence[str]:
        """The elastic addresses that functions and services leave by."""
        found = [subnet.node.try_find_child("EIP") for subnet in self.vpc.public_subnets]
        return [each.attr_public_ip for each in found if isinstance(each, ec2.CfnEIP)]

    def _group(self, construct_id: str, description: str, *, outbound: bool) -> ec2.SecurityGroup:
        return ec2.SecurityGroup(self, construct_id, vpc=self.vpc, description=description, allow_all_outbound=outbound)

    def _connect(self) -> None:
        for group in (self.functions, self.services):
            self.database.add_ingress_rule(group, ec2.Port.tcp(POSTGRES_PORT))
            self.valkey.add_ingress_rule(group, ec2.Port.tcp(VALKEY_PORT))
        self.services.add_ingress_rule(self.balancer, ec2.Port.tcp(FEED_PORT))
        if self.config.forwarders:
            for group in (self.functions, self.services):
                self.services.add_ingress_rule(group, ec2.Port.tcp(FORWARDER_PORT))
        # CloudFront reaches the internal balancer through network interfaces of its own inside the network.
        self.balancer.add_ingress_rule(ec2.Peer.ipv4(self.vpc.vpc_cidr_block), ec2.Port.tcp(80))
        waive(self.balancer, "AwsSolutions-EC23", "Open to the network's own range only, which the check can't read.")

    def _publish(self) -> None:
        first, second = self.vpc.select_subnets(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS).subnet_ids
        values = {
            "SubnetFirst": (parameters.SUBNET_FIRST, first),
            "SubnetSecond": (parameters.SUBNET_SECOND, second),
            "FunctionsGroup": (parameters.FUNCTIONS_SECURITY_GROUP, self.functions.security_group_id),
        }
        for construct_id, (name, value) in values.items():
            ssm.StringParameter(self, f"{construct_id}Parameter", parameter_name=name, string_value=value)
