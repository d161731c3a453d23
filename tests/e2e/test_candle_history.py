"""A user asks for the history of a market; the desk fills it through its queue until every minute is there."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from nightdesk.kernel.instants import format_instant, parse_instant
from nightdesk.runtime.clock import SystemClock
from stacks.local.desk import Desk
from tests.e2e.client import Client
from tests.e2e.stops import until

pytestmark = pytest.mark.e2e

SERIES = "BINANCE:LTC/USDT"


def five_minutes_pass(desk: Desk) -> dict[str, Any]:
    """The function's schedule, without the wait."""
    event = json.dumps({"detail-type": "Scheduled Event", "source": "aws.events"})
    invoked = desk.servers.cloud.client("lambda").invoke(FunctionName="nightdesk-candles-backfill", Payload=event)
    answer: dict[str, Any] = json.loads(invoked["Payload"].read())
    assert "errorMessage" not in answer, answer
    return answer


def covered(client: Client, series: str = SERIES) -> dict[str, Any]:
    (item,) = client.get(f"/candle-coverage?series={series}")["items"]
    found: dict[str, Any] = item
    return found


def test_a_history_is_asked_for(desk: Desk, client: Client) -> None:
    since = SystemClock().now() - timedelta(days=3)
    asked = client.ask("POST", "/candle-coverage", {"series": SERIES, "from": format_instant(since)})
    assert (asked.status, asked.body["state"], asked.body["asked"]) == (202, "wanted", True)
    five_minutes_pass(desk)


def test_the_history_was_filled_and_verified(desk: Desk, client: Client) -> None:
    def whole() -> bool:
        five_minutes_pass(desk)
        return bool(covered(client)["state"] == "whole")

    until(whole, within_s=420, every_s=3, told=lambda: client.get("/candle-coverage")["items"])
    found = covered(client)
    assert found["bars"] == found["expected"] >= 2 * 1440
    assert (found["holes"], found["listed_at"]) == ([], "2019-01-01T00:00:00.000000Z")
    first = client.get(f"/candles?series={SERIES}&resolution=1m&from={found['since']}&limit=2")
    assert next(at for at, *_ in first["items"]) == int(parse_instant(found["since"]).timestamp() * 1000)


def test_a_market_that_no_venue_has_is_not_found(client: Client) -> None:
    answer = client.ask("POST", "/candle-coverage", {"series": "BINANCE:NOPE/USDT"})
    assert (answer.status, answer.body["code"]) == (404, "candles.market_unknown")
