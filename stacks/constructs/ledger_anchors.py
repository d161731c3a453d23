"""What makes the ends of the ledger's chains undeniable: a key that signs, and a bucket that forgets nothing."""

from typing import cast

from aws_cdk import CfnElement, Duration, RemovalPolicy, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks import parameters
from stacks.constructs.desk_function import DeskFunction, FunctionNeeds, Surroundings
from stacks.constructs.waivers import waive

KEPT_FOR = Duration.days(3653)
_SIGN = ("kms:Sign", "kms:GetPublicKey")


class LedgerAnchors(Construct):
    """The function that anchors chains, every quarter of an hour and when an import has ended."""

    def __init__(self, around: Surroundings, bus: events.IEventBus, key_administration: tuple[str, ...]) -> None:
        super().__init__(Stack.of(around.layers), "LedgerAnchors")
        self._around = around
        self.bucket = self._make_bucket()
        environment = {
            "NIGHTDESK_OUTBOX_DATABASE_SECRET": parameters.database_secret("outbox"),
            "NIGHTDESK_ANCHORS_BUCKET": self.bucket.bucket_name,
        }
        needs = FunctionNeeds(("app", "outbox"), timeout_s=120, environment=environment)
        self.function = DeskFunction(around, "ledger_anchor", needs)
        self.key = self._make_key(key_administration)
        self.function.function.add_environment("NIGHTDESK_ANCHORS_KEY", self.key.key_arn)
        self.function.grant(self.key.key_arn, *_SIGN)
        self.function.grant(self.bucket.bucket_arn, "s3:ListBucket")
        self.function.grant(self.bucket.arn_for_objects("anchors/*"), "s3:GetObject", "s3:PutObject")
        name = Stack.of(self).get_logical_id(cast("CfnElement", self.bucket.node.default_child))
        finding = f"AwsSolutions-IAM5[Resource::<{name}.Arn>/anchors/*]"
        waive(self.function.role, finding, "Anchors of every tenant lie under one prefix.")
        self._schedule(bus)

    def _make_bucket(self) -> s3.Bucket:
        bucket = s3.Bucket(
            self,
            "Bucket",
            versioned=True,
            object_lock_enabled=True,
            object_lock_default_retention=s3.ObjectLockRetention.compliance(KEPT_FOR),
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            removal_policy=RemovalPolicy.RETAIN,
        )
        waive(bucket, "AwsSolutions-S1", "Nobody but one function writes here, and nothing can be removed.")
        return bucket

    def _make_key(self, administration: tuple[str, ...]) -> kms.Key:
        account = iam.AccountRootPrincipal()
        administers = iam.PolicyStatement(
            sid="Administration", actions=list(administration), principals=[account], resources=["*"]
        )
        signs = iam.PolicyStatement(
            sid="TheAnchor",
            actions=list(_SIGN),
            principals=[iam.ArnPrincipal(self.function.role.role_arn)],
            resources=["*"],
        )
        return kms.Key(
            self,
            "Key",
            description="Signs the ends of the ledger's chains",
            key_spec=kms.KeySpec.RSA_3072,
            key_usage=kms.KeyUsage.SIGN_VERIFY,
            removal_policy=RemovalPolicy.RETAIN,
            policy=iam.PolicyDocument(statements=[administers, signs]),
        )

    def _schedule(self, bus: events.IEventBus) -> None:
        target = targets.LambdaFunction(self.function.function, retry_attempts=0)
        name = self.function.physical_name
        quarterly = events.Schedule.rate(Duration.minutes(15))
        events.Rule(self, "EveryQuarter", schedule=quarterly, description=name, targets=[target])
        ended = events.EventPattern(detail_type=["import.progressed.v1"], detail={"payload": {"state": ["done"]}})
        events.Rule(self, "ImportEnded", event_bus=bus, event_pattern=ended, description=name, targets=[target])
