"""Release: run the schema's migrations once the functions are deployed; a failure fails the deployment."""

import hashlib
from pathlib import Path

from aws_cdk import ArnFormat, CustomResource, RemovalPolicy
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import custom_resources as resources
from constructs import Construct

from stacks.build import BUILD
from stacks.config import DeskConfig
from stacks.constructs.waivers import waive, waive_order
from stacks.desk_stack import DeskStack


class ReleaseStack(DeskStack):
    """Invokes `schema_migrate` whenever the shared package changed (the local run invokes it at each start)."""

    def __init__(self, scope: Construct, *, config: DeskConfig) -> None:
        super().__init__(scope, "release", config=config, description="migrations at deployment")
        name = f"{config.prefix}-schema-migrate"
        colon = ArnFormat.COLON_RESOURCE_NAME
        arn = self.format_arn(service="lambda", resource="function", resource_name=name, arn_format=colon)
        migrate = lambda_.Function.from_function_arn(self, "SchemaMigrate", arn)
        log = logs.LogGroup(self, "Logs", retention=logs.RetentionDays.ONE_MONTH, removal_policy=RemovalPolicy.DESTROY)
        provider = resources.Provider(self, "Provider", on_event_handler=migrate, log_group=log)
        self._waive(provider, name)
        CustomResource(
            self,
            "Schema",
            service_token=provider.service_token,
            properties={"schema": _digest(BUILD / "layers" / "nightdesk")},
        )

    @staticmethod
    def _waive(provider: resources.Provider, function: str) -> None:
        framework = "The CDK's provider framework, which invokes this one function and its versions."
        place = "arn:<AWS::Partition>:lambda:<AWS::Region>:<AWS::AccountId>:function"
        basic = "arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
        waive(provider, f"AwsSolutions-IAM5[Resource::{place}:{function}:*]", framework)
        waive(provider, f"AwsSolutions-IAM4[Policy::{basic}]", framework)
        waive_order(provider, "AWS::Lambda::Function")
        waive(provider, "AwsSolutions-L1", "The CDK chooses the runtime of its own framework.")


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.sql")):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()
