"""Market data: the function that fills the history of markets and keeps it whole."""

from collections.abc import Mapping, Sequence

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda_event_sources as sources
from constructs import Construct

from stacks import parameters
from stacks.config import DeskConfig
from stacks.constructs.desk_function import DeskFunction, FunctionNeeds, Surroundings
from stacks.constructs.layers import Layers
from stacks.constructs.place import Place
from stacks.desk_stack import DeskStack
from stacks.messaging_stack import BACKFILL_TIMEOUT_S, MessagingStack

BACKFILLS_AT_ONCE = 2
"""Venues' budgets, not functions, are what limits it; each fetches ahead while it stores."""


class MarketDataStack(DeskStack):
    """Asks venues for what anybody may know: no function here holds a credential of a venue."""

    def __init__(self, scope: Construct, *, config: DeskConfig, messaging: MessagingStack) -> None:
        super().__init__(scope, "marketdata", config=config, description="history of markets")
        self._queue = messaging.candles_backfill.queue
        self._place = Place(self, "Place")
        self._around = Surroundings(config, Layers(self, "Layers", config=config), self._place)
        self.backfill = self._make_backfill()
        self._watch_holes()

    @property
    def functions(self) -> Sequence[DeskFunction]:
        """All functions of this stack."""
        return [self.backfill]

    def _make_backfill(self) -> DeskFunction:
        secrets = (parameters.FORWARDER_SECRET,) if self.config.forwarders else ()
        needs = FunctionNeeds(
            ("streams",), secrets, memory_mb=1024, timeout_s=BACKFILL_TIMEOUT_S, environment=self._environment()
        )
        function = DeskFunction(self._around, "candles_backfill", needs)
        function.grant(self._queue.queue_arn, "sqs:SendMessage")
        source = sources.SqsEventSource(
            self._queue, batch_size=1, max_concurrency=BACKFILLS_AT_ONCE, report_batch_item_failures=True
        )
        function.function.add_event_source(source)
        schedule = events.Schedule.rate(Duration.minutes(5))
        rule = events.Rule(function, "EveryFiveMinutes", schedule=schedule, description=function.physical_name)
        # A run that fails is made up for by the next one.
        rule.add_target(targets.LambdaFunction(function.function, retry_attempts=0))
        return function

    def _environment(self) -> Mapping[str, str]:
        read, config = self._place.parameter, self.config
        environment = {
            "NIGHTDESK_QUEUE_CANDLES_BACKFILL": self._queue.queue_url,
            "NIGHTDESK_VALKEY_URL": read(parameters.VALKEY_URL),
            "NIGHTDESK_VENUES_ROUTE": read(parameters.VENUES_ROUTE),
            "NIGHTDESK_MARKET_CLOCK": read(parameters.MARKET_CLOCK),
            "NIGHTDESK_BACKFILL_DAYS": read(parameters.BACKFILL_DAYS),
            "NIGHTDESK_BACKFILL_WHOLE_VENUES": str(config.backfill_whole_venues).lower(),
            "NIGHTDESK_STREAMS_SYMBOLS": ",".join(parameters.ALWAYS_STREAMED),
            "NIGHTDESK_CANDLES_KEEP_MONTHS": str(config.keep_minutes_months),
            "NIGHTDESK_CANDLES_RETENTION": "done" if config.drop_old_minutes else "told",
            "NIGHTDESK_RECORDS_VALUATION_MONTHS": str(config.keep_valuations_months),
            "NIGHTDESK_RECORDS_REFUSAL_DAYS": str(config.keep_refusals_days),
            "NIGHTDESK_RECORDS_RETENTION": "done" if config.drop_old_records else "told",
            # Without forwarders everything leaves by one address and so shares one budget.
            "NIGHTDESK_BALANCER": "forwarders" if config.forwarders else "direct",
        }
        if config.forwarders:
            environment["NIGHTDESK_FORWARDER_SECRET_ID"] = parameters.FORWARDER_SECRET
        return environment

    def _watch_holes(self) -> None:
        missing = cloudwatch.Metric(
            namespace="Nightdesk",
            metric_name="MinutesMissing",
            dimensions_map={"service": "candles_backfill"},
            statistic="Minimum",
            period=Duration.hours(1),
        )
        cloudwatch.Alarm(
            self,
            "HolesAlarm",
            alarm_name=f"{self.config.prefix}-candles-holes",
            alarm_description="Runs of minutes stay missing in the history of markets; candle-coverage says why.",
            metric=missing,
            threshold=1,
            evaluation_periods=6,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
