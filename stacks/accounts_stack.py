"""Exchange accounts: the vault's key and its holders, imports, refreshes, the ledger's recorder, the outbox, rates."""

from collections.abc import Sequence

from aws_cdk import CfnCondition, Duration, Fn, RemovalPolicy, Token
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from stacks import parameters
from stacks.config import DeskConfig
from stacks.constructs.desk_function import DeskFunction, FunctionNeeds, Surroundings
from stacks.constructs.layers import Layers
from stacks.constructs.ledger_anchors import LedgerAnchors
from stacks.constructs.place import Place
from stacks.desk_stack import DeskStack
from stacks.messaging_stack import (
    FILES_TIMEOUT_S,
    IMPORT_TIMEOUT_S,
    RECORD_TIMEOUT_S,
    REFRESH_TIMEOUT_S,
    MessagingStack,
)

FILES_AT_ONCE = 2
REFRESHES_AT_ONCE = 2
"""Each has a gateway work beside it, and a refresh takes about a second: two do 3,600 accounts within the hour."""

KEY_ADMINISTRATION = (
    "kms:Create*",
    "kms:Describe*",
    "kms:Enable*",
    "kms:List*",
    "kms:Put*",
    "kms:Update*",
    "kms:Revoke*",
    "kms:Disable*",
    "kms:GetKey*",
    "kms:Delete*",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:ScheduleKeyDeletion",
    "kms:CancelKeyDeletion",
)
_VAULT_USE = ("kms:GenerateDataKey", "kms:Decrypt")
_WITH_CONTEXT = {"Null": {f"kms:EncryptionContext:{name}": "false" for name in ("tenant", "account")}}


class AccountsStack(DeskStack):
    """The functions behind exchange accounts; of them only `exchange_gateway` may decrypt what the vault holds."""

    def __init__(self, scope: Construct, *, config: DeskConfig, messaging: MessagingStack) -> None:
        super().__init__(scope, "accounts", config=config, description="exchange accounts, imports, ledger")
        self._messaging = messaging
        self._place = Place(self, "Place")
        self._around = Surroundings(config, Layers(self, "Layers", config=config), self._place)
        self._valkey = {"NIGHTDESK_VALKEY_URL": self._place.parameter(parameters.VALKEY_URL)}
        self.gateway = self._make_gateway()
        self.vault_key = self._make_vault_key()
        self.migrate = self._make_migrate()
        self.import_ = self._make_import()
        self.files = self._make_files()
        self.refresh = self._make_refresh()
        self.record = self._make_record()
        self.outbox = self._make_outbox()
        self.fx = self._make_fx()
        self.caps = self._make_caps()
        self.anchors = LedgerAnchors(self._around, messaging.bus, KEY_ADMINISTRATION)

    @property
    def functions(self) -> Sequence[DeskFunction]:
        """All functions of this stack."""
        booking = [self.import_, self.files, self.refresh, self.record, self.outbox, self.anchors.function]
        return [self.gateway, self.migrate, *booking, self.fx, self.caps]

    def _make_gateway(self) -> DeskFunction:
        environment = self._valkey | {
            # Without forwarders everything leaves by one address and so shares one budget.
            "NIGHTDESK_BALANCER": "forwarders" if self.config.forwarders else "direct",
            "NIGHTDESK_VENUES_ROUTE": self._place.parameter(parameters.VENUES_ROUTE),
            "NIGHTDESK_MARKET_CLOCK": self._place.parameter(parameters.MARKET_CLOCK),
        }
        secrets: tuple[str, ...] = ()
        if self.config.forwarders:
            secrets = (parameters.FORWARDER_SECRET,)
            environment["NIGHTDESK_FORWARDER_SECRET_ID"] = parameters.FORWARDER_SECRET
        needs = FunctionNeeds(("gateway",), secrets, memory_mb=1024, timeout_s=90, environment=environment)
        return DeskFunction(self._around, "exchange_gateway", needs)

    def _make_vault_key(self) -> kms.Key:
        key = kms.Key(
            self,
            "VaultKey",
            alias=parameters.vault_alias(self.config.prefix).removeprefix("alias/"),
            description="Wraps the data keys that venue credentials are sealed with",
            enable_key_rotation=True,
            removal_policy=RemovalPolicy.RETAIN,
            policy=self._key_policy(),
        )
        self.gateway.grant(key.key_arn, *_VAULT_USE)
        # Where there is no real KMS (one machine) the parameter says `file:<path>` instead of `kms`.
        said = self._place.parameter(parameters.VAULT_KEY)
        is_kms = CfnCondition(self, "VaultIsKms", expression=Fn.condition_equals(said, "kms"))
        value = Fn.condition_if(is_kms.logical_id, f"kms:{key.key_arn}", said)
        self.gateway.function.add_environment("NIGHTDESK_VAULT_KEY", Token.as_string(value))
        return key

    def _key_policy(self) -> iam.PolicyDocument:
        root = iam.AccountRootPrincipal()
        administration = iam.PolicyStatement(
            sid="Administration", actions=list(KEY_ADMINISTRATION), principals=[root], resources=["*"]
        )
        use = iam.PolicyStatement(
            sid="TheGateway",
            actions=list(_VAULT_USE),
            principals=[iam.ArnPrincipal(self.gateway.role.role_arn)],
            resources=["*"],
            conditions=_WITH_CONTEXT,
        )
        return iam.PolicyDocument(statements=[administration, use, self._read_by_the_streamer(root)])

    def _read_by_the_streamer(self, root: iam.IPrincipal) -> iam.PolicyStatement:
        # Named by a condition: a policy can't have a principal that doesn't exist yet, and its stack comes later.
        role = self.format_arn(
            service="iam", region="", resource="role", resource_name=f"{self.config.prefix}-account-streamer"
        )
        return iam.PolicyStatement(
            sid="TheAccountStreamer",
            actions=["kms:Decrypt"],
            principals=[root],
            resources=["*"],
            conditions={"ArnEquals": {"aws:PrincipalArn": role}, **_WITH_CONTEXT},
        )

    def _make_migrate(self) -> DeskFunction:
        needs = FunctionNeeds((parameters.MASTER, *parameters.DATABASE_ROLES), timeout_s=300)
        return DeskFunction(self._around, "schema_migrate", needs)

    def _make_import(self) -> DeskFunction:
        environment = self._valkey | {
            "NIGHTDESK_EXCHANGE_GATEWAY_FUNCTION": self.gateway.physical_name,
            "NIGHTDESK_QUEUE_ACCOUNTS_IMPORT": self._messaging.accounts_import.queue.queue_url,
            "NIGHTDESK_QUEUE_ALERTS": self._messaging.alerts.queue.queue_url,
            "NIGHTDESK_MARKET_CLOCK": self._place.parameter(parameters.MARKET_CLOCK),
        }
        needs = FunctionNeeds(("app",), memory_mb=1024, timeout_s=IMPORT_TIMEOUT_S, environment=environment)
        function = DeskFunction(self._around, "accounts_import", needs)
        queue = self._messaging.accounts_import.queue
        function.grant(self.gateway.function.function_arn, "lambda:InvokeFunction")
        function.grant(queue.queue_arn, "sqs:SendMessage")
        function.grant(self._messaging.alerts.queue.queue_arn, "sqs:SendMessage")
        self._consume(function, queue, batch=1, at_once=self.config.imports_at_once)
        return function

    def _make_files(self) -> DeskFunction:
        queue = self._messaging.files_import.queue
        environment = self._valkey | {
            "NIGHTDESK_QUEUE_FILES_IMPORT": queue.queue_url,
            "NIGHTDESK_OUTBOX_DATABASE_SECRET": parameters.database_secret("outbox"),
        }
        needs = FunctionNeeds(("app", "outbox"), memory_mb=1024, timeout_s=FILES_TIMEOUT_S, environment=environment)
        function = DeskFunction(self._around, "files_import", needs)
        function.grant(queue.queue_arn, "sqs:SendMessage")
        self._consume(function, queue, batch=1, at_once=FILES_AT_ONCE)
        self._every(function, "Minute", Duration.minutes(1))
        return function

    def _make_refresh(self) -> DeskFunction:
        queue = self._messaging.accounts_refresh.queue
        environment = self._valkey | {
            "NIGHTDESK_EXCHANGE_GATEWAY_FUNCTION": self.gateway.physical_name,
            "NIGHTDESK_QUEUE_ACCOUNTS_REFRESH": queue.queue_url,
            "NIGHTDESK_OUTBOX_DATABASE_SECRET": parameters.database_secret("outbox"),
            "NIGHTDESK_MARKET_CLOCK": self._place.parameter(parameters.MARKET_CLOCK),
        }
        needs = FunctionNeeds(("app", "outbox"), timeout_s=REFRESH_TIMEOUT_S, environment=environment)
        function = DeskFunction(self._around, "accounts_refresh", needs)
        function.grant(self.gateway.function.function_arn, "lambda:InvokeFunction")
        function.grant(queue.queue_arn, "sqs:SendMessage")
        self._consume(function, queue, batch=1, at_once=REFRESHES_AT_ONCE)
        self._every(function, "Minute", Duration.minutes(1))
        return function

    def _make_record(self) -> DeskFunction:
        needs = FunctionNeeds(("app",), timeout_s=RECORD_TIMEOUT_S, environment=self._valkey)
        function = DeskFunction(self._around, "ledger_record", needs)
        self._consume(function, self._messaging.trades_inbound.queue, batch=10, at_once=5)
        return function

    def _make_outbox(self) -> DeskFunction:
        queue = self._messaging.accounts_import.queue
        environment = {
            "NIGHTDESK_EVENT_BUS": self._messaging.bus.event_bus_name,
            "NIGHTDESK_QUEUE_ACCOUNTS_IMPORT": queue.queue_url,
        }
        function = DeskFunction(self._around, "outbox_publish", FunctionNeeds(("outbox",), environment=environment))
        function.grant(self._messaging.bus.event_bus_arn, "events:PutEvents")
        function.grant(queue.queue_arn, "sqs:SendMessage")
        self._every(function, "Minute", Duration.minutes(1))
        return function

    def _make_fx(self) -> DeskFunction:
        environment = {
            "NIGHTDESK_FX_SECRET": parameters.FX_SECRET,
            "NIGHTDESK_VENUES_ROUTE": self._place.parameter(parameters.VENUES_ROUTE),
        }
        needs = FunctionNeeds(("app",), (parameters.FX_SECRET,), timeout_s=60, environment=environment)
        function = DeskFunction(self._around, "fx_refresh", needs)
        self._every(function, "Hour", Duration.hours(1))
        return function

    def _make_caps(self) -> DeskFunction:
        environment = self._valkey | {
            "NIGHTDESK_CAPS_SECRET": parameters.CAPS_SECRET,
            "NIGHTDESK_VENUES_ROUTE": self._place.parameter(parameters.VENUES_ROUTE),
        }
        needs = FunctionNeeds(("app",), (parameters.CAPS_SECRET,), timeout_s=120, environment=environment)
        function = DeskFunction(self._around, "marketcaps_refresh", needs)
        self._every(function, "Hour", Duration.hours(1))
        return function

    def _consume(self, function: DeskFunction, queue: sqs.Queue, *, batch: int, at_once: int) -> None:
        source = sources.SqsEventSource(
            queue, batch_size=batch, max_concurrency=at_once, report_batch_item_failures=True
        )
        function.function.add_event_source(source)

    def _every(self, function: DeskFunction, name: str, span: Duration) -> None:
        rule = events.Rule(
            function, f"Every{name}", schedule=events.Schedule.rate(span), description=function.physical_name
        )
        # A run that fails is made up for by the next one.
        rule.add_target(targets.LambdaFunction(function.function, retry_attempts=0))
