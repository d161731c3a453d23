"""The desk moves: prices, values, bars and fills reach the page without a reload."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from stacks.local.desk import Desk
from tests.e2e.client import Client
from tests.e2e.test_journey import sign_in

pytestmark = pytest.mark.e2e

LAST_BTC = '[data-testid=markets-grid] .ag-row[row-id="BINANCE:BTC/USDT"] [col-id="Last"]'


def changes(page: Page, selector: str) -> None:
    """Wait until what the selector shows is no longer what it shows now."""
    shown = page.locator(selector).inner_text()
    page.wait_for_function(
        "([selector, shown]) => document.querySelector(selector)?.innerText !== shown",
        arg=[selector, shown],
    )


def test_prices_move_on_the_markets_page(page: Page, desk: Desk, screenshots: Path) -> None:
    sign_in(page, desk)
    page.get_by_label("Pages").get_by_role("link", name="Markets").click()
    page.get_by_test_id("markets-filter").fill("btc usd")
    page.locator(LAST_BTC).wait_for()
    changes(page, LAST_BTC)
    page.screenshot(path=screenshots / "markets.png")


def test_the_total_moves_with_the_prices(page: Page, desk: Desk) -> None:
    sign_in(page, desk)
    changes(page, "[data-testid=total]")
    page.goto("/portfolio")
    changes(page, '[data-testid=portfolio-grid] .ag-row[row-id="BTC"] [col-id="Value"]')


def test_bars_are_drawn(page: Page, desk: Desk, screenshots: Path) -> None:
    sign_in(page, desk)
    page.goto("/chart?series=BINANCE:BTC/USDT&resolution=1m")
    expect(page.get_by_test_id("chart")).to_have_attribute("data-outcome", "drawn")
    page.screenshot(path=screenshots / "chart.png")


def test_a_fill_at_the_venue_appears_on_the_ledger_page(page: Page, desk: Desk, client: Client) -> None:
    key = client.make_key({"kind": "empty", "balances": {"USDT": "50000"}})
    account_id = client.connect(key, "Fills").body["account_id"]
    client.await_import(account_id)
    sign_in(page, desk)
    page.goto(f"/ledger?account={account_id}")
    expect(page.get_by_test_id("ledger-grid")).to_contain_text("USDT")
    page.wait_for_timeout(4000)  # a new account's stream is followed within seconds
    client.paper("POST", f"/accounts/{key['key']}/fills", {"symbol": "SOL/USDT", "side": "buy", "quantity": "1.23"})
    expect(page.get_by_test_id("ledger-grid")).to_contain_text("1.23")


def test_the_page_says_when_prices_stop_and_recovers(page: Page, desk: Desk, client: Client) -> None:
    sign_in(page, desk)
    page.goto("/markets?q=btc%20usd")
    page.locator(LAST_BTC).wait_for()
    feed = page.get_by_test_id("feed-status").locator('[data-feed="binance"]')
    expect(feed).to_have_attribute("data-tone", "good")
    client.paper("POST", "/faults", {"kind": "refuse"})
    client.paper("POST", "/faults", {"kind": "socket_drop"})
    try:
        expect(feed).not_to_have_attribute("data-tone", "good")
    finally:
        client.paper("DELETE", "/faults")
    expect(feed).to_have_attribute("data-tone", "good")
    changes(page, LAST_BTC)
