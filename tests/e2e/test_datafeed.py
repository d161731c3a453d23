"""A charting library at a running desk: the public protocol over HTTP, and nothing but an address with a token."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page

from stacks.local.desk import Desk
from tests.contract.datafeed.udf_client import Reply, UdfClient
from tests.e2e.client import Client

pytestmark = pytest.mark.e2e

BTC = "BINANCE:BTC/USDT"
MINUTE, HOUR = 60, 3_600


def over_http(base: str, token: str = "") -> UdfClient:
    """A library that asks this address."""

    def get(path: str, asked: Mapping[str, str]) -> Reply:
        url = f"{base}{path}?{urlencode(asked)}"
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"} if token else {})
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return Reply(answer.status, answer.headers["Content-Type"], answer.read().decode())
        except urllib.error.HTTPError as error:
            return Reply(error.code, error.headers["Content-Type"], error.read().decode())

    return UdfClient(get)


def wait_for(read: Callable[[], Any], timeout_s: float = 240) -> Any:
    """What is read, as soon as there is something."""
    deadline = time.monotonic() + timeout_s
    while not (found := read()):
        assert time.monotonic() < deadline, "it never came"
        time.sleep(1)
    return found


@pytest.fixture
def address(client: Client) -> Iterator[str]:
    """A path with a token in it, revoked at the end."""
    made = client.ask("POST", "/datafeed-tokens", {"name": "wall screen"}).body
    yield made["path"]
    client.ask("DELETE", f"/datafeed-tokens/{made['token_id']}")


def test_a_library_reads_markets_as_the_desk_itself_does(desk: Desk, client: Client, address: str) -> None:
    library = over_http(desk.url + address)
    library.config()
    found = wait_for(lambda: [each["ticker"] for each in library.search("btc/usdt", exchange="BINANCE")])
    assert found[0] == BTC
    symbol = library.resolve(BTC)
    assert (symbol.minmov, symbol.pricescale) == (1, 100)  # as the exchange's own price filter says
    assert wait_for(lambda: library.history(BTC, "1", 0, library.time(), 20).bars)
    end = library.time() // MINUTE * MINUTE - 2 * MINUTE
    bars = library.history(BTC, "1", 0, end, 500).bars
    ours = client.get(f"/candles?{urlencode({'series': BTC, 'resolution': '1m', 'to': end * 1000, 'limit': 500})}")
    assert [[bar.at * 1000, bar.open, bar.high, bar.low, bar.close, bar.volume] for bar in bars] == ours["items"]
    quotes = wait_for(lambda: (told := library.quotes([BTC, "BINANCE:NO/SUCH"]))[BTC] and told)
    assert quotes["BINANCE:NO/SUCH"] is None
    signed_in = over_http(f"{desk.url}/api/v1/datafeed/udf", client.token)
    assert signed_in.history(BTC, "1", 0, end, 5) == library.history(BTC, "1", 0, end, 5)


def test_bars_of_any_face_come_through_the_desk(client: Client) -> None:
    asked = {"venue": "kraken", "symbol": "BTC/USD", "resolution": "5m", "limit": 20}
    told = client.get(f"/market-proxy/ohlcv?{urlencode(asked)}")
    assert 1 <= len(told["items"]) <= 20
    refused = client.ask("GET", f"/market-proxy/ohlcv?{urlencode(asked | {'venue': 'nowhere'})}")
    assert (refused.status, refused.body["code"]) == (404, "market_proxy.venue_unknown")


def test_the_file_for_licensed_libraries_works_on_a_page_of_the_desks_origin(page: Page, address: str) -> None:
    page.goto("/sign-in")
    page.add_script_tag(url="/datafeed/nightdesk-datafeed.js")
    told = page.evaluate(
        """([url, name]) => new Promise((resolve, reject) => {
            const feed = NightdeskDatafeed.createDatafeed({ url, pollMs: 500 });
            const period = { from: 0, to: 4102444800, countBack: 10, firstDataRequest: true };
            feed.onReady((config) => feed.resolveSymbol(name, (info) => feed.getBars(info, "1", period, (bars) => {
                feed.subscribeBars(info, "1", (tick) => {
                    feed.unsubscribeBars("one");
                    resolve({ config, info, bars, tick });
                }, "one", () => undefined);
            }, reject), reject));
        })""",
        [address, BTC],
    )
    assert told["info"]["ticker"] == BTC
    assert len(told["bars"]) == 10
    assert told["tick"]["time"] >= told["bars"][-1]["time"]
    assert told["config"]["supports_marks"] is True


def test_fills_are_marked_and_the_portfolio_is_a_series(desk: Desk, client: Client, address: str) -> None:
    library = over_http(desk.url + address)
    key = client.make_key({"kind": "empty", "balances": {"USDT": "500000"}}, label="datafeed")
    account_id = client.connect(key, "Datafeed").body["account_id"]
    client.await_import(account_id, timeout_s=300)
    client.paper("POST", f"/accounts/{key['key']}/fills", {"symbol": "BTC/USDT", "side": "buy", "quantity": "0.5"})
    marked = wait_for(lambda: library.marks(BTC, "1", library.time() - HOUR, library.time() + 10 * MINUTE))
    assert any(mark.text.startswith("Bought 0.5 BTC at ") for mark in marked)
    (portfolio,) = library.search("portfolio", kind="portfolio")
    values = wait_for(lambda: library.history(portfolio["ticker"], "15", 0, library.time() + HOUR, 50).bars, 240)
    assert values[-1].close > 0


def test_a_revoked_address_reads_nothing(desk: Desk, client: Client) -> None:
    made = client.ask("POST", "/datafeed-tokens", {"name": "short"}).body
    library = over_http(desk.url + made["path"])
    library.config()
    assert client.ask("DELETE", f"/datafeed-tokens/{made['token_id']}").status == 204
    with pytest.raises(AssertionError, match="401"):
        library.config()
