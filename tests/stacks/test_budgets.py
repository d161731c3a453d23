"""Who is told when a venue's budget is lost, spent or refused, and that it is measured under those names."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nightdesk.balancer.model import Priority
from tests.stacks.assembly import ROOT, Assembly

ALARMS = {"budget-bans", "budget-complaints", "budget-unavailable", "budget-used", "budget-order-waits"}
ASKERS = {"exchange_gateway", "account_streamer", "market_streamer", "market_proxy"}


def alarms(assembly: Assembly) -> dict[str, Mapping[str, Any]]:
    return {
        props["AlarmName"].removeprefix("nightdesk-"): props
        for _, _, props in assembly.resources("AWS::CloudWatch::Alarm")
        if props["AlarmName"].startswith("nightdesk-budget-")
    }


def metrics(alarm: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Name and service of each metric that an alarm looks at."""
    for query in alarm["Metrics"]:
        if "MetricStat" in query:
            metric = query["MetricStat"]["Metric"]
            (dimension,) = metric["Dimensions"]
            assert (metric["Namespace"], dimension["Name"]) == ("Nightdesk", "service")
            yield metric["MetricName"], dimension["Value"]


def measured() -> set[str]:
    """What the balancer measures, read from its source."""
    source = Path(ROOT, "layers/nightdesk/balancer/metered.py").read_text()
    plain = set(re.findall(r'_measures\.\w+\("(\w+)"', source))
    return plain | {f"BudgetWait{each.name.title()}" for each in Priority} | {"VenueAnswered418", "VenueAnswered429"}


def test_bans_spent_and_lost_budgets_and_waiting_orders_wake_somebody(assembly: Assembly) -> None:
    found = alarms(assembly)

    assert set(found) == ALARMS
    assert all(each["AlarmActions"] for each in found.values())
    assert found["budget-bans"]["DatapointsToAlarm"] == 1
    for each in found.values():
        assert {service for _, service in metrics(each)} == ASKERS
        assert {name for name, _ in metrics(each)} <= measured()


def test_the_dashboard_shows_budgets(assembly: Assembly) -> None:
    ((_, _, dashboard),) = assembly.resources("AWS::CloudWatch::Dashboard")
    body = str(dashboard["DashboardBody"])

    for title in ("used of the limit", "waits by priority", "bans, complaints, lost", "told to wait", "shared answers"):
        assert f"Budgets: {title}" in body
