"""The markets of five venues, their quality and what is held by potential, in a real browser on a whole desk."""

import re
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Locator, Page, expect

from stacks.local.desk import Desk
from tests.e2e.client import Client
from tests.e2e.stops import funded
from tests.e2e.test_journey import sign_in

pytestmark = pytest.mark.e2e

LIAR: Final = "bitfinex"
MORE_THAN_ONE_VENUE_HAS: Final = re.compile(r"(\d{3}|\d,\d{3}) markets")
VENUES: Final = ("Binance", "Kraken", "Coinbase", "Bitfinex", "HTX")


def rows(page: Page, column: str) -> Locator:
    """A column's cells in sight."""
    return page.locator(f'[data-testid=markets-grid] .ag-row [col-id="{column}"]')


def test_markets_are_filtered_and_one_is_opened(page: Page, desk: Desk, screenshots: Path) -> None:
    sign_in(page, desk)
    page.goto("/markets")
    for venue in VENUES:
        expect(page.get_by_label("Venue").locator("option", has_text=venue)).to_be_attached()
    count = page.get_by_test_id("markets-count")
    expect(count).to_contain_text(MORE_THAN_ONE_VENUE_HAS)  # a chosen venue is all that the page follows from then on
    page.get_by_label("Venue").select_option("kraken")
    expect(count).to_contain_text(re.compile(r"\d+ of [\d,]+ markets"))
    expect(rows(page, "Venue").filter(has_not_text="Kraken")).to_have_count(0)
    expect(rows(page, "Venue").first).to_have_text("Kraken")
    page.get_by_test_id("markets-filter").fill("btc usd")
    bitcoin = page.locator('[data-testid=markets-grid] .ag-row[row-id="KRAKEN:BTC/USD"]')
    expect(bitcoin.locator('[col-id="Rank"]')).to_have_text("1")
    expect(bitcoin.locator('[col-id="Cap $"]')).to_have_text(re.compile(r"T$"))
    expect(bitcoin.locator('[col-id="24 h"]')).to_contain_text("%")
    assert "venue=kraken" in page.url
    page.screenshot(path=screenshots / "markets-filtered.png")
    bitcoin.click()
    expect(page).to_have_url(re.compile(r"/chart\?series=KRAKEN:BTC/USD"))


def test_a_venue_that_lies_is_quarantined_in_sight(page: Page, desk: Desk, client: Client, screenshots: Path) -> None:
    sign_in(page, desk)
    page.goto(f"/quality?venue={LIAR}")
    for name, told in (("European Central Bank", "answers"), ("CoinMarketCap, listing", "1,000 rows")):
        expect(page.get_by_test_id("source").filter(has_text=name)).to_contain_text(told)
    expect(page.get_by_test_id("rates-sum")).to_contain_text(re.compile(r"16\d currencies"))
    try:
        client.paper("POST", "/faults", {"kind": "price_off", "ratio": "0.5", "venue": LIAR})
        lied = page.get_by_test_id("market-quality").filter(has_text="BTC/USD").first
        expect(lied).to_contain_text("far from other venues")
        lied.get_by_role("button").click()
        expect(page.get_by_test_id("refused-price").first).to_contain_text("far from other venues")
        page.screenshot(path=screenshots / "quality-lie.png", full_page=True)
    finally:
        client.paper("DELETE", "/faults")


def test_holdings_by_size_and_potential(page: Page, desk: Desk, client: Client, screenshots: Path) -> None:
    funded(client, {"BTC": "0.3", "ARB": "500", "USDT": "100"}, "By potential")
    sign_in(page, desk)
    page.goto("/potential")
    bitcoin = page.get_by_test_id("cap-position").filter(has_text="BTC").first
    expect(bitcoin).to_contain_text(re.compile(r"Mega.*%"))
    expect(page.get_by_test_id("potential-sum")).to_contain_text("whose highs are known")
    page.get_by_test_id("bucket-stable").click()
    expect(page.get_by_role("rowheader", name="USDT", exact=True)).to_be_visible()
    expect(page.get_by_role("rowheader", name="BTC", exact=True)).to_be_hidden()
    page.screenshot(path=screenshots / "potential.png")
