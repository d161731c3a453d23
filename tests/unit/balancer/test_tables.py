import pytest

from fargate.paper_exchange.faces.binance import weights
from fargate.paper_exchange.faces.binance.futures_weights import FUTURES
from nightdesk.balancer.model import LimitKind, Priority, Scope, Shape
from nightdesk.balancer.request import key_of, key_print, take_apart
from nightdesk.balancer.tables import VENUES, shape_of, table_of, venue_of_host
from nightdesk.kernel.assets import VenueId
from nightdesk.kernel.errors import InvalidInput

BINANCE = VenueId("binance")
SPOT = "https://api.binance.com"


def shape(method: str, path: str, headers: dict[str, str] | None = None, body: str | None = None) -> Shape:
    return shape_of(take_apart(BINANCE, method, f"{SPOT}{path}", headers, body))


def cost_of(found: Shape, limit: str) -> int:
    return next((cost.cost for cost in found.costs if cost.limit.id == limit), 0)


@pytest.mark.parametrize("query", ["", "symbol=BTCUSDT", "limit=500", "symbol=BTCUSDT&orderId=1"])
@pytest.mark.parametrize(("method", "path"), list(weights.API))
def test_our_weights_are_those_of_the_paper_exchanges_own_table(method: str, path: str, query: str) -> None:
    parameters = dict(pair.split("=") for pair in query.split("&") if pair)
    assert cost_of(shape(method, f"{path}?{query}"), "weight") == weights.API[method, path](parameters)


@pytest.mark.parametrize("query", ["", "symbol=BTCUSDT"])
@pytest.mark.parametrize(("method", "path"), list(FUTURES))
def test_futures_weigh_apart_from_spot(method: str, path: str, query: str) -> None:
    found = shape(method, f"{path}?{query}")
    parameters = dict(pair.split("=") for pair in query.split("&") if pair)
    assert cost_of(found, "futures_weight") == FUTURES[method, path](parameters)
    assert (cost_of(found, "weight"), found.mutates) == (0, method != "GET")
    assert cost_of(shape("GET", "/fapi/v1/never"), "futures_weight") == 40


@pytest.mark.parametrize(("method", "path"), [*weights.WALLET, *weights.WALLET_BY_ACCOUNT])
def test_the_wallets_weights_are_those_of_the_paper_exchange(method: str, path: str) -> None:
    if path in {"/sapi/v1/system/status", "/sapi/v1/account/status"} or path.endswith("allPairs"):
        return  # never asked by the desk
    weigh = weights.WALLET.get((method, path)) or weights.WALLET_BY_ACCOUNT[method, path]
    found = shape(method, path)
    assert [cost.cost for cost in found.costs if path in cost.limit.id] == [weigh({})]
    assert not found.mutates


@pytest.mark.parametrize("venue", VENUES)
def test_every_table_names_its_source_and_date(venue: VenueId) -> None:
    table = table_of(venue)

    assert table.source.startswith("https://")
    assert table.read_at.year >= 2026
    assert all(limit.limit > 0 for limit in table.limits.values())


def test_an_order_counts_to_its_key_and_is_never_repeated() -> None:
    found = shape("POST", "/api/v3/order?type=LIMIT&signature=x", {"X-MBX-APIKEY": "k"})

    assert (found.priority, found.mutates, found.signed) == (Priority.ORDER, True, True)
    assert cost_of(found, "orders_10s") == 1
    assert {c.limit.scope for c in found.costs if c.limit.id.startswith("orders")} == {Scope.KEY}


def test_stops_and_cancels_come_before_reads() -> None:
    assert shape("POST", "/api/v3/order", body="type=STOP_LOSS_LIMIT&symbol=BTCUSDT").priority is Priority.STOP
    assert shape("DELETE", "/api/v3/order?symbol=BTCUSDT").priority is Priority.STOP
    assert shape("GET", "/api/v3/openOrders?symbol=BTCUSDT&signature=x").priority is Priority.FILL
    assert shape("GET", "/api/v3/myTrades?symbol=BTCUSDT&signature=x").priority is Priority.HISTORY


@pytest.mark.parametrize("named", ["origClientOrderId=a", "orderId=1"])
def test_looking_one_order_up_is_as_urgent_as_taking_it_back(named: str) -> None:
    assert shape("GET", f"/api/v3/order?{named}&signature=x").priority is Priority.STOP


@pytest.mark.parametrize(
    ("host", "weight"), [("stream.binance.com:9443/stream", 0), ("ws-api.binance.com/ws-api/v3", 4)]
)
def test_a_websocket_counts_as_a_connection_of_its_address(host: str, weight: int) -> None:
    found = shape_of(take_apart(BINANCE, "WS", f"wss://{host}"))

    assert (cost_of(found, "connections"), cost_of(found, "weight")) == (1, weight)
    assert (found.priority, found.mutates) == (Priority.FILL, False)


def test_only_unsigned_reads_may_be_shared() -> None:
    assert shape("GET", "/api/v3/ticker/24hr?symbol=BTCUSDT").cache_ms > 0
    assert shape("GET", "/api/v3/ticker/24hr?symbol=BTCUSDT", {"X-MBX-APIKEY": "k"}).cache_ms == 0
    assert shape("GET", "/api/v3/exchangeInfo?signature=x").cache_ms == 0
    assert shape("GET", "/api/v3/time").cache_ms == 0


def test_a_ticker_knows_the_call_for_all_of_them() -> None:
    batch = shape("GET", "/api/v3/ticker/price?symbol=ETHUSDT").batch

    assert batch is not None
    assert (batch.url, batch.field, batch.value) == (f"{SPOT}/api/v3/ticker/price", "symbol", "ETHUSDT")


def test_an_unknown_route_is_taken_for_a_dear_one() -> None:
    assert cost_of(shape("GET", "/api/v3/tomorrow"), "weight") == 80


def test_krakens_history_counts_double_on_a_sinking_counter() -> None:
    request = take_apart(VenueId("kraken"), "POST", "https://api.kraken.com/0/private/Ledgers", {"API-Key": "k"}, "n=1")
    (cost,) = shape_of(request).costs

    assert (cost.limit.kind, cost.cost, shape_of(request).mutates) == (LimitKind.DECAY, 2, False)


def test_a_faster_calendar_shortens_windows_and_speeds_counters() -> None:
    request = take_apart(BINANCE, "GET", f"{SPOT}/api/v3/klines?symbol=BTCUSDT")
    weight = next(cost.limit for cost in shape_of(request, 10).costs if cost.limit.id == "weight")

    assert (weight.period_ms, weight.limit) == (6_000, 6_000)
    assert weight.guard_ms * 10 < weight.period_ms


def test_a_venue_without_a_table_is_refused() -> None:
    with pytest.raises(InvalidInput):
        shape_of(take_apart(VenueId("nowhere"), "GET", "https://nowhere.example/"))


@pytest.mark.parametrize(
    ("host", "venue"),
    [
        ("api.binance.com", "binance"),
        ("api.kraken.com", "kraken"),
        ("binance.com.evil.example", None),
        ("notbinance.com", None),
        ("169.254.169.254", None),
    ],
)
def test_a_host_belongs_to_one_venue_or_none(host: str, venue: str | None) -> None:
    assert venue_of_host(host) == venue


def test_a_key_is_never_in_its_print() -> None:
    request = take_apart(BINANCE, "GET", SPOT, {"X-MBX-APIKEY": "very-secret"})

    assert key_of(request, table_of(BINANCE).key_headers) == "very-secret"
    assert key_print("very-secret") == key_print("very-secret") != key_print("other")
    assert "very-secret" not in repr(request)


@pytest.mark.parametrize(
    ("url", "limit", "period_ms"),
    [("wss://api.bitfinex.com/ws/2", 5, 15_000), ("wss://api-pub.bitfinex.com/ws/2", 20, 60_000)],
)
def test_bitfinex_counts_websockets_by_host(url: str, limit: int, period_ms: int) -> None:
    (cost,) = shape_of(take_apart(VenueId("bitfinex"), "WS", url)).costs
    assert (cost.limit.limit, cost.limit.period_ms, cost.limit.spare) == (limit, period_ms, 1 if limit == 5 else 2)
