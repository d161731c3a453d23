"""Binance's REST rules, without a network: signatures, clock windows, weights, bans, parameters."""

from __future__ import annotations

import hmac
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from fargate.paper_exchange.engine.model import Account, Permissions
from fargate.paper_exchange.faces.binance.limits import RateLimiter
from fargate.paper_exchange.faces.binance.rest import RestAnswer, RestApi, RestRequest
from fargate.paper_exchange.faces.binance.symbols import Symbols
from nightdesk.kernel.instants import to_ms

if TYPE_CHECKING:
    from .conftest import Desk


class Client:
    """Signs as Binance documents it."""

    def __init__(self, desk: Desk, account: Account | None = None) -> None:
        self.desk = desk
        self.account = account or desk.account("k", USDT="1000", ETH="5")
        self.limiter = RateLimiter(desk.exchange.clock.wall_ms)
        self.api = RestApi(desk.exchange, Symbols(desk.exchange.markets.symbols), self.limiter)

    def public(self, path: str, **params: Any) -> RestAnswer:
        return self.api.answer(RestRequest("GET", f"/api/v3/{path}", urlencode(params), "", None, "10.0.0.1"))

    def signed(
        self, path: str, method: str = "GET", *, skew_ms: int = 0, forge: bool = False, **params: Any
    ) -> RestAnswer:
        params.setdefault("timestamp", to_ms(self.desk.clock.at) + skew_ms)
        query = urlencode({name: value for name, value in params.items() if value is not None})
        secret = "another" if forge else self.account.secret
        query += "&signature=" + hmac.new(secret.encode(), query.encode(), sha256).hexdigest()
        parts = ("", query) if method == "POST" else (query, "")
        path = path if path.startswith("/") else f"/api/v3/{path}"
        return self.api.answer(RestRequest(method, path, *parts, self.account.key, "10.0.0.1"))


@pytest.fixture
def client(desk: Desk) -> Client:
    return Client(desk)


def code(answer: RestAnswer) -> tuple[int, int]:
    return answer.status, answer.payload["code"]


def test_a_signed_request_is_answered(client: Client) -> None:
    answer = client.signed("account", omitZeroBalances="true")
    assert answer.status == 200
    assert {"asset": "USDT", "free": "1000.00000000", "locked": "0.00000000"} in answer.payload["balances"]


def test_a_wrong_signature_is_refused(client: Client) -> None:
    assert code(client.signed("account", forge=True)) == (400, -1022)


def test_a_request_without_signature_or_timestamp_is_refused(client: Client) -> None:
    bare = RestRequest(
        "GET", "/api/v3/account", f"timestamp={to_ms(client.desk.clock.at)}", "", client.account.key, "x"
    )
    assert code(client.api.answer(bare)) == (400, -1102)
    assert code(client.signed("account", timestamp="soon")) == (400, -1102)


@pytest.mark.parametrize(("key", "expected"), [(None, -2014), ("short", -2014), ("Z" * 64, -2015)])
def test_what_is_no_key_of_ours_is_refused(client: Client, key: str | None, expected: int) -> None:
    answer = client.api.answer(RestRequest("GET", "/api/v3/account", "timestamp=1&signature=x", "", key, "x"))
    assert code(answer) == (401, expected)


@pytest.mark.parametrize(
    ("skew_ms", "window_ms", "expected"),
    [
        (-4900, None, 200),
        (-5100, None, -1021),
        (900, None, 200),
        (1000, None, -1021),
        (-50_000, 60_000, 200),
        (0, 60_001, -1131),
    ],
)
def test_the_clock_window_is_kept(client: Client, skew_ms: int, window_ms: int | None, expected: int) -> None:
    answer = client.signed("account", skew_ms=skew_ms, recvWindow=window_ms)
    assert (answer.status if answer.status == 200 else answer.payload["code"]) == expected


def test_a_key_without_permission_may_not(desk: Desk) -> None:
    reader = Client(desk, desk.account("r", Permissions(read=True, trade=False), USDT="1000"))
    order: dict[str, Any] = {"symbol": "ETHUSDT", "side": "BUY", "type": "MARKET", "quantity": "1"}
    assert code(reader.signed("order", "POST", **order)) == (401, -2015)
    assert reader.signed("account").payload["canTrade"] is False
    blind = Client(desk, desk.account("b", Permissions(read=False)))
    assert code(blind.signed("account")) == (401, -2015)


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"symbol": "NOPE"}, -1121),
        ({"side": "HOLD"}, -1117),
        ({"type": "TRAILING_STOP"}, -1116),
        ({"type": "STOP_LOSS"}, -1106),
        ({"timeInForce": "GTX"}, -1115),
        ({"timeInForce": None}, -1102),
        ({"price": None}, -1102),
        ({"quantity": "abc"}, -1100),
        ({"quantity": "1e400"}, -1100),
        ({"quantity": "-1"}, -1100),
        ({"quantity": "0.0000000000000000001"}, -1111),
        ({"quantity": "0.00001"}, -1013),
        ({"quantity": "0.001"}, -1013),
        ({"price": "90.001"}, -1013),
        ({"price": "1"}, -1013),
        ({"quantity": "99"}, -2010),
        ({"newClientOrderId": "a b"}, -1100),
    ],
)
def test_bad_orders_are_refused_with_binances_codes(client: Client, params: dict[str, Any], expected: int) -> None:
    order: dict[str, Any] = {
        "symbol": "ETHUSDT",
        "side": "BUY",
        "type": "LIMIT",
        "timeInForce": "GTC",
        "quantity": "1",
        "price": "90",
    }
    answer = client.signed("order", "POST", **{**order, **params})
    assert code(answer) == (400, expected)


def test_an_order_lives_and_is_found_by_either_id(client: Client) -> None:
    order: dict[str, Any] = {
        "symbol": "ETHUSDT",
        "side": "BUY",
        "type": "LIMIT",
        "timeInForce": "GTC",
        "quantity": "1",
        "price": "90",
    }
    made = client.signed("order", "POST", **order, newClientOrderId="mine").payload
    assert (made["status"], made["fills"]) == ("NEW", [])
    by_id = client.signed("order", symbol="ETHUSDT", orderId=made["orderId"]).payload
    assert by_id == client.signed("order", symbol="ETHUSDT", origClientOrderId="mine").payload
    assert client.signed("openOrders").payload == [by_id]
    cancelled = client.signed("order", "DELETE", symbol="ETHUSDT", orderId=made["orderId"]).payload
    assert (cancelled["status"], cancelled["origClientOrderId"]) == ("CANCELED", "mine")
    assert code(client.signed("order", "DELETE", symbol="ETHUSDT", orderId=made["orderId"])) == (400, -2011)
    assert code(client.signed("order", symbol="ETHUSDT", orderId=1)) == (400, -2013)
    assert [row["status"] for row in client.signed("allOrders", symbol="ETHUSDT").payload] == ["CANCELED"]


def _with_trades(client: Client, count: int) -> list[int]:
    order: dict[str, Any] = {"symbol": "ETHUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.1"}
    for _ in range(count):
        client.desk.clock.forward(1000)
        client.signed("order", "POST", **order)
    return [row["id"] for row in client.signed("myTrades", symbol="ETHUSDT").payload]


def test_own_trades_come_oldest_first_from_an_id_on_or_the_latest(client: Client) -> None:
    numbers = _with_trades(client, 5)
    assert numbers == sorted(set(numbers))

    def asked(**params: Any) -> list[int]:
        return [row["id"] for row in client.signed("myTrades", symbol="ETHUSDT", **params).payload]

    assert asked(limit=2) == numbers[-2:]
    assert asked(fromId=numbers[1], limit=2) == numbers[1:3]
    assert asked(fromId=numbers[-1] + 1) == []
    start = to_ms(client.desk.clock.at)
    assert asked(startTime=start - 2500, endTime=start) == numbers[-3:]


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"fromId": 1, "startTime": 1}, -1128),
        ({"startTime": 0, "endTime": 86_400_001}, -1127),
        ({"startTime": 2, "endTime": 1}, -1023),
        ({"limit": 0}, -1130),
        ({"limit": "x"}, -1100),
    ],
)
def test_bad_windows_of_trades_are_refused(client: Client, params: dict[str, Any], expected: int) -> None:
    assert code(client.signed("myTrades", symbol="ETHUSDT", **params)) == (400, expected)


def test_transfers_come_in_windows_of_at_most_90_days(client: Client) -> None:
    now_ms, path = to_ms(client.desk.clock.at), "/sapi/v1/capital/deposit/hisrec"
    assert {row["coin"]: row["amount"] for row in client.signed(path).payload} == {"ETH": "5", "USDT": "1000"}
    assert client.signed(path, coin="ETH").payload[0]["amount"] == "5"
    assert code(client.signed(path, startTime=now_ms - 91 * 86_400_000, endTime=now_ms)) == (400, -4047)
    assert client.signed("/sapi/v1/capital/withdraw/history").payload == []


def test_weights_are_counted_and_too_many_are_refused_then_banned(client: Client) -> None:
    client.limiter.limits.weight_a_minute = 100
    client.limiter.limits.refusals_before_ban = 3
    used = [client.public("exchangeInfo").headers["X-MBX-USED-WEIGHT-1M"] for _ in range(5)]
    assert used == ["20", "40", "60", "80", "100"]
    refused = [client.public("ping") for _ in range(3)]
    assert {code(answer) for answer in refused} == {(429, -1003)}
    assert 0 < int(refused[0].headers["Retry-After"]) <= 60
    banned = client.public("ping")
    assert (code(banned), banned.headers["Retry-After"]) == ((418, -1003), "120")
    client.desk.clock.forward(61_000)
    assert client.public("ping").status == 418
    client.desk.clock.forward(60_000)
    assert client.public("ping").status == 200


def test_a_new_minute_begins_at_zero(client: Client) -> None:
    client.public("exchangeInfo")
    client.desk.clock.forward(60_000)
    assert client.public("ping").headers["X-MBX-USED-WEIGHT-1M"] == "1"


def test_orders_are_limited_by_themselves(client: Client) -> None:
    client.limiter.limits.orders_in_10s = 2
    order: dict[str, Any] = {"symbol": "ETHUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.1"}
    answers = [client.signed("order", "POST", **order) for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert answers[1].headers["X-MBX-ORDER-COUNT-10S"] == "2"
    assert code(answers[2]) == (429, -1015)


def test_withdrawal_history_weighs_on_the_account(client: Client) -> None:
    answers = [client.signed("/sapi/v1/capital/withdraw/history") for _ in range(11)]
    assert [answer.status for answer in answers] == [200] * 10 + [429]
    assert answers[0].headers["X-SAPI-USED-UID-WEIGHT-1M"] == "18000"


@pytest.mark.parametrize(
    ("path", "params", "expected"),
    [
        ("klines", {"symbol": "ETHUSDT", "interval": "7m"}, -1120),
        ("ticker/24hr", {"symbols": "[1]"}, -1100),
        ("ticker/24hr", {"symbols": "not json"}, -1100),
        ("ticker/price", {"symbol": "ETHUSDT", "symbols": "[]"}, -1128),
        ("ticker/price", {"symbols": '["ETHUSDT","ETHUSDT"]'}, -1151),
        ("aggTrades", {"symbol": "ETHUSDT", "fromId": 1, "startTime": 1}, -1128),
        ("depth", {}, -1102),
    ],
)
def test_bad_market_questions_are_refused(client: Client, path: str, params: dict[str, Any], expected: int) -> None:
    assert code(client.public(path, **params)) == (400, expected)


def test_an_unknown_path_is_not_found(client: Client) -> None:
    assert client.public("nothing").status == 404
