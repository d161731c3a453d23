"""The REST side: which path is whose, who may ask, what it weighs, how it is answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any
from urllib.parse import parse_qsl

from fargate.paper_exchange.engine.errors import EngineError
from fargate.paper_exchange.engine.exchange import Exchange
from fargate.paper_exchange.engine.model import Account
from fargate.paper_exchange.faces.binance import (
    account_rest,
    convert_rest,
    futures_rest,
    margin_rest,
    market_rest,
    order_rest,
    signing,
    wallet_rest,
    weights,
)
from fargate.paper_exchange.faces.binance.call import Call
from fargate.paper_exchange.faces.binance.errors import BinanceError, key_refused, translate
from fargate.paper_exchange.faces.binance.futures_weights import FUTURES
from fargate.paper_exchange.faces.binance.limits import RateLimiter
from fargate.paper_exchange.faces.binance.symbols import Symbols

Handler = Callable[[Call], Any]
Place = tuple[str, str]
"""HTTP method and path."""


class Security(Enum):
    """Who may ask."""

    NONE = auto()
    SIGNED = auto()


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A path's handler and who may ask it."""

    handle: Handler
    security: Security = Security.NONE


@dataclass(frozen=True, slots=True)
class RestRequest:
    """A request as it came, unparsed where a signature covers it."""

    method: str
    path: str
    query: str
    body: str
    key: str | None
    address: str


@dataclass(frozen=True, slots=True)
class Proof:
    """The key that was sent and how its signature is checked."""

    key: str | None
    check: Callable[[Account], None]


@dataclass(frozen=True, slots=True)
class RestAnswer:
    """What is answered, and the weight it had."""

    status: int
    payload: Any
    headers: Mapping[str, str]
    weight: int = 0


_SIGNED = Security.SIGNED
_EARN = "/sapi/v1/simple-earn/flexible"
ENDPOINTS: Mapping[tuple[str, str], Endpoint] = {
    ("GET", "/api/v3/ping"): Endpoint(market_rest.ping),
    ("GET", "/api/v3/time"): Endpoint(market_rest.server_time),
    ("GET", "/api/v3/exchangeInfo"): Endpoint(market_rest.exchange_info),
    ("GET", "/api/v3/depth"): Endpoint(market_rest.depth),
    ("GET", "/api/v3/trades"): Endpoint(market_rest.trades),
    ("GET", "/api/v3/historicalTrades"): Endpoint(market_rest.historical_trades),
    ("GET", "/api/v3/aggTrades"): Endpoint(market_rest.aggregate_trades),
    ("GET", "/api/v3/klines"): Endpoint(market_rest.klines),
    ("GET", "/api/v3/uiKlines"): Endpoint(market_rest.klines),
    ("GET", "/api/v3/avgPrice"): Endpoint(market_rest.average_price),
    ("GET", "/api/v3/ticker/24hr"): Endpoint(market_rest.ticker_24hr),
    ("GET", "/api/v3/ticker/price"): Endpoint(market_rest.ticker_price),
    ("GET", "/api/v3/ticker/bookTicker"): Endpoint(market_rest.book_ticker),
    ("GET", "/dapi/v1/exchangeInfo"): Endpoint(market_rest.no_contracts),
    ("GET", "/api/v3/account"): Endpoint(account_rest.account, _SIGNED),
    ("GET", "/api/v3/account/commission"): Endpoint(account_rest.commission, _SIGNED),
    ("GET", "/api/v3/myTrades"): Endpoint(account_rest.my_trades, _SIGNED),
    ("GET", "/api/v3/rateLimit/order"): Endpoint(account_rest.order_limits, _SIGNED),
    ("POST", "/api/v3/order"): Endpoint(order_rest.create, _SIGNED),
    ("POST", "/api/v3/order/test"): Endpoint(order_rest.create_test, _SIGNED),
    ("GET", "/api/v3/order"): Endpoint(order_rest.query, _SIGNED),
    ("DELETE", "/api/v3/order"): Endpoint(order_rest.cancel, _SIGNED),
    ("GET", "/api/v3/openOrders"): Endpoint(order_rest.open_orders, _SIGNED),
    ("DELETE", "/api/v3/openOrders"): Endpoint(order_rest.cancel_all, _SIGNED),
    ("GET", "/api/v3/allOrders"): Endpoint(order_rest.all_orders, _SIGNED),
    ("GET", "/sapi/v1/system/status"): Endpoint(wallet_rest.system_status),
    ("GET", "/sapi/v1/capital/config/getall"): Endpoint(wallet_rest.coins, _SIGNED),
    ("GET", "/sapi/v1/capital/deposit/hisrec"): Endpoint(wallet_rest.deposits, _SIGNED),
    ("GET", "/sapi/v1/capital/withdraw/history"): Endpoint(wallet_rest.withdrawals, _SIGNED),
    ("GET", "/sapi/v1/account/apiRestrictions"): Endpoint(wallet_rest.restrictions, _SIGNED),
    ("GET", "/sapi/v1/account/status"): Endpoint(wallet_rest.account_status, _SIGNED),
    ("GET", "/sapi/v1/asset/tradeFee"): Endpoint(wallet_rest.trade_fees, _SIGNED),
    ("GET", "/sapi/v1/margin/allPairs"): Endpoint(wallet_rest.nothing, _SIGNED),
    ("GET", "/sapi/v1/margin/isolated/allPairs"): Endpoint(wallet_rest.nothing, _SIGNED),
    ("GET", "/sapi/v1/convert/tradeFlow"): Endpoint(convert_rest.trade_flow, _SIGNED),
    ("GET", "/sapi/v1/asset/dribblet"): Endpoint(convert_rest.dribblet, _SIGNED),
    ("GET", "/sapi/v1/asset/assetDividend"): Endpoint(convert_rest.asset_dividend, _SIGNED),
    ("GET", "/sapi/v1/asset/transfer"): Endpoint(convert_rest.universal_transfers, _SIGNED),
    ("POST", "/sapi/v1/asset/get-funding-asset"): Endpoint(wallet_rest.funding_assets, _SIGNED),
    ("GET", f"{_EARN}/position"): Endpoint(convert_rest.earn_positions, _SIGNED),
    ("GET", f"{_EARN}/history/subscriptionRecord"): Endpoint(convert_rest.earn_subscriptions, _SIGNED),
    ("GET", f"{_EARN}/history/redemptionRecord"): Endpoint(convert_rest.earn_redemptions, _SIGNED),
    ("GET", f"{_EARN}/history/rewardsRecord"): Endpoint(convert_rest.earn_rewards, _SIGNED),
    ("GET", "/sapi/v1/margin/account"): Endpoint(margin_rest.account, _SIGNED),
    ("GET", "/sapi/v1/margin/borrow-repay"): Endpoint(margin_rest.loans, _SIGNED),
    ("GET", "/sapi/v1/margin/interestHistory"): Endpoint(margin_rest.interest_history, _SIGNED),
    ("GET", "/sapi/v1/margin/myTrades"): Endpoint(margin_rest.my_trades, _SIGNED),
    ("GET", "/fapi/v1/ping"): Endpoint(market_rest.ping),
    ("GET", "/fapi/v1/time"): Endpoint(market_rest.server_time),
    ("GET", "/fapi/v1/exchangeInfo"): Endpoint(futures_rest.exchange_info),
    ("GET", "/fapi/v1/premiumIndex"): Endpoint(futures_rest.premium_index),
    ("GET", "/fapi/v3/account"): Endpoint(futures_rest.account, _SIGNED),
    ("GET", "/fapi/v3/positionRisk"): Endpoint(futures_rest.position_risk, _SIGNED),
    ("GET", "/fapi/v2/positionRisk"): Endpoint(futures_rest.position_risk_with_leverage, _SIGNED),
    ("GET", "/fapi/v1/userTrades"): Endpoint(futures_rest.user_trades, _SIGNED),
    ("GET", "/fapi/v1/income"): Endpoint(futures_rest.income, _SIGNED),
    ("GET", "/fapi/v1/leverageBracket"): Endpoint(futures_rest.leverage_brackets, _SIGNED),
    ("POST", "/fapi/v1/leverage"): Endpoint(futures_rest.set_leverage, _SIGNED),
}


class RestApi:
    """Answers REST requests; pure but for the engine behind it."""

    def __init__(self, exchange: Exchange, symbols: Symbols, limiter: RateLimiter) -> None:
        self._exchange, self._symbols, self._limiter = exchange, symbols, limiter

    def answer(self, request: RestRequest) -> RestAnswer:
        """The answer to an HTTP request, errors included."""
        params = dict(parse_qsl(request.query, keep_blank_values=True))
        params.update(parse_qsl(request.body, keep_blank_values=True))

        def check(account: Account) -> None:
            signing.check_signature(account, request.query, request.body)

        return self.run((request.method, request.path), params, request.address, Proof(request.key, check))

    def run(self, place: Place, params: Mapping[str, str], address: str, proof: Proof) -> RestAnswer:
        """The answer to a call, however it came, errors included."""
        weight = 0
        headers: dict[str, str] = {}
        try:
            self._limiter.refuse_banned(address)
            endpoint = _endpoint(place)
            weight, headers = self._weigh(place, params, address)
            call = Call(self._exchange, self._symbols, self._limiter, params, address, None, headers)
            if endpoint.security is Security.SIGNED:
                call.signer = self.signer(params, proof)
                self._weigh_account(place, call)
            return RestAnswer(200, endpoint.handle(call), headers, weight)
        except EngineError as error:
            refusal = translate(error)
        except BinanceError as error:
            refusal = error
        return RestAnswer(refusal.status, refusal.payload(), {**headers, **refusal.headers}, weight)

    def signer(self, params: Mapping[str, str], proof: Proof) -> Account:
        """Who signed.

        Raises:
            BinanceError: The key, the clock or the signature is wrong, or the key may not read.
        """
        account = signing.account_of(self._exchange.store.accounts, proof.key)
        signing.check_window(params, self._exchange.clock.wall_ms())
        proof.check(account)
        if not account.permissions.read:
            raise key_refused()
        return account

    def _weigh(self, place: Place, params: Mapping[str, str], address: str) -> tuple[int, dict[str, str]]:
        if weigh := weights.API.get(place):
            weight = weigh(params)
            used = self._limiter.weigh(address, weight)
            return weight, {"X-MBX-USED-WEIGHT": str(used), "X-MBX-USED-WEIGHT-1M": str(used)}
        if weigh := weights.WALLET.get(place):
            weight = weigh(params)
            used = self._limiter.weigh_wallet(address, place[1], weight)
            return weight, {"X-SAPI-USED-IP-WEIGHT-1M": str(used)}
        if weigh := FUTURES.get(place):
            weight = weigh(params)
            return weight, {"X-MBX-USED-WEIGHT-1M": str(self._limiter.weigh_futures(address, weight))}
        return 0, {}

    def _weigh_account(self, place: Place, call: Call) -> None:
        if weigh := weights.WALLET_BY_ACCOUNT.get(place):
            used = self._limiter.weigh_account(call.address, (call.account.account_id, place[1]), weigh(call.params))
            call.headers["X-SAPI-USED-UID-WEIGHT-1M"] = str(used)


def _endpoint(place: Place) -> Endpoint:
    endpoint = ENDPOINTS.get(place)
    if endpoint is None:
        raise BinanceError(-1000, "Path not found.", 404)
    return endpoint
