"""Streaming: the long-lived services on Fargate and the internal way to the live feed."""

from collections.abc import Mapping, Sequence

from aws_cdk import Duration, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as balancing
from aws_cdk import aws_iam as iam
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from stacks import parameters
from stacks.config import DeskConfig
from stacks.constructs.desk_service import DeskService, ServiceNeeds
from stacks.constructs.waivers import waive, waive_order
from stacks.data_stack import DataStack
from stacks.desk_stack import DeskStack
from stacks.network_stack import FEED_PORT, NetworkStack

EVERY_INTERFACE = "0.0.0.0"  # of a container, which are its own
_IDLE = Duration.minutes(10)  # the feed sends a ping every 20 s


class StreamingStack(DeskStack):
    """The feed behind an internal load balancer that CloudFront reaches, and the services that feed it.

    The paper exchange runs too if chosen.
    """

    def __init__(self, scope: Construct, *, config: DeskConfig, network: NetworkStack, data: DataStack) -> None:
        super().__init__(scope, "streaming", config=config, description="long-lived services")
        self._network = network
        self._data = data
        self.cluster = ecs.Cluster(
            self,
            "Cluster",
            vpc=network.vpc,
            cluster_name=config.prefix,
            container_insights_v2=ecs.ContainerInsights.ENABLED,
        )
        self.feed = self._make_feed()
        self.balancer = self._make_balancer()
        self._stream(
            "market_streamer",
            ["streams"],
            self._market_environment(),
            secrets=self._forwarder_secret(),
            cpu=512,
            copies=parameters.MARKET_STREAMERS,
        )
        self._stream("candle_writer", ["streams"], {}, copies=2)
        self.tracker = self._make_tracker()
        self.account_streamer = self._make_account_streamer()
        if config.paper_exchange:
            self._service("paper_exchange", ServiceNeeds(cpu=512, memory_mib=1024, health_port=None))

    def _service(self, name: str, needs: ServiceNeeds) -> DeskService:
        group = self._network.services
        return DeskService(self, name, config=self.config, cluster=self.cluster, group=group, needs=needs)

    def _stream(
        self,
        name: str,
        roles: Sequence[str],
        environment: Mapping[str, str],
        *,
        secrets: Mapping[str, ecs.Secret] | None = None,
        cpu: int = 256,
        copies: int = 1,
    ) -> DeskService:
        told = {
            "NIGHTDESK_DATABASE_SECRET": parameters.database_secret(roles[0]),
            "NIGHTDESK_VALKEY_URL": self._read(parameters.VALKEY_URL),
            "NIGHTDESK_HEALTH_HOST": EVERY_INTERFACE,
            **environment,
        }
        arns = [self._data.secrets[role].secret_arn for role in roles]
        needs = ServiceNeeds(
            environment=told, secret_arns=arns, secrets=secrets or {}, cpu=cpu, memory_mib=cpu * 2, copies=copies
        )
        return self._service(name, needs)

    def _make_tracker(self) -> DeskService:
        queue = f"{self.config.prefix}-rules-evaluate"
        environment = {"NIGHTDESK_QUEUE_RULES_EVALUATE": f"{self._queues}/{queue}"}
        service = self._stream("portfolio_tracker", ["tracker"], environment, cpu=512)
        arn = self.format_arn(service="sqs", resource=queue)
        service.role.add_to_policy(iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[arn]))
        return service

    @property
    def _queues(self) -> str:
        """What precedes a queue's name in its address."""
        return f"https://sqs.{self.region}.{self.url_suffix}/{self.account}"

    def _market_environment(self) -> Mapping[str, str]:
        return {
            **self._asking(),
            "NIGHTDESK_STREAMS_VENUES": ",".join(parameters.STREAMED_VENUES),
            "NIGHTDESK_STREAMS_SHARES": str(parameters.MARKET_SHARES),
            "NIGHTDESK_STREAMS_SYMBOLS": ",".join(parameters.ALWAYS_STREAMED),
        }

    def _asking(self) -> Mapping[str, str]:
        """How venues are asked: under the budget that everybody shares."""
        return {
            "NIGHTDESK_VENUES_ROUTE": self._read(parameters.VENUES_ROUTE),
            "NIGHTDESK_BALANCER": "forwarders" if self._data.forwarder_secret else "direct",
            "NIGHTDESK_FORWARDER_ADDRESS": ", ".join(self._network.addresses),
        }

    def _forwarder_secret(self) -> Mapping[str, ecs.Secret]:
        shared = self._data.forwarder_secret
        return {"NIGHTDESK_FORWARDER_SECRET": ecs.Secret.from_secrets_manager(shared)} if shared else {}

    def _make_account_streamer(self) -> DeskService:
        # In the gateway's trust zone: besides it only this service may open sealed credentials.
        alias = parameters.vault_alias(self.config.prefix)
        environment = {
            "NIGHTDESK_VAULT_DATABASE_SECRET": parameters.database_secret("gateway"),
            "NIGHTDESK_VAULT_KEY": f"kms:{alias}",
            **self._asking(),
        }
        secrets = self._forwarder_secret()
        service = self._stream("account_streamer", ["app", "gateway"], environment, secrets=secrets, cpu=512)
        self._let_decrypt(service.role, alias)
        return service

    def _let_decrypt(self, role: iam.Role, alias: str) -> None:
        statement = iam.PolicyStatement(
            actions=["kms:Decrypt"],
            resources=[Stack.of(self).format_arn(service="kms", resource="key", resource_name="*")],
            conditions={"ForAnyValue:StringEquals": {"kms:ResourceAliases": alias}},
        )
        role.add_to_policy(statement)
        place = "arn:<AWS::Partition>:kms:<AWS::Region>:<AWS::AccountId>:key/*"
        waive(role, f"AwsSolutions-IAM5[Resource::{place}]", "The condition leaves one key: the vault's.")

    def _make_feed(self) -> DeskService:
        needs = ServiceNeeds(
            environment=self._feed_environment(),
            secret_arns=[self._data.secrets["app"].secret_arn],
            ports=[FEED_PORT],
            health_port=None,
            cpu=512,
            memory_mib=1024,
            copies=2,
        )
        return self._service("feed_gateway", needs)

    def _feed_environment(self) -> Mapping[str, str]:
        pool = self._read(parameters.USER_POOL)
        queues = f"{self._queues}/{self.config.prefix}"
        return {
            "NIGHTDESK_DATABASE_SECRET": parameters.database_secret("app"),
            "NIGHTDESK_VALKEY_URL": self._read(parameters.VALKEY_URL),
            "NIGHTDESK_USER_POOL_ID": pool,
            "NIGHTDESK_USER_POOL_CLIENT_ID": self._read(parameters.USER_POOL_CLIENT),
            "NIGHTDESK_TOKEN_ISSUER": f"{self._read(parameters.IDENTITY_ISSUER)}/{pool}",
            "NIGHTDESK_JWKS_URL": f"{self._read(parameters.IDENTITY_KEYS)}/{pool}/.well-known/jwks.json",
            "NIGHTDESK_ALLOWED_ORIGIN": self._read(parameters.ORIGIN),
            "NIGHTDESK_STREAMS_VENUES": ",".join(parameters.STREAMED_VENUES),
            "NIGHTDESK_EXCHANGE_GATEWAY_FUNCTION": f"{self.config.prefix}-exchange-gateway",
            "NIGHTDESK_QUEUE_ACCOUNTS_IMPORT": f"{queues}-accounts-import",
            "NIGHTDESK_QUEUE_ACCOUNTS_REFRESH": f"{queues}-accounts-refresh",
            "NIGHTDESK_FEED_HOST": EVERY_INTERFACE,
            "NIGHTDESK_FEED_PORT": str(FEED_PORT),
        }

    def _read(self, name: str) -> str:
        return ssm.StringParameter.value_for_string_parameter(self, name)

    def _make_balancer(self) -> balancing.ApplicationLoadBalancer:
        balancer = balancing.ApplicationLoadBalancer(
            self,
            "Balancer",
            vpc=self._network.vpc,
            internet_facing=False,
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS),
            security_group=self._network.balancer,
            idle_timeout=_IDLE,
            drop_invalid_header_fields=True,
        )
        waive(
            balancer, "AwsSolutions-ELB2", "CloudFront logs every request; naming the log bucket would need a region."
        )
        listener = balancer.add_listener("Live", port=80, open=False)
        target = self.feed.service.load_balancer_target(container_name="Service", container_port=FEED_PORT)
        check = balancing.HealthCheck(path="/health", interval=Duration.seconds(15), healthy_threshold_count=2)
        listener.add_targets(
            "Feed", port=FEED_PORT, protocol=balancing.ApplicationProtocol.HTTP, targets=[target], health_check=check
        )
        waive_order(self.feed.service, "AWS::ECS::Service")
        return balancer
