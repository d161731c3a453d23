"""The REST side: which path is whose, who may ask, what it costs, how it is answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

import orjson

from fargate.paper_exchange.engine.errors import EngineError
from fargate.paper_exchange.engine.exchange import Exchange
from fargate.paper_exchange.faces.kraken import account_rest, ledger_rest, market_rest, order_rest
from fargate.paper_exchange.faces.kraken.call import Call, Venue
from fargate.paper_exchange.faces.kraken.errors import KrakenError, invalid, translate
from fargate.paper_exchange.faces.kraken.signing import Signatures
from fargate.paper_exchange.faces.rest import Answer, Request

Handler = Callable[[Call], Any]
PUBLIC: Mapping[str, Handler] = {
    "Time": market_rest.server_time,
    "SystemStatus": market_rest.system_status,
    "Assets": market_rest.assets,
    "AssetPairs": market_rest.asset_pairs,
    "Ticker": market_rest.ticker,
    "OHLC": market_rest.bars,
    "Depth": market_rest.depth,
    "Trades": market_rest.trades,
}
PRIVATE: Mapping[str, Handler] = {
    "Balance": account_rest.balance,
    "BalanceEx": account_rest.balance_extended,
    "TradesHistory": account_rest.trades_history,
    "QueryTrades": account_rest.query_trades,
    "Ledgers": ledger_rest.ledgers,
    "DepositStatus": account_rest.deposits,
    "WithdrawStatus": account_rest.withdrawals,
    "WithdrawInfo": account_rest.withdraw_info,
    "GetApiKeyInfo": account_rest.key_info,
    "TradeVolume": account_rest.trade_volume,
    "OpenPositions": account_rest.open_positions,
    "GetWebSocketsToken": account_rest.websockets_token,
    "AddOrder": order_rest.add_order,
    "CancelOrder": order_rest.cancel_order,
    "CancelAll": order_rest.cancel_all,
    "OpenOrders": order_rest.open_orders,
    "ClosedOrders": order_rest.closed_orders,
    "QueryOrders": order_rest.query_orders,
}
_PREFIXES = {"GET": "/0/public/", "POST": "/0/private/"}
_FOR_ALL_KEYS = frozenset({"GetApiKeyInfo", "WithdrawInfo", "AddOrder", "CancelOrder", "CancelAll"})
"""What a key may ask that may not read."""


class RestApi:
    """Answers REST requests; pure but for the engine behind it."""

    def __init__(self, exchange: Exchange, venue: Venue) -> None:
        self._venue, self._signatures = venue, Signatures(exchange.store)

    def answer(self, request: Request) -> Answer:
        """The answer to a request, errors included."""
        try:
            return Answer({"error": [], "result": self._result(request)})
        except EngineError as error:
            return Answer(translate(error).payload)
        except KrakenError as error:
            return Answer(error.payload)

    def _result(self, request: Request) -> Any:
        name = request.path.rpartition("/")[2]
        params = _params(request)
        if request.path.startswith("/0/public/") and name in PUBLIC:
            self._venue.limiter.count_public(request.address, name, params.get("pair", ""))
            return PUBLIC[name](Call(self._venue, params))
        if request.path != f"{_PREFIXES['POST']}{name}" or request.method != "POST" or name not in PRIVATE:
            raise KrakenError("EGeneral:Unknown method")
        call = Call(self._venue, params, self._signatures.signer(request, params))
        self._venue.limiter.count_private(call.account.key, name)
        if name not in _FOR_ALL_KEYS:
            account_rest.require_reading(call)
        return PRIVATE[name](call)


def _params(request: Request) -> dict[str, str]:
    if request.headers.get("content-type", "").startswith("application/json"):
        return _json(request.body)
    return dict(parse_qsl(f"{request.query}&{request.body}", keep_blank_values=True))


def _json(body: str) -> dict[str, str]:
    try:
        read = orjson.loads(body or "{}")
    except orjson.JSONDecodeError:
        raise invalid("body") from None
    if not isinstance(read, dict):
        raise invalid("body")
    return {
        str(name): value if isinstance(value, str) else orjson.dumps(value).decode() for name, value in read.items()
    }
