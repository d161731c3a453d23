"""Reads recorded messages by the desk's own adapters, the unmodified ccxt client between.

`python -m tests.unit.exchange.recorded` prints what comes of every file: what `tests/golden/messages.json` holds. A
file that nothing reads is named there with the reason.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from nightdesk.accounts.streaming import BalancesTold, FactTold, LookAgain, OrderTold
from nightdesk.adapters.exchange.account_stream_venue import STREAMS
from nightdesk.adapters.exchange.client import VenueClient
from nightdesk.adapters.exchange.lazy_ccxt import client_class
from nightdesk.adapters.exchange.market_requests import candle_of, quote_of
from nightdesk.adapters.exchange.market_venue import market_venue
from nightdesk.adapters.exchange.private_stream import StreamClient, heard
from nightdesk.adapters.exchange.venues import (
    binance,
    binance_orders,
    binance_wallets,
    coinbase,
    coinbase_orders,
    kraken,
    kraken_orders,
)
from nightdesk.adapters.exchange.venues.ordering import VenueOrders
from nightdesk.adapters.exchange.venues.reading import exact_json, spot_instrument
from nightdesk.adapters.exchange.weights import Weights, WeightWindow
from nightdesk.kernel.assets import Instrument, VenueId, asset_id
from nightdesk.kernel.instants import format_instant
from nightdesk.kernel.money import format_amount
from nightdesk.ledger.model import Fact
from nightdesk.markets.orders import OrderName
from tests.fakes.clock import FakeClock
from tests.servers import DATA

NOW_MS: Final = 18_060_000  # Coinbase is asked for bars since five hours before: of any time
FOLDER: Final = DATA / "messages"
PROTOCOLS: Final[dict[str, Any]] = {"binance": binance, "coinbase": coinbase, "kraken": kraken}
QUIRKS: Final[dict[str, Any]] = {"binance": binance_orders, "coinbase": coinbase_orders, "kraken": kraken_orders}
MARKETS: Final = {
    "binance": {"BTCUSDT": "BTC/USDT", "ETHUSDT": "ETH/USDT", "ETHBTC": "ETH/BTC", "BNBBTC": "BNB/BTC",
                "LTCBTC": "LTC/BTC"},
    "coinbase": {"BTC-USD": "BTC/USD", "ETH-USD": "ETH/USD", "BTC-USDC": "BTC/USDC"},
    "kraken": {"XBTUSDT": "BTC/USDT", "ETHUSDT": "ETH/USDT", "XXBTZUSD": "BTC/USD", "XBTUSD": "BTC/USD"},
}  # fmt: skip


class Scripted:
    """A client whose every request is answered with the same text."""

    def __init__(self, venue: str, text: str) -> None:
        client_class(VenueId(venue))
        self.venue = VenueId(venue)
        make = getattr(importlib.import_module(f"ccxt.pro.{venue}"), venue)
        self.raw = make({"number": str, "enableRateLimit": False, "newUpdates": False})
        self.raw.set_markets([self._market(name, symbol) for name, symbol in MARKETS[venue].items()])
        self.raw.fetch2 = self._answer
        self.only: tuple[str, str] | None = None
        self.said = self.raw.parse_json(text)
        unlimited = WeightWindow(FakeClock(), 10**9)
        self.client = VenueClient(self.raw, Weights(unlimited, unlimited), FakeClock(), frozenset())

    def instrument(self, name: object) -> Instrument | None:
        """The market of a raw id or a symbol."""
        known = self.raw.markets.get(name, {}).get("id") if isinstance(name, str) else None
        return spot_instrument(self.client, self.venue, known or name)

    async def _answer(self, path: str, api: Sequence[str] = ("public",), *_: object, **__: object) -> Any:
        if self.only is None or (path, api[0]) == self.only:
            return self.said
        return [] if "funding" in path else {"userAssets": [], "assets": [], "rows": []}

    def _market(self, name: str, symbol: str) -> dict[str, Any]:
        base, quote = symbol.split("/")
        fixed = {"id": name, "symbol": symbol, "base": base, "quote": quote, "baseId": base, "quoteId": quote}
        kind = {"type": "spot", "spot": True, "active": True, "taker": "0.001", "maker": "0.001", "info": {}}
        made: dict[str, Any] = self.raw.safe_market_structure({**fixed, **kind, "wsId": symbol, "altname": name})
        return made


Read = Callable[[Scripted], Awaitable[Iterable[Any]]]


async def balances(made: Scripted) -> Iterable[Any]:
    """Those of Binance's other wallets are told elsewhere."""
    made.only = ("account", "private") if made.venue == "binance" else None
    return list(await PROTOCOLS[made.venue].balances(made.client))


async def futures_balances(made: Scripted) -> Iterable[Any]:
    return await binance_wallets._futures(made.client)


async def own_trades(made: Scripted) -> Iterable[Any]:
    stream = "trades:BNB/BTC" if made.venue == "binance" else "trades"
    page = await PROTOCOLS[made.venue].history_page(made.client, stream, {})
    return [*page.facts, *page.skips]


async def open_orders(made: Scripted) -> Iterable[Any]:
    return await VenueOrders(QUIRKS[made.venue]).open_orders(made.client)


async def an_order(made: Scripted) -> Iterable[Any]:
    row = made.said.get("order", made.said)
    market = made.instrument(row.get("symbol") or row.get("product_id"))
    assert market is not None
    name = OrderName(instrument=market, client_order_id="", venue_order_id="1")
    return [await VenueOrders(QUIRKS[made.venue]).find_order(made.client, name)]


async def each_order(made: Scripted) -> Iterable[Any]:
    said = made.said if isinstance(made.said, list) else [made.said]
    rows = [row for each in said for row in each.get("orderReports", [each])]  # a pair of orders tells of each
    quirks = QUIRKS[made.venue]
    found = ((row, made.instrument(quirks.market_id(row))) for row in rows)
    return [quirks.order(row, market) for row, market in found if market is not None]


async def closed_orders(made: Scripted) -> Iterable[Any]:
    """Kraken's, by name, as those that are looked up."""
    found = []
    for name, row in made.said["result"]["closed"].items():
        market = made.instrument(row["descr"]["pair"])
        found += [kraken_orders.order({**row, "txid": name}, market)] if market else []
    return found


async def prices(made: Scripted) -> Iterable[Any]:
    """Binance tells one market without a list."""
    made.said = [made.said] if made.venue == "binance" and isinstance(made.said, dict) else made.said
    return list(await PROTOCOLS[made.venue].tickers(made.client))


async def rules(made: Scripted) -> Iterable[Any]:
    made.raw.set_markets(await made.raw.fetch_markets())
    found = [market for market in made.raw.markets.values() if market["spot"] and "/" in market["symbol"]]
    orders = VenueOrders(QUIRKS[made.venue])
    return [
        await orders.market_rules(made.client, Instrument(made.venue, asset_id(each["base"]), asset_id(each["quote"])))
        for each in found
    ]


async def market_trades(made: Scripted) -> Iterable[Any]:
    symbol = next(iter(MARKETS[made.venue].values()))
    return [market_venue(made.venue).trade(row) for row in await made.raw.fetch_trades(symbol)]


async def market_bars(made: Scripted) -> Iterable[Any]:
    """The first, the last, and how many."""
    query = market_venue(made.venue).bars_query(next(iter(MARKETS[made.venue].values())), None, NOW_MS)
    bars = [candle_of(row) for row in await made.raw.fetch_ohlcv(*query)]
    return [bars[0], bars[-1], {"bars": len(bars)}]


class Wire:
    """A websocket of ccxt.pro's that is only heard."""

    def __init__(self) -> None:
        self.url, self.subscriptions, self.futures = "wss://recorded", {}, {}  # type: ignore[var-annotated]

    def resolve(self, *_: object) -> None:
        """Nobody waits."""

    reject = resolve


async def streamed_trades(made: Scripted) -> Iterable[Any]:
    made.raw.handle_message(Wire(), made.said)
    return [market_venue(made.venue).trade(row) for cache in made.raw.trades.values() for row in cache]


async def streamed_quotes(made: Scripted) -> Iterable[Any]:
    made.raw.handle_message(Wire(), made.said)
    return [{"symbol": row["symbol"], "quote": quote_of(row)} for row in made.raw.tickers.values()]


async def told(made: Scripted) -> Iterable[Any]:
    """What the venue's own part of a private stream tells."""
    text = made.raw.json(made.said)
    message = exact_json(text)
    if made.venue == "binance" and "event" not in message:
        message = {"subscriptionId": 0, "event": message}
    stream = STREAMS[made.venue](
        StreamClient(made.raw, made.venue, made.instrument, lambda: None, lambda: FakeClock().now())
    )
    return heard(stream, message) or ()


READERS: Final[dict[str, Read]] = {
    "binance/futures/http_json/account_info_v2.json": futures_balances,
    "binance/spot/http_json/account_response.json": balances,
    "binance/spot/http_json/account_trades_response.json": own_trades,
    "binance/spot/http_json/all_orders_response.json": each_order,
    "binance/spot/http_json/cancel_open_orders_response.json": each_order,
    "binance/spot/http_json/cancel_order_response.json": each_order,
    "binance/spot/http_json/klines_response.json": market_bars,
    "binance/spot/http_json/new_order_full_response.json": each_order,
    "binance/spot/http_json/open_orders_response.json": open_orders,
    "binance/spot/http_json/order_response.json": an_order,
    "binance/spot/http_json/ticker_24hr_response.json": prices,
    "binance/spot/http_json/trades_response.json": market_trades,
    "coinbase/http_accounts.json": balances,
    "coinbase/http_candles.json": market_bars,
    "coinbase/http_fills.json": own_trades,
    "coinbase/http_order.json": an_order,
    "coinbase/http_orders_list.json": open_orders,
    "coinbase/http_products.json": prices,
    "coinbase/http_ticker.json": market_trades,
    "coinbase/ws_heartbeats.json": told,
    "coinbase/ws_market_trades.json": streamed_trades,
    "coinbase/ws_ticker.json": streamed_quotes,
    "coinbase/ws_user.json": told,
    "kraken/http_asset_pairs.json": rules,
    "kraken/http_closed_orders.json": closed_orders,
    "kraken/http_ohlc.json": market_bars,
    "kraken/http_open_orders.json": open_orders,
    "kraken/http_ticker.json": prices,
    "kraken/http_trades.json": market_trades,
    "kraken/http_trades_history.json": own_trades,
    "kraken/ws_ticker_snapshot.json": streamed_quotes,
    "kraken/ws_trade_update.json": streamed_trades,
    **{
        f"binance/spot/user_data_json/{name}.json": told
        for name in (
            "account_position", "account_position_wrapped", "balance_update", "balance_update_wrapped",
            "execution_report_canceled", "execution_report_expired", "execution_report_new",
            "execution_report_stop_loss", "execution_report_trade", "execution_report_wrapped", "list_status_wrapped",
        )
    },
}  # fmt: skip

UNREAD: Final = (
    ("kraken/http_futures", "Kraken's futures are another venue, which the desk does not know"),
    ("kraken/ws_futures", "Kraken's futures are another venue, which the desk does not know"),
    ("kraken/http_cancel_order_futures", "Kraken's futures are another venue, which the desk does not know"),
    ("kraken/http_send_order_futures", "Kraken's futures are another venue, which the desk does not know"),
    ("kraken/ws_l3", "the desk keeps no order book"),
    ("kraken/ws_book", "the desk keeps no order book"),
    ("kraken/http_order_book", "the desk keeps no order book"),
    ("kraken/ws_ohlc", "forming bars are made of trades"),
    ("kraken/ws_", "orders are sent over REST; acknowledgements are ccxt's business"),
    ("kraken/http_add_order", "its order's name is taken from the answer; the contract tests of orders do so"),
    ("kraken/http_cancel_order", "a count; the order is looked up"),
    ("kraken/http_spot_balance", "BalanceEx is asked, which tells what is held back"),
    ("kraken/http_spot_open_positions", "margin at Kraken is not traded by the desk"),
    ("kraken/http_spot_trade_balance", "margin at Kraken is not traded by the desk"),
    ("kraken/http_asset_pairs_tokenized", "tokenised shares are asked for by a class that the desk does not ask"),
    ("kraken/http_", "tells nothing of accounts or markets"),
    ("coinbase/http_cfm", "futures at Coinbase are another venue, which the desk does not know"),
    ("coinbase/http_products_future", "futures at Coinbase are another venue, which the desk does not know"),
    ("coinbase/http_product_book", "the desk keeps no order book"),
    ("coinbase/ws_l2", "the desk keeps no order book"),
    ("coinbase/ws_candles", "forming bars are made of trades"),
    ("coinbase/http_product.json", "products are listed, not asked for one by one"),
    ("coinbase/ws_subscriptions", "an acknowledgement of channels; it ends the wait for them"),
    ("binance/futures/market_data_json", "streams of futures are not subscribed to"),
    ("binance/futures/user_data_json", "the futures wallet is followed over REST: userTrades, income, account"),
    ("binance/futures/http_json", "orders of futures are not placed; balances and positions come from the account"),
    ("binance/spot/http_json/exchange_info", "its market has no filters, so it has no rules to be read"),
    ("binance/spot/http_json/depth", "the desk keeps no order book"),
    ("binance/spot/http_json", "tells nothing that the desk asks for"),
    ("binance/SOURCES", "says where the files are from"),
)


def came_of(path: str) -> list[str]:
    """What the desk reads in a file, a line each."""
    read = READERS.get(path)
    if read is None:
        return [f"not read: {next(reason for start, reason in UNREAD if path.startswith(start))}"]
    venue = path.partition("/")[0]
    text = (FOLDER / path).read_text()
    return [line for each in asyncio.run(_read(read, venue, text)) for line in shown(each)]


async def _read(read: Read, venue: str, text: str) -> list[Any]:
    made = Scripted(venue, text)
    try:
        return list(await read(made))
    finally:
        await made.raw.close()


def shown(each: Any) -> Iterator[str]:
    """What came out, digit for digit."""
    match each:
        case FactTold(fact):
            yield from shown(fact)
        case OrderTold(order):
            yield from shown(order)
        case BalancesTold(held, _):
            for balance in held:
                yield from shown(balance)
        case LookAgain(reason):
            yield f"look again: {reason}"
        case Fact():
            legs = ", ".join(f"{leg.role.value} {format_amount(leg.amount)} {leg.asset}" for leg in each.legs)
            yield f"{each.kind.value} {each.identity} at {format_instant(each.occurred_at)}: {legs}"
        case _:
            yield _flat(each)


def _flat(each: Any) -> str:
    fields = each if isinstance(each, dict) else {name: getattr(each, name) for name in _names(each)}
    if not fields:
        return type(each).__name__
    told_of = ", ".join(f"{name} {_text(value)}" for name, value in fields.items() if value is not None)
    return f"{type(each).__name__}: {told_of}"


def _names(each: Any) -> Iterable[str]:
    return getattr(each, "__slots__", ()) or getattr(each, "_fields", ())


def _text(value: Any) -> str:
    if isinstance(value, frozenset):
        return " ".join(sorted(map(str, value)))
    return f"{value:f}" if type(value).__name__ == "Decimal" else str(value)


def paths() -> list[str]:
    """Every file there is."""
    return sorted(str(path.relative_to(FOLDER)) for path in Path(FOLDER).rglob("*") if path.is_file())


if __name__ == "__main__":
    json.dump({path: came_of(path) for path in paths()}, sys.stdout, indent=1)
