"""Strategies trade an accelerated hour by themselves, and the books agree with the venue to the last digit."""

from __future__ import annotations

import time
from typing import Final

import pytest

from tests.e2e.client import Client
from tests.e2e.stops import Sold, at_speed, funded, until
from tests.e2e.strategies import HOUR_MS, MARKETS, armed, at_venue, complaints, rest

pytestmark = pytest.mark.e2e

SPEED: Final = 60
BALANCES: Final = {"USDT": "20000", "SOL": "5"}
FILLS_LEAST: Final = 8
CONVERGE_S: Final = 180


def test_an_hour_unattended_reconciles_to_zero(client: Client) -> None:
    traded = funded(client, BALANCES, label="Unattended")
    rule_set_ids = armed(client, traded)
    with at_speed(client, SPEED):
        pass_an_hour(client)
        for rule_set_id in rule_set_ids:
            rest(client, rule_set_id)
    assert converged(client, traded) == []
    fills = at_venue(client, traded)["fills"]
    assert len(fills) >= FILLS_LEAST
    assert {each["side"] for each in fills} == {"buy", "sell"}
    assert {each["symbol"] for each in fills} == MARKETS
    assert client.get("/ledger/verify")["ok"] is True
    for rule_set_id in rule_set_ids:
        firings = client.get(f"/actions/firings?rule_set_id={rule_set_id}&limit=100")["items"]
        assert all(each["finished_at"] for each in firings)


def pass_an_hour(client: Client) -> None:
    """Nobody does anything."""
    until_ms = client.paper("GET", "/clock")["market_at_ms"] + HOUR_MS
    until(
        lambda: client.paper("GET", "/clock")["market_at_ms"] >= until_ms,
        within_s=2 * HOUR_MS / 1000 / SPEED,
        every_s=1,
    )


def converged(client: Client, traded: Sold) -> list[str]:
    """What is wrong after what was on its way has arrived."""
    deadline = time.monotonic() + CONVERGE_S
    while (found := complaints(client, traded)) and time.monotonic() < deadline:
        time.sleep(1)
    return found
