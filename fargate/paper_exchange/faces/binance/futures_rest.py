"""USD-M futures over REST: contracts, marks, the account, positions, own trades, income.

Source: https://developers.binance.com/docs/derivatives/usds-margined-futures/account/rest-api and …/trade/rest-api
(2026-11).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from fargate.paper_exchange.engine.market.port import DAY_MS
from fargate.paper_exchange.engine.market.universe import PIVOT
from fargate.paper_exchange.engine.model import Instrument
from fargate.paper_exchange.engine.wallets.futures import (
    FUNDING_EVERY_MS,
    LEVERAGE_MAX,
    MAINTENANCE_RATIO,
    PositionView,
    sum_of,
)
from fargate.paper_exchange.engine.wallets.model import FuturesFill, Income, IncomeKind, Wallet
from fargate.paper_exchange.engine.wallets.store import Asked
from fargate.paper_exchange.faces.binance.call import Call
from fargate.paper_exchange.faces.binance.errors import bad_combination, invalid_symbol, key_refused
from fargate.paper_exchange.faces.binance.futures_weights import WEIGHT_A_MINUTE
from fargate.paper_exchange.faces.binance.pages import WEEK_MS, window
from fargate.paper_exchange.faces.binance.symbols import digits, name_of
from fargate.paper_exchange.faces.numbers import decimals
from nightdesk.kernel.money import ZERO, add, multiply

INCOME_KEPT_MS = 90 * DAY_MS
TRADES_KEPT_MS = 180 * DAY_MS
_PERPETUAL_UNTIL_MS = 4_133_404_800_000
_TYPES = {
    IncomeKind.TRANSFER: "TRANSFER",
    IncomeKind.REALISED_PNL: "REALIZED_PNL",
    IncomeKind.COMMISSION: "COMMISSION",
    IncomeKind.FUNDING: "FUNDING_FEE",
}


def exchange_info(call: Call) -> Any:
    """`GET /fapi/v1/exchangeInfo`."""
    markets = call.exchange.markets
    return {
        "timezone": "UTC",
        "serverTime": call.exchange.clock.wall_ms(),
        "futuresType": "U_MARGINED",
        "rateLimits": [
            {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": WEIGHT_A_MINUTE}
        ],
        "exchangeFilters": [],
        "assets": [{"asset": PIVOT, "marginAvailable": True, "autoAssetExchange": "-10000"}],
        "symbols": [_contract(markets.view(symbol).instrument) for symbol in _listed(call)],
    }


def premium_index(call: Call) -> Any:
    """`GET /fapi/v1/premiumIndex`."""
    if "symbol" in call.params:
        return _premium(call, _symbol(call))
    return [_premium(call, symbol) for symbol in _listed(call)]


def account(call: Call) -> Any:
    """`GET /fapi/v3/account`."""
    views, assets = _views(call), _assets(call)
    return {
        "totalInitialMargin": digits(sum_of(view.initial_margin for view in views)),
        "totalWalletBalance": assets[0]["walletBalance"] if assets else "0",
        "totalUnrealizedProfit": digits(sum_of(view.unrealised for view in views)),
        "assets": assets,
        "positions": [
            {
                "symbol": name_of(view.position.symbol),
                "positionSide": "BOTH",
                "positionAmt": digits(view.position.quantity),
                "unrealizedProfit": digits(view.unrealised),
                "isolatedMargin": "0",
                "notional": digits(view.notional),
                "isolatedWallet": "0",
                "initialMargin": digits(view.initial_margin),
                "maintMargin": digits(_maintenance(view)),
                "updateTime": view.position.updated_at_ms,
            }
            for view in views
        ],
    }


def position_risk(call: Call) -> Any:
    """`GET /fapi/v3/positionRisk`: what is open."""
    return [_risk(view) for view in _asked_views(call)]


def position_risk_with_leverage(call: Call) -> Any:
    """`GET /fapi/v2/positionRisk`: the same, with the leverage and the kind of margin."""
    more = {"marginType": "cross", "isAutoAddMargin": "false", "maxNotionalValue": "1000000"}
    return [{**_risk(view), **more, "leverage": str(view.position.leverage)} for view in _asked_views(call)]


def user_trades(call: Call) -> Any:
    """`GET /fapi/v1/userTrades`: of one contract and six months; by id, or at most seven days at once."""
    _require_account(call)
    symbol, from_id = _symbol(call), call.number("fromId")
    if from_id is not None and {"startTime", "endTime"} & call.params.keys():
        raise bad_combination()
    recent = window(call, most_ms=WEEK_MS, oldest_ms=TRADES_KEPT_MS)
    since_ms = call.now_ms() - TRADES_KEPT_MS if from_id is not None else recent[0]
    asked = Asked(
        limit=call.limit(default=500, most=1000), key=symbol, since_ms=since_ms, until_ms=recent[1],
        from_number=from_id or 0,
    )  # fmt: skip
    found = call.exchange.wallets.kept.happenings(FuturesFill, call.account.account_id, asked)
    return [_trade(row) for row in found]


def income(call: Call) -> Any:
    """`GET /fapi/v1/income`: of three months, oldest first, by pages."""
    _require_account(call)
    since_ms, until_ms = window(call, most_ms=INCOME_KEPT_MS, oldest_ms=INCOME_KEPT_MS)
    limit, page = call.limit(default=100, most=1000), call.number("page") or 1
    kind, symbol = call.params.get("incomeType"), _symbol(call) if "symbol" in call.params else None
    asked = Asked(limit=1_000_000, key=symbol, since_ms=since_ms, until_ms=until_ms)
    every = call.exchange.wallets.kept.happenings(Income, call.account.account_id, asked)
    found = [row for row in every if kind in {None, _TYPES[row.kind]}]
    return [_income(row) for row in found[(page - 1) * limit : page * limit]]


def leverage_brackets(call: Call) -> Any:
    """`GET /fapi/v1/leverageBracket`: one bracket for all there is."""
    _require_account(call)
    bracket = {
        "bracket": 1,
        "initialLeverage": LEVERAGE_MAX,
        "notionalCap": 1_000_000,
        "notionalFloor": 0,
        "maintMarginRatio": 0.005,
        "cum": 0.0,
    }
    return [{"symbol": name_of(symbol), "brackets": [bracket]} for symbol in _listed(call)]


def set_leverage(call: Call) -> Any:
    """`POST /fapi/v1/leverage`."""
    _require_account(call)
    if not call.account.permissions.trade:
        raise key_refused()
    asked = call.number("leverage") or 0
    changed = call.exchange.wallets.futures.set_leverage(call.account.account_id, _symbol(call), asked)
    return {"leverage": changed.leverage, "maxNotionalValue": "1000000", "symbol": name_of(changed.symbol)}


def _require_account(call: Call) -> None:
    if not call.exchange.wallets.kept.has_opened(call.account.account_id, Wallet.FUTURES):
        raise key_refused()


def _views(call: Call) -> list[PositionView]:
    _require_account(call)
    return call.exchange.wallets.futures.views(call.account.account_id)


def _asked_views(call: Call) -> list[PositionView]:
    wanted = _symbol(call) if "symbol" in call.params else None
    return [view for view in _views(call) if wanted in {None, view.position.symbol}]


def _listed(call: Call) -> list[str]:
    return [symbol for symbol in call.exchange.wallets.futures.symbols if symbol in set(call.symbols.listed)]


def _symbol(call: Call) -> str:
    symbol = call.symbol()
    if symbol not in call.exchange.wallets.futures.symbols:
        raise invalid_symbol()
    return symbol


def _contract(instrument: Instrument) -> dict[str, Any]:
    tick, lot = decimals(instrument.tick), decimals(instrument.lot)
    name = name_of(instrument.symbol)
    return {
        "symbol": name,
        "pair": name,
        "contractType": "PERPETUAL",
        "deliveryDate": _PERPETUAL_UNTIL_MS,
        "onboardDate": 1_569_398_400_000,
        "status": "TRADING",
        "baseAsset": instrument.base,
        "quoteAsset": instrument.quote,
        "marginAsset": instrument.quote,
        "pricePrecision": tick,
        "quantityPrecision": lot,
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "underlyingType": "COIN",
        "filters": [
            {"filterType": "PRICE_FILTER", "minPrice": str(instrument.tick), "maxPrice": "10000000",
             "tickSize": str(instrument.tick)},
            {"filterType": "LOT_SIZE", "minQty": str(instrument.lot), "maxQty": str(instrument.quantity_max),
             "stepSize": str(instrument.lot)},
            {"filterType": "MIN_NOTIONAL", "notional": str(instrument.notional_min)},
        ],
        "orderTypes": ["LIMIT", "MARKET"],
        "timeInForce": ["GTC", "IOC", "FOK"],
    }  # fmt: skip


def _premium(call: Call, symbol: str) -> dict[str, Any]:
    desk, now_ms = call.exchange.wallets.futures, call.now_ms()
    next_ms = (now_ms // FUNDING_EVERY_MS + 1) * FUNDING_EVERY_MS
    price = digits(desk.mark(symbol))
    return {
        "symbol": name_of(symbol),
        "markPrice": price,
        "indexPrice": price,
        "estimatedSettlePrice": price,
        "lastFundingRate": digits(desk.funding_rate(symbol, next_ms)),
        "interestRate": "0.00010000",
        "nextFundingTime": next_ms,
        "time": now_ms,
    }


def _assets(call: Call) -> list[dict[str, Any]]:
    wallets, account_id = call.exchange.wallets, call.account.account_id
    unrealised = wallets.futures.unrealised(account_id)
    return [
        {
            "asset": row.asset,
            "walletBalance": digits(row.free),
            "unrealizedProfit": digits(unrealised if row.asset == PIVOT else ZERO),
            "marginBalance": digits(add(row.free, unrealised if row.asset == PIVOT else ZERO)),
            "availableBalance": digits(row.free),
            "crossWalletBalance": digits(row.free),
            "updateTime": call.now_ms(),
        }
        for row in wallets.kept.balances(account_id, Wallet.FUTURES)
    ]


def _maintenance(view: PositionView) -> Decimal:
    return multiply(view.notional.copy_abs(), MAINTENANCE_RATIO)


def _risk(view: PositionView) -> dict[str, Any]:
    position = view.position
    return {
        "symbol": name_of(position.symbol),
        "positionSide": "BOTH",
        "positionAmt": digits(position.quantity),
        "entryPrice": digits(position.entry_price),
        "breakEvenPrice": digits(position.entry_price),
        "markPrice": digits(view.mark_price),
        "unRealizedProfit": digits(view.unrealised),
        "liquidationPrice": digits(view.liquidation_price),
        "isolatedMargin": "0",
        "notional": digits(view.notional),
        "marginAsset": PIVOT,
        "isolatedWallet": "0",
        "initialMargin": digits(view.initial_margin),
        "maintMargin": digits(_maintenance(view)),
        "updateTime": position.updated_at_ms,
    }


def _trade(row: FuturesFill) -> dict[str, Any]:
    return {
        "symbol": name_of(row.key),
        "id": row.number,
        "orderId": row.order_id,
        "side": row.side.upper(),
        "price": digits(row.price),
        "qty": digits(row.quantity),
        "realizedPnl": digits(row.realised),
        "quoteQty": digits(row.quote_quantity),
        "commission": digits(row.commission),
        "commissionAsset": row.settle,
        "time": row.at_ms,
        "positionSide": "BOTH",
        "buyer": row.side == "buy",
        "maker": row.is_maker,
    }


def _income(row: Income) -> dict[str, Any]:
    return {
        "symbol": name_of(row.key),
        "incomeType": _TYPES[row.kind],
        "income": digits(row.amount),
        "asset": row.asset,
        "info": _TYPES[row.kind],
        "time": row.at_ms,
        "tranId": row.number,
        "tradeId": str(row.trade_id) if row.trade_id else "",
    }
