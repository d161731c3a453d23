"""A long-lived service of the desk on Fargate, with roles and a log group of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aws_cdk import RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from stacks.build import BUILD
from stacks.config import DeskConfig
from stacks.constructs.waivers import waive


@dataclass(frozen=True, slots=True)
class ServiceNeeds:
    """What one service asks for."""

    environment: Mapping[str, str] = field(default_factory=dict)
    secret_arns: Sequence[str] = ()
    ports: Sequence[int] = ()
    cpu: int = 256
    memory_mib: int = 512
    copies: int = 1


class DeskService(Construct):
    """`fargate/<name>` as a Fargate service; its image is built from the staged folder at deployment."""

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
        super().__init__(scope, "".join(word.title() for word in name.split("_")))
        self._name, self._config, self._needs = name, config, needs
        self.task = self._make_task()
        self._add_container()
        self.service = ecs.FargateService(
            self,
            "Service",
            service_name=f"{config.prefix}-{name.replace('_', '-')}",
            cluster=cluster,
            task_definition=self.task,
            desired_count=needs.copies,
            security_groups=[group],
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS),
            assign_public_ip=False,
            min_healthy_percent=100,
            circuit_breaker=ecs.DeploymentCircuitBreaker(rollback=True),
        )

    def _make_task(self) -> ecs.FargateTaskDefinition:
        arm = self._config.architecture == "arm64"
        processor = ecs.CpuArchitecture.ARM64 if arm else ecs.CpuArchitecture.X86_64
        task = ecs.FargateTaskDefinition(
            self,
            "Task",
            family=f"{self._config.prefix}-{self._name.replace('_', '-')}",
            cpu=self._needs.cpu,
            memory_limit_mib=self._needs.memory_mib,
            runtime_platform=ecs.RuntimePlatform(
                cpu_architecture=processor, operating_system_family=ecs.OperatingSystemFamily.LINUX
            ),
        )
        for arn in self._needs.secret_arns:
            task.add_to_task_role_policy(
                iam.PolicyStatement(actions=["secretsmanager:GetSecretValue"], resources=[arn])
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
            "POWERTOOLS_SERVICE_NAME": self._name,
            **self._needs.environment,
        }
        self.task.add_container(
            "Service",
            image=ecs.ContainerImage.from_asset(str(BUILD / "services" / self._name)),
            logging=ecs.LogDrivers.aws_logs(stream_prefix=self._name, log_group=log),
            environment=environment,
            port_mappings=[ecs.PortMapping(container_port=port) for port in self._needs.ports],
            readonly_root_filesystem=True,
            stop_timeout=None,
        )
