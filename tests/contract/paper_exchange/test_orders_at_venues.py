"""Orders at each venue through the desk's adapter and the unmodified client: the same promises, whoever keeps them."""

from __future__ import annotations

import time
from datetime import timedelta
from decimal import ROUND_DOWN, Decimal
from itertools import count
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from nightdesk.accounts.model import Credential
from nightdesk.adapters.exchange.route import Route
from nightdesk.adapters.exchange.sessions import ExchangeSession, ExchangeSessions
from nightdesk.adapters.exchange.venues import bitfinex
from nightdesk.kernel.assets import Instrument, VenueId, asset_id
from nightdesk.kernel.errors import Conflict, Forbidden, NotFound, OutcomeUnknown
from nightdesk.markets.orders import OrderName, OrderTicket, OrderType, Side, TimeInForce, VenueOrderState
from nightdesk.orders.fitting import to_digits, to_step
from nightdesk.orders.model import OrderId
from nightdesk.orders.naming import client_order_id_at
from nightdesk.runtime.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nightdesk.markets.orders import MarketRules, VenueOrder
    from tests.servers import Paper

QUOTES = {"binance": "USDT", "bitfinex": "USD", "coinbase": "USD", "htx": "USDT", "kraken": "USD"}
LIMITS = {
    "binance": ("weight_a_minute",),
    "bitfinex": ("requests_permille",),
    "coinbase": ("public_a_second", "private_a_second", "app_an_hour"),
    "htx": ("market_a_second", "public_in_3s", "private_a_second"),
    "kraken": ("counter_max", "engine_max", "public_max"),
}
NEVER_WHOLE_OR_NOT_AT_ALL = {"kraken"}
TELLS_NO_TIME_IN_FORCE = {"kraken"}
WITHOUT_A_LEAST_NOTIONAL = {"bitfinex"}
FUNDS = Decimal(5_000_000)
_numbers = count(1)


@pytest.fixture(scope="module", params=sorted(QUOTES))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module", autouse=True)
def unhurried(venue: Paper, name: str) -> Iterator[None]:
    if name != "binance":
        venue.admin("POST", "/limits", {"venue": name, **dict.fromkeys(LIMITS[name], 100_000)})
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(bitfinex, "WEIGHT_LIMIT", 100_000)
        patched.setattr(bitfinex, "ACCOUNT_WEIGHT_LIMIT", 100_000)
        yield


@pytest.fixture(scope="module")
def sessions(venue: Paper) -> Iterator[ExchangeSessions]:
    made = ExchangeSessions(Route.parse(venue.route), SystemClock())
    yield made
    made.close()


@pytest.fixture
def market(name: str) -> Instrument:
    return Instrument(VenueId(name), asset_id("ETH"), asset_id(QUOTES[name]))


def opened(venue: Paper, name: str, **more: Any) -> Credential:
    history = {"kind": "empty", "balances": {QUOTES[name]: str(FUNDS), "ETH": "20"}}
    made: Any = venue.admin("POST", "/accounts", {"venue": name, "history": history} | more)
    return Credential(made["key"], made["secret"])


@pytest.fixture
def session(venue: Paper, name: str, sessions: ExchangeSessions) -> Iterator[ExchangeSession]:
    with sessions.try_out(VenueId(name), opened(venue, name)) as made:
        yield made


@pytest.fixture
def rules(sessions: ExchangeSessions, market: Instrument) -> MarketRules:
    return sessions.market_rules(market)


def last_price(session: ExchangeSession, market: Instrument) -> Decimal:
    return next(price.last for price in session.tickers() if price.instrument == market)


def ticket(market: Instrument, quantity: str, side: Side = Side.BUY, **more: Any) -> OrderTicket:
    return OrderTicket(
        client_order_id=client_order_id_at(market.venue, OrderId(uuid4()), SystemClock().now()),
        instrument=market,
        side=side,
        type=more.pop("type", OrderType.LIMIT if "price" in more else OrderType.MARKET),
        quantity=Decimal(quantity),
        send_before=SystemClock().now() + timedelta(minutes=1),
        **more,
    )


def priced(session: ExchangeSession, rules: MarketRules, ratio: str) -> Decimal:
    """So many times the last price, on the grid."""
    wanted = to_step(last_price(session, rules.instrument) * Decimal(ratio), rules.tick, ROUND_DOWN)
    return wanted if rules.price_digits is None else to_digits(wanted, rules.price_digits, ROUND_DOWN)


def partly_filled(session: ExchangeSession, rules: MarketRules) -> tuple[OrderTicket, VenueOrder]:
    """An order that takes what the book has up to its price.

    Asked again after the market's next trade when another test has just emptied the book of the same market.
    """
    for _ in range(20):
        price = priced(session, rules, "1.0004")
        quantity = (FUNDS * Decimal("0.9") / price / rules.lot).to_integral_value(ROUND_DOWN) * rules.lot
        asked = ticket(rules.instrument, str(quantity), price=price)
        session.place_order(asked)
        found = session.find_order(name_of(asked))
        assert found is not None
        if found.state is VenueOrderState.PARTIALLY_FILLED:
            break
        session.cancel_order(name_of(asked))
        time.sleep(1)
    assert found is not None
    return asked, found


def name_of(order: OrderTicket, venue_order_id: str | None = None) -> OrderName:
    return OrderName(instrument=order.instrument, client_order_id=order.client_order_id, venue_order_id=venue_order_id)


def as_asked(told: VenueOrder, asked: OrderTicket) -> bool:
    asked_of = (asked.client_order_id, asked.instrument, asked.side, asked.type, asked.quantity, asked.price)
    return asked_of == (told.client_order_id, told.instrument, told.side, told.type, told.quantity, told.price)


def test_an_order_rests_is_found_by_both_names_listed_and_cancelled(
    session: ExchangeSession, rules: MarketRules
) -> None:
    asked = ticket(rules.instrument, "0.5", price=priced(session, rules, "0.9"))
    placed = session.place_order(asked)
    assert as_asked(placed, asked)
    assert (placed.state, placed.filled, placed.time_in_force) == (
        VenueOrderState.OPEN,
        Decimal(0),
        TimeInForce.GOOD_TILL_CANCELLED,
    )
    assert session.find_order(name_of(asked)) == session.find_order(name_of(asked, placed.venue_order_id))
    assert [order.client_order_id for order in session.open_orders()] == [asked.client_order_id]
    cancelled = session.cancel_order(name_of(asked, placed.venue_order_id))
    assert (cancelled.state, cancelled.client_order_id) == (VenueOrderState.CANCELLED, asked.client_order_id)
    again = session.cancel_order(name_of(asked))
    assert again.state is VenueOrderState.CANCELLED
    assert session.open_orders() == ()


def test_an_order_is_partly_filled_and_the_rest_rests(session: ExchangeSession, rules: MarketRules) -> None:
    asked, found = partly_filled(session, rules)
    assert found.state is VenueOrderState.PARTIALLY_FILLED, (found.filled, found.price, str(found))
    assert 0 < found.filled < asked.quantity == found.quantity
    assert asked.price is not None
    assert found.filled_quote <= found.filled * asked.price
    resting = session.open_orders()
    assert {order.state for order in resting} <= {VenueOrderState.PARTIALLY_FILLED}
    if not resting:  # the market took the rest meanwhile
        ended = session.find_order(name_of(asked))
        assert ended is not None
        assert (ended.state, ended.filled) == (VenueOrderState.FILLED, found.quantity)
        return
    cancelled = session.cancel_order(name_of(asked))
    assert cancelled.filled >= found.filled
    is_full = cancelled.filled == asked.quantity  # the market took the rest before it was cancelled
    assert cancelled.state is (VenueOrderState.FILLED if is_full else VenueOrderState.CANCELLED)


@pytest.mark.parametrize("side", list(Side))
def test_a_market_order_is_filled_for_the_quantity_that_was_asked(
    session: ExchangeSession, rules: MarketRules, side: Side
) -> None:
    asked = ticket(rules.instrument, "0.75", side)
    placed = session.place_order(asked)
    assert (placed.state, placed.filled, placed.side) == (VenueOrderState.FILLED, Decimal("0.75"), side)
    assert placed.filled_quote > 0
    assert placed.average_price is not None


def test_terms_of_limit_orders(session: ExchangeSession, rules: MarketRules) -> None:
    low = priced(session, rules, "0.9")
    times = {time: ticket(rules.instrument, "0.5", price=low, time_in_force=time) for time in TimeInForce}
    if rules.instrument.venue in NEVER_WHOLE_OR_NOT_AT_ALL:
        with pytest.raises(Conflict) as refusal:
            session.place_order(times.pop(TimeInForce.FILL_OR_KILL))
        assert refusal.value.code == "orders.time_in_force_refused"
    told = {time: session.place_order(asked) for time, asked in times.items()}
    assert told[TimeInForce.GOOD_TILL_CANCELLED].state is VenueOrderState.OPEN
    assert told[TimeInForce.IMMEDIATE_OR_CANCEL].state.is_over
    assert all(order.state.is_over for time, order in told.items() if time is TimeInForce.FILL_OR_KILL)
    if rules.instrument.venue not in TELLS_NO_TIME_IN_FORCE:
        assert {time: order.time_in_force for time, order in told.items()} == {time: time for time in times}
    maker = ticket(rules.instrument, "0.5", price=low, type=OrderType.LIMIT_MAKER)
    assert session.place_order(maker).type is OrderType.LIMIT_MAKER


@pytest.mark.parametrize(
    ("kind", "side", "ratio"),
    [
        (OrderType.STOP_LOSS_LIMIT, Side.SELL, "0.8"),
        (OrderType.TAKE_PROFIT_LIMIT, Side.SELL, "1.2"),
        (OrderType.STOP_LOSS_LIMIT, Side.BUY, "1.2"),
        (OrderType.TAKE_PROFIT_LIMIT, Side.BUY, "0.8"),
    ],
)
def test_stops_wait_for_their_price(
    session: ExchangeSession, rules: MarketRules, kind: OrderType, side: Side, ratio: str
) -> None:
    if rules.instrument.venue == "bitfinex" and kind is OrderType.TAKE_PROFIT_LIMIT:
        assert kind not in rules.types  # it has no such orders, and says so
        return
    stop_price = priced(session, rules, ratio)
    asked = ticket(rules.instrument, "0.5", side, type=kind, price=stop_price, stop_price=stop_price)
    placed = session.place_order(asked)
    assert as_asked(placed, asked)
    assert (placed.state, placed.stop_price) == (VenueOrderState.OPEN, stop_price)
    reached = ticket(
        rules.instrument, "0.5", side.__class__("sell" if side is Side.BUY else "buy"), type=kind, price=stop_price,
        stop_price=stop_price,
    )  # fmt: skip
    with pytest.raises(Conflict) as refusal:
        session.place_order(reached)
    assert refusal.value.code == "orders.would_trigger"
    assert len(session.open_orders()) == 1


@pytest.mark.parametrize("fault", ["order_cut", "order_unknown"])
def test_an_answer_that_is_lost_leaves_an_order_that_is_found(
    venue: Paper, session: ExchangeSession, rules: MarketRules, fault: str
) -> None:
    asked = ticket(rules.instrument, "0.5", price=priced(session, rules, "0.9"))
    session.balances()
    venue.admin("POST", "/faults", {"kind": fault, "left": 1})
    with pytest.raises(OutcomeUnknown):
        session.place_order(asked)
    venue.admin("DELETE", "/faults")
    found = session.find_order(name_of(asked))
    assert found is not None
    assert as_asked(found, asked)
    assert len(session.open_orders()) == 1
    assert session.cancel_order(name_of(asked)).state is VenueOrderState.CANCELLED


def test_an_order_that_never_arrived_is_not_found(venue: Paper, session: ExchangeSession, rules: MarketRules) -> None:
    asked = ticket(rules.instrument, "0.5", price=priced(session, rules, "0.9"))
    session.balances()
    venue.admin("POST", "/faults", {"kind": "order_lost", "left": 1})
    with pytest.raises(OutcomeUnknown):
        session.place_order(asked)
    venue.admin("DELETE", "/faults")
    assert session.find_order(name_of(asked)) is None
    with pytest.raises(NotFound) as refusal:
        session.cancel_order(name_of(asked))
    assert refusal.value.code == "orders.not_at_venue"


def test_refusals_have_our_codes(session: ExchangeSession, rules: MarketRules) -> None:
    low, high = priced(session, rules, "0.9"), priced(session, rules, "1.02")
    refused = {
        "orders.insufficient_balance": ticket(rules.instrument, "21", Side.SELL, price=high),
        "orders.filter_notional": ticket(rules.instrument, str(rules.lot), price=low),
        "orders.filter_price_filter": ticket(rules.instrument, "0.5", price=low + rules.tick / 2),
        "orders.filter_lot_size": ticket(rules.instrument, str(1 + rules.lot / 2), price=low),
        "orders.would_take": ticket(rules.instrument, "0.5", price=high, type=OrderType.LIMIT_MAKER),
    }
    if rules.instrument.venue in WITHOUT_A_LEAST_NOTIONAL:
        del refused["orders.filter_notional"]
    codes = {}
    for wanted, asked in refused.items():
        with pytest.raises(Conflict) as refusal:
            session.place_order(asked)
        codes[wanted] = refusal.value.code
        assert session.find_order(name_of(asked)) is None
    assert codes == {code: code for code in refused}
    assert session.open_orders() == ()


def test_a_closed_market_and_a_key_that_may_not(
    venue: Paper, name: str, sessions: ExchangeSessions, session: ExchangeSession, rules: MarketRules
) -> None:
    asked = ticket(rules.instrument, "0.5", price=priced(session, rules, "0.9"))
    venue.admin("POST", "/faults", {"kind": "order_rejected"})
    with pytest.raises(Conflict) as closed:
        session.place_order(asked)
    venue.admin("DELETE", "/faults")
    assert closed.value.code in {"orders.market_closed", "orders.venue_refused"}
    reader = opened(venue, name, permissions={"read": True, "trade": False, "withdraw": False})
    with sessions.try_out(VenueId(name), reader) as reading, pytest.raises(Forbidden) as refusal:
        reading.place_order(asked)
    assert refusal.value.code == "orders.key_may_not_trade"


def test_rules_are_the_venues(rules: MarketRules) -> None:
    assert rules.is_open
    assert rules.tick > 0
    assert rules.lot > 0
    assert rules.notional_min > 0 or rules.instrument.venue in WITHOUT_A_LEAST_NOTIONAL
    assert rules.types >= {OrderType.MARKET, OrderType.LIMIT, OrderType.LIMIT_MAKER, OrderType.STOP_LOSS_LIMIT}
    assert 0 < rules.taker_ratio < Decimal("0.02")


def test_a_market_that_is_not_listed(sessions: ExchangeSessions, name: str) -> None:
    with pytest.raises(NotFound) as refusal:
        sessions.market_rules(Instrument(VenueId(name), asset_id("NOSUCH"), asset_id(QUOTES[name])))
    assert refusal.value.code == "orders.market_unknown"
