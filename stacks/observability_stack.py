"""Observability: one dashboard, and alarms that tell somebody. Metrics are found by name, so nothing is exported."""

from collections.abc import Iterable, Sequence

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from stacks.build import FUNCTION_LAYERS, STREAMERS
from stacks.config import DeskConfig
from stacks.constructs.budget_metrics import BudgetMetrics
from stacks.data_stack import DataStack
from stacks.desk_stack import DeskStack

_MINUTE = Duration.minutes(1)
_REFUSED_MAX_A_MINUTE = 300
_STALE_MAX_A_MINUTE = 20
_FREE_STORAGE_MIN_BYTES = 5 * 1024**3
_CPU_MAX_PERCENT = 85


class ObservabilityStack(DeskStack):
    """What is looked at, and what wakes somebody."""

    def __init__(self, scope: Construct, *, config: DeskConfig, data: DataStack) -> None:
        super().__init__(scope, "observability", config=config, description="dashboard and alarms")
        self._data = data
        self._budgets = BudgetMetrics(with_forwarders=config.forwarders > 0)
        self.topic = self._make_topic()
        self._watch_functions()
        self._watch_services()
        self._watch_api()
        self._watch_database()
        self._watch_budgets()
        self._watch_prices()
        self._watch_rates()
        self._make_dashboard()

    def _make_topic(self) -> sns.Topic:
        topic = sns.Topic(self, "Alarms", topic_name=f"{self.config.prefix}-alarms", enforce_ssl=True)
        if self.config.alarm_email:
            topic.add_subscription(subscriptions.EmailSubscription(self.config.alarm_email))
        return topic

    def _watch_functions(self) -> None:
        for name in FUNCTION_LAYERS:
            self._alarm(f"{name}-errors", self._function(name, "Errors"), 3, "fails again and again")
            self._alarm(f"{name}-throttles", self._function(name, "Throttles"), 5, "is throttled")

    def _watch_services(self) -> None:
        for name in self._services():
            running, desired = self._tasks(name, "RunningTaskCount"), self._tasks(name, "DesiredTaskCount")
            lacking = cloudwatch.MathExpression(
                expression="desired - FILL(running, 0)",
                using_metrics={"desired": desired, "running": running},
                label=name,
                period=_MINUTE,
            )
            self._alarm(f"{name}-tasks", lacking, 1, "has fewer running tasks than desired")

    def _services(self) -> Sequence[str]:
        return ["feed_gateway", *STREAMERS, *self.config.egresses]

    def _tasks(self, name: str, metric: str) -> cloudwatch.Metric:
        return _metric("ECS/ContainerInsights", metric, self._service(name), "Minimum", name)

    def _usage(self, name: str, metric: str) -> cloudwatch.Metric:
        return _metric("AWS/ECS", metric, self._service(name), "Maximum", name)

    def _service(self, name: str) -> dict[str, str]:
        return {"ClusterName": self.config.prefix, "ServiceName": f"{self.config.prefix}-{name.replace('_', '-')}"}

    def _watch_api(self) -> None:
        self._alarm("api-5xx", self._gateway("5XXError"), 5, "answers with server errors")

    def _watch_database(self) -> None:
        database = self._data.database
        busy = database.metric_cpu_utilization(period=Duration.minutes(5))
        self._alarm("database-cpu", busy, _CPU_MAX_PERCENT, "is busier than it should be")
        less = cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD
        free = database.metric_free_storage_space(period=Duration.minutes(5))
        self._alarm("database-storage", free, _FREE_STORAGE_MIN_BYTES, "runs out of space", operator=less)

    def _watch_budgets(self) -> None:
        for each in self._budgets.alarms():
            self._alarm(each.name, each.metric, each.threshold, each.what, minutes=1 if each.at_once else 2)

    def _watch_prices(self) -> None:
        refused = self._streamer("PricesRefused")
        self._alarm("prices-refused", refused, _REFUSED_MAX_A_MINUTE, "are refused by the hundred: a venue may lie")
        silent = self._streamer("PricesRefusedStale")
        self._alarm("prices-stale", silent, _STALE_MAX_A_MINUTE, "of many markets stand still while others move")

    def _watch_rates(self) -> None:
        differ = _metric("Nightdesk", "FxRatesDiffer", {"service": "fx_refresh"}, "Sum", "FxRatesDiffer")
        hourly = differ.with_(period=Duration.hours(1))
        self._alarm("rates-differ", hourly, 1, "between two sources: one of them may lie; fx-rates says which")

    def _streamer(self, name: str) -> cloudwatch.Metric:
        return _metric("Nightdesk", name, {"service": "market_streamer"}, "Sum", name)

    def _alarm(
        self,
        name: str,
        metric: cloudwatch.IMetric,
        threshold: float,
        what: str,
        *,
        operator: cloudwatch.ComparisonOperator = cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        minutes: int = 2,
    ) -> None:
        alarm = cloudwatch.Alarm(
            self,
            "".join(word.title() for word in name.replace("_", "-").split("-")),
            alarm_name=f"{self.config.prefix}-{name.replace('_', '-')}",
            alarm_description=f"{name.rsplit('-', 1)[0]} {what}",
            metric=metric,
            threshold=threshold,
            evaluation_periods=3,
            datapoints_to_alarm=minutes,
            comparison_operator=operator,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(actions.SnsAction(self.topic))

    def _function(self, name: str, metric: str, statistic: str = "Sum") -> cloudwatch.Metric:
        dimensions = {"FunctionName": f"{self.config.prefix}-{name.replace('_', '-')}"}
        return _metric("AWS/Lambda", metric, dimensions, statistic, name)

    def _gateway(self, metric: str, statistic: str = "Sum") -> cloudwatch.Metric:
        return _metric("AWS/ApiGateway", metric, {"ApiName": self.config.prefix}, statistic, metric)

    def _make_dashboard(self) -> None:
        functions, services = list(FUNCTION_LAYERS), self._services()
        rows: Sequence[Sequence[cloudwatch.IWidget]] = [
            [
                _graph("API requests", [self._gateway("Count")]),
                _graph("API latency, p95 (ms)", [self._gateway("Latency", "p95")]),
                _graph("API errors", [self._gateway("4XXError"), self._gateway("5XXError")]),
            ],
            [
                _graph("Function errors", [self._function(name, "Errors") for name in functions]),
                _graph("Function duration, p95 (ms)", [self._function(name, "Duration", "p95") for name in functions]),
                _graph("Oldest message (s)", list(self._ages())),
            ],
            [
                _graph("Services: running tasks", [self._tasks(name, "RunningTaskCount") for name in services]),
                _graph("Services: CPU (%)", [self._usage(name, "CPUUtilization") for name in services]),
                _graph("Services: memory (%)", [self._usage(name, "MemoryUtilization") for name in services]),
            ],
            [
                _graph("Database CPU (%)", [self._data.database.metric_cpu_utilization()]),
                _graph("Database connections", [self._data.database.metric_database_connections()]),
                _graph("Database free storage (bytes)", [self._data.database.metric_free_storage_space()]),
            ],
            self._budgets.graphs(),
        ]
        cloudwatch.Dashboard(self, "Dashboard", dashboard_name=self.config.prefix, widgets=[list(row) for row in rows])

    def _ages(self) -> Iterable[cloudwatch.Metric]:
        for name in ("accounts-import", "accounts-refresh", "trades-inbound.fifo"):
            dimensions = {"QueueName": f"{self.config.prefix}-{name}"}
            yield _metric("AWS/SQS", "ApproximateAgeOfOldestMessage", dimensions, "Maximum", name)


def _metric(namespace: str, name: str, dimensions: dict[str, str], statistic: str, label: str) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=namespace,
        metric_name=name,
        dimensions_map=dimensions,
        statistic=statistic,
        label=label,
        period=_MINUTE,
    )


def _graph(title: str, metrics: Sequence[cloudwatch.IMetric]) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=list(metrics), width=8, height=6)
