"""A long-lived service of the desk on Fargate, with roles and a log group of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from stacks.build import BUILD
from stacks.config import DeskConfig
from stacks.constructs.waivers import waive

HEALTH_PORT = 8082
# An answer other than 200 raises, and the command ends with an error.
_ASK = "import urllib.request; urllib.request.urlopen('http://127.0.0.1:{port}/health', timeout=4)"


@dataclass(frozen=True, slots=True)
class ServiceNeeds:
    """What one service asks for.

    Attributes:
        program: The folder in `fargate/`; the service's own name where it is empty.
        secrets: Variables whose values come from Secrets Manager when a task starts.
        subnet: The one it runs in; all private ones that have a way out if None.
        health_port: Where the service answers for itself; None where a load balancer asks.
        copies: A service of one copy never runs twice, not even while a new version takes over.
    """

    program: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    secret_arns: Sequence[str] = ()
    secrets: Mapping[str, ecs.Secret] = field(default_factory=dict)
    ports: Sequence[int] = ()
    health_port: int | None = HEALTH_PORT
    subnet: ec2.ISubnet | None = None
    cpu: int = 256
    memory_mib: int = 512
    copies: int = 1


class DeskService(Construct):
    """A folder of `fargate/` as a Fargate service; its image is built from the staged folder at deployment."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        config: DeskConfig,
        cluster: ecs.ICluster,
        group: ec2.ISecurityGroup,
        needs: ServiceNeeds,
    ) -> None:
        super().__init__(scope, "".join(word.title() for word in name.replace("-", "_").split("_")))
        self._name, self._config, self._needs = name, config, needs
        self.physical_name = f"{config.prefix}-{name.replace('_', '-')}"
        self.role = self._make_role()
        self.task = self._make_task()
        self._add_container()
        self.service = ecs.FargateService(
            self,
            "Service",
            service_name=self.physical_name,
            cluster=cluster,
            task_definition=self.task,
            desired_count=needs.copies,
            security_groups=[group],
            vpc_subnets=_selection(needs.subnet),
            assign_public_ip=False,
            min_healthy_percent=100 if needs.copies > 1 else 0,
            max_healthy_percent=200 if needs.copies > 1 else 100,
            circuit_breaker=ecs.DeploymentCircuitBreaker(rollback=True),
        )

    def _make_role(self) -> iam.Role:
        role = iam.Role(
            self,
            "Role",
            role_name=self.physical_name,
            assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"),
            description=f"What {self.physical_name} may do",
        )
        for arn in self._needs.secret_arns:
            role.add_to_policy(iam.PolicyStatement(actions=["secretsmanager:GetSecretValue"], resources=[arn]))
        return role

    def _make_task(self) -> ecs.FargateTaskDefinition:
        arm = self._config.architecture == "arm64"
        processor = ecs.CpuArchitecture.ARM64 if arm else ecs.CpuArchitecture.X86_64
        task = ecs.FargateTaskDefinition(
            self,
            "Task",
            family=self.physical_name,
            task_role=self.role,
            cpu=self._needs.cpu,
            memory_limit_mib=self._needs.memory_mib,
            runtime_platform=ecs.RuntimePlatform(
                cpu_architecture=processor, operating_system_family=ecs.OperatingSystemFamily.LINUX
            ),
        )
        waive(task, "AwsSolutions-ECS2", "The variables name secrets and addresses; no secret is among them.")
        execution = task.obtain_execution_role()
        waive(execution, "AwsSolutions-IAM5[Resource::*]", "ecr:GetAuthorizationToken names no resource.")
        return task

    def _add_container(self) -> None:
        log = logs.LogGroup(
            self,
            "Logs",
            log_group_name=f"/{self._config.prefix}/{self._name}",
            retention=logs.RetentionDays.ONE_MONTH,
            removal_policy=RemovalPolicy.DESTROY,
        )
        environment = {
            "NIGHTDESK_SERVICE_VERSION": self._config.version,
            "NIGHTDESK_HEALTH_PORT": str(self._needs.health_port or 0),
            "POWERTOOLS_SERVICE_NAME": self._name,
            **self._needs.environment,
        }
        self.task.add_container(
            "Service",
            image=ecs.ContainerImage.from_asset(str(BUILD / "services" / (self._needs.program or self._name))),
            logging=ecs.LogDrivers.aws_logs(stream_prefix=self._name, log_group=log),
            environment=environment,
            secrets=dict(self._needs.secrets),
            health_check=self._health_check(),
            port_mappings=[ecs.PortMapping(container_port=port) for port in self._needs.ports],
            readonly_root_filesystem=True,
            stop_timeout=None,
        )

    def _health_check(self) -> ecs.HealthCheck | None:
        if self._needs.health_port is None:
            return None
        # A part that died is started again within 15 s; only a service that stays degraded is replaced.
        return ecs.HealthCheck(
            command=["CMD", "python", "-c", _ASK.format(port=self._needs.health_port)],
            interval=Duration.seconds(15),
            timeout=Duration.seconds(10),
            retries=8,
            start_period=Duration.seconds(60),
        )


def _selection(subnet: ec2.ISubnet | None) -> ec2.SubnetSelection:
    if subnet is None:
        return ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS)
    return ec2.SubnetSelection(subnets=[subnet])
