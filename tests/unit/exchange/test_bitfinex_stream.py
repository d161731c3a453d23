"""What Bitfinex's channel 0 says, message by message."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from nightdesk.accounts.streaming import BalancesTold, FactTold, LookAgain, OrderTold
from nightdesk.adapters.exchange.private_stream import BalancesStale, Ended, Refused, heard
from nightdesk.adapters.exchange.venues.bitfinex_stream import BitfinexStream
from nightdesk.ledger.model import LegRole
from nightdesk.markets.orders import OrderType, VenueOrderState
from tests.unit.exchange.streaming import Raw, connection, told

TRADE = [1133411090, "tBTCUST", 1655110144598, 97084883506, "0.1", "42.821", "EXCHANGE MARKET", "42.8", -1]
ORDER: list[Any] = [
    *(96923856256, None, 1655029337026, "tBTCUST", 1655029337027, 1655029337029),
    *("0.3", "0.4", "EXCHANGE LIMIT", None, None, None, 0, "ACTIVE", None, None, 30, "29.5", 0, 0),
]


@pytest.fixture
def stream() -> BitfinexStream:
    return BitfinexStream(connection("bitfinex", [("tBTCUST", "BTC/USDT")]))


def wallet(currency: str, total: str, free: str | None, kind: str = "exchange", why: str | None = None) -> list[Any]:
    return [kind, currency, total, 0, free, why, None]


def order(stream: BitfinexStream, kind: str = "on", **places: Any) -> Any:
    row = list(ORDER)
    for place, value in places.items():
        row[int(place.removeprefix("at"))] = value
    (event,) = told(stream, [0, kind, row])
    assert isinstance(event, OrderTold)
    return event.order


def test_a_trade_is_booked_when_its_fee_is_told(stream: BitfinexStream) -> None:
    assert told(stream, [0, "te", [*TRADE, None, None, 5]]) == ()
    (event,) = told(stream, [0, "tu", [*TRADE, "-0.0002", "LEO", 5]])
    assert isinstance(event, FactTold)
    fact = event.fact
    assert (fact.identity, fact.source, fact.order_id) == ("trade:tBTCUST:1133411090", "bitfinex.stream", "97084883506")
    assert [(leg.role, leg.asset, leg.amount) for leg in fact.legs] == [
        (LegRole.BASE, "BTC", Decimal("0.1")),
        (LegRole.QUOTE, "USDT", Decimal("-4.2821")),
        (LegRole.FEE, "LEO", Decimal("-0.0002")),
    ]


def test_a_trade_that_cant_be_read_asks_for_the_history(stream: BitfinexStream) -> None:
    assert told(stream, [0, "tu", [*TRADE[:4], 0.1, *TRADE[5:], 0, "UST"]]) == (LookAgain("trade_unreadable"),)
    assert told(stream, [0, "tu", [1, "tNEWUSD", *TRADE[2:], 0, "UST"]]) == (LookAgain("trade_unreadable"),)


def test_an_order_is_told_with_our_number_and_what_was_filled(stream: BitfinexStream) -> None:
    found = order(stream)
    assert (found.client_order_id, found.venue_order_id) == ("1655029337026", "96923856256")
    assert (found.state, found.quantity, found.filled) == (
        VenueOrderState.PARTIALLY_FILLED,
        Decimal("0.4"),
        Decimal("0.1"),
    )
    assert (found.filled_quote, found.price) == (Decimal("2.95"), Decimal(30))
    over = order(stream, "oc", at6=0, at13="EXECUTED @ 30.0(0.4)")
    assert (over.state, over.filled) == (VenueOrderState.FILLED, Decimal("0.4"))
    assert order(stream, "oc", at13="IOC CANCELED was: x", at8="EXCHANGE IOC").state is VenueOrderState.EXPIRED
    assert order(stream, "ou", at2=None).client_order_id == "96923856256"


def test_stops_and_makers(stream: BitfinexStream) -> None:
    stop = order(stream, at8="EXCHANGE STOP LIMIT", at16="20", at19="19.5")
    assert (stop.type, stop.stop_price, stop.price) == (OrderType.STOP_LOSS_LIMIT, Decimal(20), Decimal("19.5"))
    assert order(stream, at8="EXCHANGE STOP").price is None
    assert order(stream, at12=4096).type is OrderType.LIMIT_MAKER


def test_orders_of_other_kinds_and_markets_are_not_told(stream: BitfinexStream) -> None:
    trailing = [*ORDER[:8], "EXCHANGE TRAILING STOP", *ORDER[9:]]
    elsewhere = [*ORDER[:3], "tNEWUSD", *ORDER[4:]]
    assert told(stream, [0, "os", [trailing, elsewhere]]) == ()


def test_wallets_of_one_asset_are_told_together(stream: BitfinexStream) -> None:
    assert told(stream, [0, "ws", [wallet("BTC", "1", "1"), wallet("BTC", "2", "2", "margin")]]) == ()
    (event,) = told(stream, [0, "wu", wallet("BTC", "1.5", "1.25", why="Exchange 0.5 BTC for UST @ 1")])
    assert isinstance(event, BalancesTold)
    (balance,) = event.balances
    assert (balance.asset, balance.free, balance.locked) == ("BTC", Decimal("3.25"), Decimal("0.25"))


def test_a_wallet_that_is_not_reckoned_yet_is_asked_for(stream: BitfinexStream) -> None:
    assert told(stream, [0, "wu", wallet("UST", "5", None, why="Trading fees for 1 BTC")]) == (BalancesStale(),)


def test_what_no_order_moved_is_looked_for_in_the_history(stream: BitfinexStream) -> None:
    told(stream, [0, "ws", [wallet("BTC", "1", "1")]])
    assert told(stream, [0, "wu", wallet("BTC", "2", "2", why="Deposit #1")])[-1] == LookAgain("movement")
    held = told(stream, [0, "wu", wallet("BTC", "2", "1.5")])
    assert [type(event) for event in held] == [BalancesTold]
    details = [*wallet("BTC", "3", "3")[:6], {"reason": "TRADE"}]
    assert [type(event) for event in told(stream, [0, "wu", details])] == [BalancesTold]


@pytest.mark.parametrize(
    ("code", "ours"),
    [
        (10100, "accounts.key_wrong"),
        (10114, "venue.clock_skew"),
        (20060, "venue.unavailable"),
        (None, "venue.unavailable"),
    ],
)
def test_a_refusal_to_let_us_in(stream: BitfinexStream, code: int | None, ours: str) -> None:
    (refused,) = told(stream, {"event": "auth", "status": "FAILED", "code": code})
    assert isinstance(refused, Refused)
    assert refused.error.code == ours


def test_events_are_ccxts_business_unless_they_end_the_connection(stream: BitfinexStream) -> None:
    assert heard(stream, {"event": "auth", "status": "OK"}) is None
    assert heard(stream, {"event": "info", "version": 2}) is None
    assert heard(stream, [17, "hb"]) is None
    assert heard(stream, "text") is None
    assert told(stream, [0, "hb"]) == ()
    assert told(stream, [0, "wu", None]) == (LookAgain("message_unreadable"),)
    assert told(stream, {"event": "info", "code": 20051}) == (Ended(),)


def test_it_signs_in_within_its_keys_turn() -> None:
    raw = Raw()
    asyncio.run(BitfinexStream(connection("bitfinex", [], raw)).subscribe())
    assert raw.turns == 1
