"""Alerts: the sender, which alone may open what channels are reached by, and what looks after them."""

from collections.abc import Sequence

from aws_cdk import CfnCondition, Duration, Fn, RemovalPolicy, Token
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_ses as ses
from constructs import Construct

from stacks import parameters
from stacks.accounts_stack import KEY_ADMINISTRATION
from stacks.config import DeskConfig
from stacks.constructs.desk_function import DeskFunction, FunctionNeeds, Surroundings
from stacks.constructs.layers import Layers
from stacks.constructs.place import Place
from stacks.constructs.waivers import waive
from stacks.desk_stack import DeskStack
from stacks.messaging_stack import ALERT_TIMEOUT_S, MessagingStack

_KEY_USE = ("kms:GenerateDataKey", "kms:Decrypt")
_WITH_CONTEXT = {"Null": {f"kms:EncryptionContext:{name}": "false" for name in ("tenant", "channel")}}
SENDERS_AT_ONCE = 10


class AlertsStack(DeskStack):
    """`alerts_send` takes the queue's messages and is asked to seal and test; `alerts_watch` runs each minute."""

    def __init__(self, scope: Construct, *, config: DeskConfig, messaging: MessagingStack) -> None:
        super().__init__(scope, "alerts", config=config, description="alerts and the channels they leave by")
        self._queue = messaging.alerts.queue
        self._place = Place(self, "Place")
        self._around = Surroundings(config, Layers(self, "Layers", config=config), self._place)
        self.push_secret = self._make_push_secret()
        self.watch = self._make_watch()
        self.send = self._make_send()
        self.key = self._make_key()
        if config.mail_sender:
            self._let_mail()

    @property
    def functions(self) -> Sequence[DeskFunction]:
        """All functions of this stack."""
        return [self.send, self.watch]

    def _make_push_secret(self) -> secretsmanager.Secret:
        secret = secretsmanager.Secret(
            self,
            "PushSecret",
            secret_name=parameters.PUSH_SECRET,
            description="The key that signs web pushes is derived from it",
            generate_secret_string=secretsmanager.SecretStringGenerator(password_length=64, exclude_punctuation=True),
        )
        waive(secret, "AwsSolutions-SMG4", "Browsers are subscribed to its public half; a new one would cut them off.")
        return secret

    def _make_send(self) -> DeskFunction:
        read = self._place.parameter
        environment = {
            "NIGHTDESK_QUEUE_ALERTS": self._queue.queue_url,
            "NIGHTDESK_NOTIFY_ROUTE": read(parameters.NOTIFY_ROUTE),
            "NIGHTDESK_MAIL_SENDER": read(parameters.MAIL_SENDER),
            "NIGHTDESK_PUSH_SECRET": parameters.PUSH_SECRET,
            "NIGHTDESK_ALLOWED_ORIGIN": read(parameters.ORIGIN),
            "NIGHTDESK_ALERTS_WATCH_FUNCTION": self.watch.physical_name,
        }
        needs = FunctionNeeds(("alerts",), memory_mb=512, timeout_s=ALERT_TIMEOUT_S, environment=environment)
        function = DeskFunction(self._around, "alerts_send", needs)
        function.grant(self.push_secret.secret_arn, "secretsmanager:GetSecretValue")
        function.grant(self.watch.function.function_arn, "lambda:InvokeFunction")
        function.grant(self._queue.queue_arn, "sqs:SendMessage")
        self._every_minute(function, "KeptReady")
        function.function.add_event_source(
            sources.SqsEventSource(
                self._queue, batch_size=10, max_concurrency=SENDERS_AT_ONCE, report_batch_item_failures=True
            )
        )
        return function

    def _make_watch(self) -> DeskFunction:
        environment = {
            "NIGHTDESK_QUEUE_ALERTS": self._queue.queue_url,
            "NIGHTDESK_OUTBOX_DATABASE_SECRET": parameters.database_secret("outbox"),
        }
        needs = FunctionNeeds(("app", "outbox"), timeout_s=50, environment=environment)
        function = DeskFunction(self._around, "alerts_watch", needs)
        function.grant(self._queue.queue_arn, "sqs:SendMessage")
        self._every_minute(function, "EveryMinute")
        return function

    def _every_minute(self, function: DeskFunction, name: str) -> None:
        schedule = events.Schedule.rate(Duration.minutes(1))
        rule = events.Rule(function, name, schedule=schedule, description=function.physical_name)
        # A run that fails is made up for by the next one.
        rule.add_target(targets.LambdaFunction(function.function, retry_attempts=0))

    def _make_key(self) -> kms.Key:
        key = kms.Key(
            self,
            "AddressKey",
            alias=parameters.alerts_alias(self.config.prefix).removeprefix("alias/"),
            description="Wraps the data keys that channels' addresses are sealed with",
            enable_key_rotation=True,
            removal_policy=RemovalPolicy.RETAIN,
            policy=self._key_policy(),
        )
        self.send.grant(key.key_arn, *_KEY_USE)
        # Where there is no real KMS (one machine) the parameter says `file:<path>` instead of `kms`.
        said = self._place.parameter(parameters.ALERTS_KEY)
        is_kms = CfnCondition(self, "KeyIsKms", expression=Fn.condition_equals(said, "kms"))
        value = Fn.condition_if(is_kms.logical_id, f"kms:{key.key_arn}", said)
        self.send.function.add_environment("NIGHTDESK_ALERTS_KEY", Token.as_string(value))
        return key

    def _key_policy(self) -> iam.PolicyDocument:
        administration = iam.PolicyStatement(
            sid="Administration",
            actions=list(KEY_ADMINISTRATION),
            principals=[iam.AccountRootPrincipal()],
            resources=["*"],
        )
        use = iam.PolicyStatement(
            sid="TheSender",
            actions=list(_KEY_USE),
            principals=[iam.ArnPrincipal(self.send.role.role_arn)],
            resources=["*"],
            conditions=_WITH_CONTEXT,
        )
        return iam.PolicyDocument(statements=[administration, use])

    def _let_mail(self) -> None:
        # SES writes to the address: whoever reads it there confirms the identity.
        sender = self.config.mail_sender
        identity = ses.EmailIdentity(self, "MailSender", identity=ses.Identity.email(sender))
        self.send.grant(identity.email_identity_arn, "ses:SendEmail", "ses:SendRawEmail")
