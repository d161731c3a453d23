"""Forwarders: ways out to the venues, each with an elastic address of its own, under one shared budget."""

from aws_cdk import Duration, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_servicediscovery as discovery
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from stacks import parameters
from stacks.config import DeskConfig
from stacks.constructs.desk_service import DeskService, ServiceNeeds
from stacks.data_stack import DataStack
from stacks.desk_stack import DeskStack
from stacks.network_stack import FORWARDER_PORT, NetworkStack
from stacks.streaming_stack import EVERY_INTERFACE, StreamingStack

_RANGE = "10.0.240.{}/28"  # beyond what the network gives its own subnets
_ADDRESSES = 16  # of one such range


class Egress(Construct):
    """A private subnet whose only way out is a NAT gateway with an elastic address.

    A task on Fargate can't have an elastic address itself, and keys that a venue binds to an address need one that
    stays.
    """

    def __init__(self, scope: Construct, construct_id: str, *, network: NetworkStack, number: int) -> None:
        super().__init__(scope, construct_id)
        publics = network.vpc.select_subnets(subnet_type=ec2.SubnetType.PUBLIC).subnets
        public = publics[number % len(publics)]
        address = ec2.CfnEIP(self, "Address", domain="vpc")
        gateway = ec2.CfnNatGateway(
            self, "Gateway", subnet_id=public.subnet_id, allocation_id=address.attr_allocation_id
        )
        self.address = address.attr_public_ip
        self.subnet = ec2.PrivateSubnet(
            self,
            "Subnet",
            vpc_id=network.vpc.vpc_id,
            availability_zone=public.availability_zone,
            cidr_block=_RANGE.format(number * _ADDRESSES),
        )
        self.subnet.add_default_nat_route(gateway.ref)


class ForwardersStack(DeskStack):
    """One service a forwarder; the desk's processes find it by name, which is also its egress in the budget."""

    def __init__(
        self,
        scope: Construct,
        *,
        config: DeskConfig,
        network: NetworkStack,
        data: DataStack,
        streaming: StreamingStack,
    ) -> None:
        super().__init__(scope, "forwarders", config=config, description="ways out to the venues")
        self._network, self._data, self._cluster = network, data, streaming.cluster
        self._names = discovery.PrivateDnsNamespace(self, "Names", name=f"{config.prefix}.internal", vpc=network.vpc)
        for number, name in enumerate(config.egresses):
            self._make_forwarder(number, name)

    def _make_forwarder(self, number: int, name: str) -> None:
        egress = Egress(self, f"WayOut{number + 1}", network=self._network, number=number)
        needs = ServiceNeeds(
            program="forwarder",
            environment=self._environment(name, egress),
            secrets=self._secrets(),
            ports=[FORWARDER_PORT],
            health_port=FORWARDER_PORT,
            subnet=egress.subnet,
        )
        forwarder = DeskService(
            self, name, config=self.config, cluster=self._cluster, group=self._network.services, needs=needs
        )
        forwarder.service.enable_cloud_map(
            cloud_map_namespace=self._names,
            name=name,
            dns_record_type=discovery.DnsRecordType.A,
            dns_ttl=Duration.seconds(5),
        )

    def _environment(self, name: str, egress: Egress) -> dict[str, str]:
        read = ssm.StringParameter.value_for_string_parameter
        return {
            "NIGHTDESK_VALKEY_URL": read(Stack.of(self), parameters.VALKEY_URL),
            "NIGHTDESK_VENUES_ROUTE": read(Stack.of(self), parameters.VENUES_ROUTE),
            "NIGHTDESK_FORWARDER_NAME": name,
            "NIGHTDESK_FORWARDER_HOST": EVERY_INTERFACE,
            "NIGHTDESK_FORWARDER_PORT": str(FORWARDER_PORT),
            "NIGHTDESK_FORWARDER_URL": f"http://{name}.{self.config.prefix}.internal:{FORWARDER_PORT}",
            "NIGHTDESK_FORWARDER_ADDRESS": egress.address,
        }

    def _secrets(self) -> dict[str, ecs.Secret]:
        chosen = {
            "NIGHTDESK_FORWARDER_SECRET": self._data.forwarder_secret,
            "NIGHTDESK_FORWARDER_BOTS": self._data.forwarder_bots,
        }
        return {name: ecs.Secret.from_secrets_manager(secret) for name, secret in chosen.items() if secret}
