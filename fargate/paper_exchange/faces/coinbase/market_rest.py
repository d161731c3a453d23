"""Public market data over REST.

Source: https://docs.cdp.coinbase.com/api-reference/advanced-trade-api/rest-api/public, 2026-11.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from fargate.paper_exchange.engine.market.universe import DOLLAR, PROFILES
from fargate.paper_exchange.engine.model import Candle, Instrument, TapeTrade
from fargate.paper_exchange.faces.coinbase.call import Call
from fargate.paper_exchange.faces.coinbase.errors import invalid
from fargate.paper_exchange.faces.coinbase.names import FIAT, GRANULARITIES, instant, product_name
from fargate.paper_exchange.faces.quotes import Quote, quote_of
from nightdesk.kernel.money import format_amount

BARS_MAX = 350
TRADES_MAX = 1000


def server_time(call: Call) -> Any:
    """`GET /api/v3/brokerage/time`: wall time."""
    wall_ms = call.exchange.clock.wall_ms()
    return {"iso": instant(wall_ms), "epochSeconds": str(wall_ms // 1000), "epochMillis": str(wall_ms)}


def app_time(call: Call) -> Any:
    """`GET /v2/time`."""
    wall_ms = call.exchange.clock.wall_ms()
    return {"data": {"iso": instant(wall_ms), "epoch": wall_ms // 1000}}


def currencies(call: Call) -> Any:
    """`GET /v2/currencies`: fiat."""
    held = [asset for asset in call.products.assets if asset in FIAT]
    return {"data": [{"id": asset, "name": name_of(asset), "min_size": "0.01"} for asset in held]}


def crypto_currencies(call: Call) -> Any:
    """`GET /v2/currencies/crypto`."""
    rows = [asset for asset in call.products.assets if asset not in FIAT]
    return {"data": [_crypto(asset, number) for number, asset in enumerate(rows, start=1)]}


def _crypto(asset: str, number: int) -> dict[str, Any]:
    return {
        "asset_id": f"5b71fc48-3dd3-540c-809b-{number:012x}",
        "code": asset,
        "name": name_of(asset),
        "color": "#0A0B0D",
        "sort_index": 100 + number,
        "exponent": 8,
        "type": "crypto",
        "address_regex": "",
    }


def exchange_rates(call: Call) -> Any:
    """`GET /v2/exchange-rates`: what a dollar buys of everything that is traded."""
    one = Decimal(1)
    rates = {asset: call.exchange.markets.convert(one, "USD", asset) for asset in call.products.assets}
    return {"data": {"currency": "USD", "rates": {asset: format_amount(rate) for asset, rate in rates.items() if rate}}}


def products(call: Call) -> Any:
    """`GET /api/v3/brokerage/market/products`: spot only."""
    wanted, kind = call.params.get("product_ids", ()), call.text("product_type", "SPOT")
    offset, limit = call.number("offset", 0), call.number("limit", 0)
    rows = [row for row in call.products.all if not wanted or product_name(row.symbol) in wanted]
    page = rows[offset : offset + limit if limit else None] if kind in {"SPOT", "UNKNOWN_PRODUCT_TYPE"} else []
    found = [shown for row in page if (shown := _product(call, row))]
    return {"products": found, "num_products": len(found)}


def product(call: Call) -> Any:
    """`GET /api/v3/brokerage/market/products/{}`."""
    return _product(call, call.product(call.part))


def _product(call: Call, row: Instrument) -> dict[str, Any] | None:
    quote = quote_of(call.exchange, row.symbol)
    return {**_identity(row), **_numbers(row, quote)} if quote else None


def _identity(row: Instrument) -> dict[str, Any]:
    flags = dict.fromkeys(
        ("watched", "is_disabled", "new", "cancel_only", "limit_only", "post_only", "trading_disabled", "auction_mode",
         "view_only"),
        False,
    )  # fmt: skip
    return {
        "product_id": product_name(row.symbol),
        "base_name": name_of(row.base),
        "quote_name": name_of(row.quote),
        "base_currency_id": row.base,
        "quote_currency_id": row.quote,
        "base_display_symbol": row.base,
        "quote_display_symbol": row.quote,
        "display_name": product_name(row.symbol),
        "product_type": "SPOT",
        "product_venue": "CBE",
        "status": "online",
        "alias": "",
        "alias_to": [],
        **flags,
    }


def _numbers(row: Instrument, quote: Quote) -> dict[str, str]:
    tick, lot = format_amount(row.tick), format_amount(row.lot)
    return {
        "price": format_amount(quote.last.price),
        "price_percentage_change_24h": percent(quote.change_ratio),
        "volume_24h": format_amount(quote.bar.volume),
        "approximate_quote_24h_volume": f"{quote.bar.turnover:.2f}",
        "base_increment": lot,
        "quote_increment": tick,
        "price_increment": tick,
        "base_min_size": lot,
        "base_max_size": format_amount(row.quantity_max),
        "quote_min_size": format_amount(row.notional_min),
        "quote_max_size": "50000000",
        "mid_market_price": format_amount((quote.bid.price + quote.ask.price) / 2),
    }


def percent(ratio: Decimal) -> str:
    """A ratio as a percentage with eight decimals."""
    return f"{ratio * 100:.8f}"


def candles(call: Call) -> Any:
    """`GET /api/v3/brokerage/market/products/{}/candles`: newest first, both ends included, 350 at most."""
    row = call.product(call.part)
    step_ms = GRANULARITIES.get(call.text("granularity"))
    since_ms, until_ms = call.number("start", 0) * 1000, call.number("end", 0) * 1000
    if step_ms is None or not since_ms or until_ms < since_ms:
        raise invalid("start, end and granularity are required")
    if (until_ms - since_ms) // step_ms > BARS_MAX:
        raise invalid("number of candles requested should be less than 350")
    found = call.exchange.markets.view(row.symbol).bars(step_ms, since_ms, until_ms + 1, call.now_ms())
    return {"candles": [candle(bar) for bar in reversed(found)]}


def candle(bar: Candle) -> dict[str, str]:
    """A bar as REST and websockets tell it."""
    names = ("low", "high", "open", "close", "volume")
    amounts = {name: format_amount(getattr(bar, name)) for name in names}
    return {"start": str(bar.open_at_ms // 1000), **amounts}


def ticker(call: Call) -> Any:
    """`GET /api/v3/brokerage/market/products/{}/ticker`: the latest trades, newest first, and the best of the book."""
    row, limit = call.product(call.part), min(call.number("limit", 100), TRADES_MAX)
    view, now_ms = call.exchange.markets.view(row.symbol), call.now_ms()
    until_ms = min(call.number("end", now_ms // 1000 + 1) * 1000, now_ms)
    since_ms = call.number("start", 0) * 1000
    rows = list(view.source.trades(since_ms, until_ms)[-limit:]) if since_ms else view.latest_trades(until_ms, limit)
    book = call.exchange.books.depth(row.symbol, 1)
    return {
        "trades": [trade(row.symbol, one) for one in reversed(rows)],
        "best_bid": format_amount(book.bids[0].price),
        "best_ask": format_amount(book.asks[0].price),
    }


def trade(symbol: str, row: TapeTrade) -> dict[str, str]:
    """A trade as REST and websockets tell it; its side is the maker's."""
    return {
        "trade_id": str(row.trade_id),
        "product_id": product_name(symbol),
        "price": format_amount(row.price),
        "size": format_amount(row.quantity),
        "time": instant(row.at_ms),
        "side": "BUY" if row.buyer_is_maker else "SELL",
    }


def book(call: Call) -> Any:
    """`GET /api/v3/brokerage/market/product_book`."""
    row, limit = call.product(call.text("product_id")), min(call.number("limit", 200), 1000)
    depth = call.exchange.books.depth(row.symbol, limit)
    sides = {"bids": depth.bids, "asks": depth.asks}
    levels = {
        side: [{"price": format_amount(price), "size": format_amount(size)} for price, size in rows[:limit]]
        for side, rows in sides.items()
    }
    return {"pricebook": {"product_id": product_name(row.symbol), **levels, "time": instant(call.now_ms())}}


def name_of(asset: str) -> str:
    """An asset's name in words."""
    profile = DOLLAR if asset == "USD" else PROFILES.get(asset)
    return profile.name if profile else asset
