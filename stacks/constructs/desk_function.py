"""A Lambda function of the desk, with a role, a log group and nothing else's rights of its own."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from aws_cdk import ArnFormat, Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from stacks import parameters
from stacks.build import BUILD, FUNCTION_LAYERS
from stacks.config import DeskConfig
from stacks.constructs.layers import Layers, architecture
from stacks.constructs.place import Place
from stacks.constructs.waivers import waive, waive_order

_NO_RESOURCE = "These actions name no resource: {}"
_NETWORK_ACTIONS = (
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the functions of one stack share."""

    config: DeskConfig
    layers: Layers
    place: Place


@dataclass(frozen=True, slots=True)
class FunctionNeeds:
    """What one function asks for; `timeout_s` includes a cold start, `secrets` are names beside the database's."""

    database_roles: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    memory_mb: int = 512
    timeout_s: int = 30
    environment: Mapping[str, str] = field(default_factory=dict)


class DeskFunction(Construct):
    """`functions/<name>` as a Lambda function, `functions.<name>.handler.handler`."""

    def __init__(self, around: Surroundings, name: str, needs: FunctionNeeds) -> None:
        scope = Stack.of(around.layers)
        super().__init__(scope, "".join(word.title() for word in name.split("_")) + "Function")
        self._around = around
        self._needs = needs
        self.physical_name = f"{around.config.prefix}-{name.replace('_', '-')}"
        self.log_group = self._make_log_group()
        self.role = self._make_role()
        self.function = self._make_function(name)
        for secret in (*map(parameters.database_secret, needs.database_roles), *needs.secrets):
            self._let_read_secret(secret)

    def grant(self, resource_arn: str, *actions: str) -> None:
        """Let the function do these actions on one resource."""
        self.role.add_to_policy(iam.PolicyStatement(actions=list(actions), resources=[resource_arn]))

    def _make_log_group(self) -> logs.LogGroup:
        return logs.LogGroup(
            self,
            "Logs",
            log_group_name=f"/aws/lambda/{self.physical_name}",
            retention=_retention(self._around.config.log_retention_days),
            removal_policy=RemovalPolicy.DESTROY,
        )

    def _make_role(self) -> iam.Role:
        role = iam.Role(
            self,
            "Role",
            role_name=self.physical_name,
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description=f"What {self.physical_name} may do",
        )
        write = ["logs:CreateLogStream", "logs:PutLogEvents"]
        role.add_to_policy(iam.PolicyStatement(actions=write, resources=[self.log_group.log_group_arn]))
        role.add_to_policy(iam.PolicyStatement(actions=list(_NETWORK_ACTIONS), resources=["*"]))
        reason = _NO_RESOURCE.format("network interfaces of a function in a VPC, and trace segments.")
        waive(role, "AwsSolutions-IAM5[Resource::*]", reason)
        return role

    def _make_function(self, name: str) -> lambda_.Function:
        around, needs = self._around, self._needs
        function = lambda_.Function(
            self,
            "Handler",
            function_name=self.physical_name,
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=architecture(around.config),
            code=lambda_.Code.from_asset(str(BUILD / "functions" / name)),
            handler=f"functions.{name}.handler.handler",
            layers=around.layers.for_function(FUNCTION_LAYERS[name]),
            role=self.role,
            memory_size=needs.memory_mb,
            timeout=Duration.seconds(needs.timeout_s),
            environment=self._environment(name),
            vpc=around.place.vpc,
            security_groups=[around.place.security_group],
            tracing=lambda_.Tracing.ACTIVE,
            log_group=self.log_group,
        )
        waive_order(function, "AWS::Lambda::Function")
        waive(function, "AwsSolutions-L1", "The locked wheels and the tests cover Python 3.11 to 3.13.")
        return function

    def _environment(self, name: str) -> dict[str, str]:
        roles = self._needs.database_roles
        database = {"NIGHTDESK_DATABASE_SECRET": parameters.database_secret(roles[0])} if roles else {}
        return {
            "NIGHTDESK_SERVICE_VERSION": self._around.config.version,
            "NIGHTDESK_LOG_LEVEL": "INFO",
            "POWERTOOLS_SERVICE_NAME": name,
            "POWERTOOLS_METRICS_NAMESPACE": "Nightdesk",
            **database,
            **self._needs.environment,
        }

    def _let_read_secret(self, secret: str) -> None:
        # Secrets Manager ends every ARN with six random characters.
        arn = Stack.of(self).format_arn(
            service="secretsmanager",
            resource="secret",
            resource_name=f"{secret}-??????",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        self.grant(arn, "secretsmanager:GetSecretValue")


def _retention(days: int) -> logs.RetentionDays:
    known = {1: "ONE_DAY", 7: "ONE_WEEK", 14: "TWO_WEEKS", 30: "ONE_MONTH", 90: "THREE_MONTHS", 365: "ONE_YEAR"}
    return logs.RetentionDays[known[days]]
