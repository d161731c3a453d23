"""What the balancer measures, as CloudWatch finds it: by the name of each service that asks venues."""

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

_NAMESPACE = "Nightdesk"
_MINUTE = Duration.minutes(1)
_ASKERS = ("exchange_gateway", "account_streamer", "market_streamer", "market_proxy")
PRIORITIES = ("Order", "Stop", "Fill", "History")


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetAlarm:
    """When somebody is told.

    Attributes:
        at_once: The first minute that shows it is enough.
    """

    name: str
    metric: cloudwatch.IMetric
    threshold: float
    what: str
    at_once: bool = False


class BudgetMetrics:
    """The balancer's measurements over all who ask venues.

    Args:
        with_forwarders: Whether there are forwarders, which ask for other bots.
    """

    def __init__(self, *, with_forwarders: bool) -> None:
        self._askers = (*_ASKERS, "forwarder") if with_forwarders else _ASKERS

    def alarms(self) -> Sequence[BudgetAlarm]:
        """Bans and complaints, a budget that is away, one that is more than spent, orders that wait."""
        return [
            BudgetAlarm(
                name="budget-bans",
                metric=self._total("VenueAnswered418", "banned"),
                threshold=1,
                what="bans an address",
                at_once=True,
            ),
            BudgetAlarm(
                name="budget-complaints",
                metric=self._total("VenueAnswered429", "complaints"),
                threshold=1,
                what="is asked too much",
            ),
            BudgetAlarm(
                name="budget-unavailable",
                metric=self._total("BudgetUnavailable", "unavailable"),
                threshold=1,
                what="does not answer, so nothing is sent",
            ),
            BudgetAlarm(
                name="budget-used",
                metric=self._most("BudgetUsed", "Maximum", "used (%)"),
                threshold=100,
                what="is more than spent: others use the same address",
            ),
            BudgetAlarm(
                name="budget-order_waits",
                metric=self._most("BudgetWaitOrder", "p99", "orders' wait (ms)"),
                threshold=200,
                what="makes orders wait",
            ),
        ]

    def graphs(self) -> Sequence[cloudwatch.GraphWidget]:
        """Used parts, waits, refusals and shared answers."""
        waits = [self._most(f"BudgetWait{each}", "p99", each.lower()) for each in PRIORITIES]
        told = {"VenueAnswered418": "418", "VenueAnswered429": "429", "BudgetUnavailable": "unavailable"}
        shared = ("CacheHit", "CacheCoalesced", "CacheBatched", "CacheFetched")
        return [
            _graph("Budgets: used of the limit (%)", [self._most("BudgetUsed", "Maximum", "used")]),
            _graph("Budgets: waits by priority, p99 (ms)", waits),
            _graph("Budgets: bans, complaints, lost", [self._total(name, label) for name, label in told.items()]),
            _graph("Budgets: told to wait", [self._total("BudgetToldToWait", "told to wait")]),
            _graph("Budgets: shared answers", [self._total(name, name[5:].lower()) for name in shared]),
        ]

    def _total(self, name: str, label: str) -> cloudwatch.MathExpression:
        return self._over_all("SUM", name, "Sum", label)

    def _most(self, name: str, statistic: str, label: str) -> cloudwatch.MathExpression:
        return self._over_all("MAX", name, statistic, label)

    def _over_all(self, over: str, name: str, statistic: str, label: str) -> cloudwatch.MathExpression:
        metrics: dict[str, cloudwatch.IMetric] = {
            f"{name[0].lower()}{name[1:]}{number}": _metric(name, asker, statistic)
            for number, asker in enumerate(self._askers)
        }
        expression = f"{over}([{', '.join(metrics)}])"
        return cloudwatch.MathExpression(expression=expression, using_metrics=metrics, label=label, period=_MINUTE)


def _metric(name: str, service: str, statistic: str) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=_NAMESPACE,
        metric_name=name,
        dimensions_map={"service": service},
        statistic=statistic,
        label=service,
        period=_MINUTE,
    )


def _graph(title: str, metrics: Sequence[cloudwatch.IMetric]) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=list(metrics), width=8, height=6)
