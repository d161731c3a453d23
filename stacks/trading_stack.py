"""Rules that act and what looks after orders: the functions that may have orders placed without a person."""

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda_event_sources as sources
from constructs import Construct

from stacks import parameters
from stacks.accounts_stack import AccountsStack
from stacks.config import DeskConfig
from stacks.constructs.desk_function import DeskFunction, FunctionNeeds, Surroundings
from stacks.constructs.layers import Layers
from stacks.constructs.place import Place
from stacks.desk_stack import DeskStack
from stacks.messaging_stack import ACTIONS_TIMEOUT_S, RULES_TIMEOUT_S, MessagingStack

RECONCILE_TIMEOUT_S = 300
FIRINGS_AT_ONCE = 10
CANDIDATES_AT_ONCE = 10


class TradingStack(DeskStack):
    """Only the gateway holds keys: what is here may ask it."""

    def __init__(
        self, scope: Construct, *, config: DeskConfig, messaging: MessagingStack, accounts: AccountsStack
    ) -> None:
        super().__init__(scope, "trading", config=config, description="rules that act, and orders looked after")
        self._messaging = messaging
        self._gateway = accounts.gateway
        self._place = Place(self, "Place")
        self._around = Surroundings(config, Layers(self, "Layers", config=config), self._place)
        self.reconcile = self._make_reconcile()
        self.actions = self._make_actions()
        self.rules = self._make_rules()

    @property
    def functions(self) -> Sequence[DeskFunction]:
        """All functions of this stack."""
        return [self.reconcile, self.actions, self.rules]

    def _trading_environment(self) -> dict[str, str]:
        return {
            "NIGHTDESK_VALKEY_URL": self._place.parameter(parameters.VALKEY_URL),
            "NIGHTDESK_EXCHANGE_GATEWAY_FUNCTION": self._gateway.physical_name,
        }

    def _make_reconcile(self) -> DeskFunction:
        environment = self._trading_environment() | {
            "NIGHTDESK_OUTBOX_DATABASE_SECRET": parameters.database_secret("outbox")
        }
        needs = FunctionNeeds(("app", "outbox"), timeout_s=RECONCILE_TIMEOUT_S, environment=environment)
        function = DeskFunction(self._around, "orders_reconcile", needs)
        function.grant(self._gateway.function.function_arn, "lambda:InvokeFunction")
        self._every(function, "Minute", Duration.minutes(1))
        return function

    def _make_actions(self) -> DeskFunction:
        queue, alerts = self._messaging.actions.queue, self._messaging.alerts.queue
        environment = self._trading_environment() | {
            "NIGHTDESK_QUEUE_ACTIONS": queue.queue_url,
            "NIGHTDESK_QUEUE_ALERTS": alerts.queue_url,
            "NIGHTDESK_NOTIFY_ROUTE": self._place.parameter(parameters.NOTIFY_ROUTE),
            "NIGHTDESK_WEBHOOK_SIGNING_SECRET": parameters.WEBHOOK_SECRET,
            "NIGHTDESK_OUTBOX_DATABASE_SECRET": parameters.database_secret("outbox"),
        }
        needs = FunctionNeeds(
            ("app", "outbox"),
            (parameters.WEBHOOK_SECRET,),
            memory_mb=1024,
            timeout_s=ACTIONS_TIMEOUT_S,
            environment=environment,
        )
        function = DeskFunction(self._around, "actions_run", needs)
        function.grant(self._gateway.function.function_arn, "lambda:InvokeFunction")
        for target in (queue, alerts):
            function.grant(target.queue_arn, "sqs:SendMessage")
        source = sources.SqsEventSource(
            queue, batch_size=1, max_concurrency=FIRINGS_AT_ONCE, report_batch_item_failures=True
        )
        function.function.add_event_source(source)
        self._every(function, "Minute", Duration.minutes(1))
        return function

    def _make_rules(self) -> DeskFunction:
        candidates, actions = self._messaging.rules_evaluate.queue, self._messaging.actions.queue
        environment = {
            "NIGHTDESK_VALKEY_URL": self._place.parameter(parameters.VALKEY_URL),
            "NIGHTDESK_QUEUE_RULES_EVALUATE": candidates.queue_url,
            "NIGHTDESK_QUEUE_ACTIONS": actions.queue_url,
            "NIGHTDESK_OUTBOX_DATABASE_SECRET": parameters.database_secret("outbox"),
            "NIGHTDESK_MARKET_CLOCK": self._place.parameter(parameters.MARKET_CLOCK),
        }
        needs = FunctionNeeds(("app", "outbox"), memory_mb=1024, timeout_s=RULES_TIMEOUT_S, environment=environment)
        function = DeskFunction(self._around, "rules_evaluate", needs)
        for target in (candidates, actions):
            function.grant(target.queue_arn, "sqs:SendMessage")
        source = sources.SqsEventSource(
            candidates, batch_size=1, max_concurrency=CANDIDATES_AT_ONCE, report_batch_item_failures=True
        )
        function.function.add_event_source(source)
        # At the begin of each minute, which schedules name: what they tell is told even while no tracker runs.
        self._at(function, "Minute", events.Schedule.cron(minute="*"))
        return function

    def _every(self, function: DeskFunction, name: str, span: Duration) -> None:
        self._at(function, name, events.Schedule.rate(span))

    def _at(self, function: DeskFunction, name: str, schedule: events.Schedule) -> None:
        rule = events.Rule(function, f"Every{name}", schedule=schedule, description=function.physical_name)
        # A run that fails is made up for by the next one.
        rule.add_target(targets.LambdaFunction(function.function, retry_attempts=0))
