"""Sockets of all five venues break in every way: the markets page stays right and says what is wrong."""

from __future__ import annotations

import re
from collections.abc import Collection
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Page, expect

from stacks.local.desk import Desk
from tests.e2e.client import Client
from tests.e2e.test_journey import sign_in

pytestmark = pytest.mark.e2e

MARKETS: Final = {
    "binance": "BINANCE:BTC/USDT",
    "kraken": "KRAKEN:BTC/USD",
    "coinbase": "COINBASE:BTC/USD",
    "bitfinex": "BITFINEX:BTC/USD",
    "htx": "HTX:BTC/USDT",
}
FAULTS: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    ("binance", {"kind": "socket_half_open"}),
    ("kraken", {"kind": "socket_drop"}),
    ("coinbase", {"kind": "socket_duplicate"}),
    ("bitfinex", {"kind": "socket_late", "delay_ms": 900}),
    ("htx", {"kind": "socket_out_of_order"}),
)
NEAR: Final = 0.02
MINUTE_MS: Final = 60_000


def last(venue: str) -> str:
    return f'[data-testid=markets-grid] .ag-row[row-id="{MARKETS[venue]}"] [col-id="Last"]'


def shown(page: Page, venue: str) -> float:
    return float(re.sub(r"[^0-9.]", "", page.locator(last(venue)).inner_text()))


def dot(page: Page, venue: str) -> Any:
    return page.get_by_test_id("feed-status").locator(f'[data-feed="{venue}"]')


def bars(client: Client, venue: str, since_ms: int, until_ms: int) -> list[Any]:
    query = f"series={MARKETS[venue]}&resolution=1m&from={since_ms}&to={until_ms}&limit=1000"
    answer = client.ask("GET", f"/candles?{query}")
    if answer.status == 404:  # a series begins with its first bar
        return []
    assert answer.status == 200, answer
    found: list[Any] = answer.body["items"]
    return found


def all_change(page: Page, venues: Collection[str]) -> None:
    """Wait until each venue's price is another than now."""
    before = {last(venue): page.locator(last(venue)).inner_text() for venue in venues}
    page.wait_for_function(
        "before => Object.entries(before).every(([cell, told]) => document.querySelector(cell)?.innerText !== told)",
        arg=before,
    )


def is_right(page: Page, client: Client) -> None:
    """Each venue's shown price is near every other's and within the bars of the last minutes."""
    prices = {venue: shown(page, venue) for venue in MARKETS}
    assert max(prices.values()) / min(prices.values()) < 1 + NEAR, prices
    now_ms = client.paper("GET", "/clock")["market_at_ms"]
    for venue, price in prices.items():
        recent = bars(client, venue, now_ms - 10 * MINUTE_MS, now_ms)
        if not recent:  # a venue that bears one question a second tells the past of its markets slowly
            continue
        assert min(bar[3] for bar in recent) * (1 - NEAR) < price < max(bar[2] for bar in recent) * (1 + NEAR), venue


def test_the_markets_page_stays_right(page: Page, desk: Desk, client: Client, screenshots: Path) -> None:
    sign_in(page, desk)
    page.goto("/markets?q=btc%20usd")
    for venue in MARKETS:
        page.locator(last(venue)).wait_for()
        expect(dot(page, venue)).to_have_attribute("data-tone", "good")
    since_ms = client.paper("GET", "/clock")["market_at_ms"]
    try:
        for venue, fault in FAULTS:
            client.paper("POST", "/faults", {**fault, "venue": venue})
            all_change(page, set(MARKETS) - {venue})
            is_right(page, client)
            client.paper("DELETE", "/faults")
        client.paper("POST", "/faults", {"kind": "socket_half_open", "venue": "kraken"})
        expect(dot(page, "kraken")).not_to_have_attribute("data-tone", "good")
        expect(dot(page, "htx")).to_have_attribute("data-tone", "good")
        page.screenshot(path=screenshots / "markets_one_venue_silent.png")
        for _, fault in FAULTS:
            client.paper("POST", "/faults", fault)
        expect(dot(page, "binance")).not_to_have_attribute("data-tone", "good")
    finally:
        client.paper("DELETE", "/faults")
    for venue in MARKETS:
        expect(dot(page, venue)).to_have_attribute("data-tone", "good")
    all_change(page, MARKETS)
    is_right(page, client)
    page.screenshot(path=screenshots / "markets_five_venues.png")
    every_minute_has_its_bar(page, client, since_ms)


def every_minute_has_its_bar(page: Page, client: Client, since_ms: int) -> None:
    first_ms = -(-since_ms // MINUTE_MS) * MINUTE_MS
    while (now_ms := client.paper("GET", "/clock")["market_at_ms"]) < first_ms + MINUTE_MS:
        page.wait_for_timeout(1_000)
    until_ms = now_ms // MINUTE_MS * MINUTE_MS
    wanted = list(range(first_ms, until_ms, MINUTE_MS))
    for _ in range(120):
        starts = {venue: [bar[0] for bar in bars(client, venue, wanted[0], until_ms)] for venue in MARKETS}
        if all(found == wanted for found in starts.values()):
            break
        page.wait_for_timeout(2_000)
    assert starts == dict.fromkeys(MARKETS, wanted)
    assert all(later - earlier == MINUTE_MS for earlier, later in pairwise(wanted))
