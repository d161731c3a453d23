"""Orders through the gateway: digit for digit, and a lost answer is never taken for a refusal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

import pytest
from botocore.exceptions import EndpointConnectionError

from functions.exchange_gateway.dispatch import answer
from nightdesk.accounts.custody import CustodyService, SealedCredential
from nightdesk.accounts.model import AccountRef, Credential
from nightdesk.adapters.aws.gateway import LambdaVenueGateway
from nightdesk.kernel.assets import Instrument, VenueId
from nightdesk.kernel.errors import Conflict, NightdeskError, NotFound, OutcomeUnknown, Unavailable
from nightdesk.kernel.ids import AccountId, CorrelationId, TenantId
from nightdesk.markets.orders import (
    MarketRules,
    OrderName,
    OrderTicket,
    OrderType,
    Side,
    TimeInForce,
    VenueOrder,
    VenueOrderState,
)
from nightdesk.orders.ports import OrderVenue
from tests.fakes.clock import NOON, FakeClock
from tests.fakes.invocation import gateway_of
from tests.fakes.orders import BTC_USDT, RULES

CORRELATION = CorrelationId("correlation-1")
ACCOUNT = AccountRef(
    tenant_id=TenantId(UUID(int=1)),
    account_id=AccountId(UUID(int=2)),
    venue=VenueId("binance"),
    correlation_id=CORRELATION,
)
TICKET = OrderTicket(
    client_order_id="nd-1",
    instrument=BTC_USDT,
    side=Side.SELL,
    type=OrderType.STOP_LOSS_LIMIT,
    quantity=Decimal("0.000000000000000001"),
    price=Decimal("12345678901234567890.5"),
    stop_price=Decimal("0.1"),
    time_in_force=TimeInForce.FILL_OR_KILL,
    send_before=NOON + timedelta(seconds=10),
)
ORDER = VenueOrder(
    client_order_id="nd-1",
    venue_order_id="77",
    instrument=BTC_USDT,
    side=Side.SELL,
    type=OrderType.STOP_LOSS_LIMIT,
    state=VenueOrderState.PARTIALLY_FILLED,
    quantity=Decimal("0.5"),
    filled=Decimal("0.25"),
    filled_quote=Decimal("12500.000000000000000001"),
    price=Decimal(50_000),
    stop_price=Decimal(49_000),
    time_in_force=TimeInForce.FILL_OR_KILL,
    created_at=NOON,
)
NAME = OrderName(instrument=BTC_USDT, client_order_id="nd-1", venue_order_id="77")
AWAY = Unavailable("database.unavailable", "Away.")


@dataclass(slots=True)
class Venue:
    """A venue that knows one order."""

    tickets: list[OrderTicket] = field(default_factory=list)
    failure: NightdeskError | None = None

    @contextmanager
    def try_out(self, venue: VenueId, credential: Credential) -> Iterator[Any]:  # noqa: ARG002
        yield self

    def session(self, account: AccountRef, sealed_at: datetime, credential: Callable[[], Credential]) -> Any:  # noqa: ARG002
        return self

    def forget(self, account: AccountRef) -> None:
        """Nothing is kept."""

    def tickers(self, venue: VenueId) -> Any:  # noqa: ARG002
        return ()

    def market_rules(self, instrument: Instrument) -> MarketRules:
        return replace(
            RULES, instrument=instrument, market_lot=None, price_digits=5, types=frozenset({OrderType.MARKET})
        )

    def place_order(self, ticket: OrderTicket) -> VenueOrder:
        self.tickets.append(ticket)
        if self.failure:
            raise self.failure
        return ORDER

    def cancel_order(self, name: OrderName) -> VenueOrder:
        assert name == NAME
        return ORDER

    def find_order(self, name: OrderName) -> VenueOrder | None:
        return ORDER if name == NAME else None

    def open_orders(self) -> tuple[VenueOrder, ...]:
        return (ORDER, replace(ORDER, price=None, stop_price=None, created_at=None))


@dataclass(slots=True)
class Credentials:
    """One sealed credential; uses fail from a given one on."""

    uses: list[tuple[str, str]] = field(default_factory=list)
    fails_after: int = 99

    def __call__(self, tenant_id: TenantId) -> AbstractContextManager[Any]:  # noqa: ARG002
        return nullcontext(self)

    def get(self, tenant_id: TenantId, account_id: AccountId) -> SealedCredential:  # noqa: ARG002
        return SealedCredential(wrapped_key=b"", key_source="", nonce=b"", ciphertext=b"", sealed_at=NOON)

    def add_use(self, account: AccountRef, used_at: datetime, operation: str, outcome: str) -> None:  # noqa: ARG002
        if len(self.uses) >= self.fails_after:
            raise AWAY
        self.uses.append((operation, outcome))


@dataclass(slots=True)
class Desk:
    venue: Venue
    credentials: Credentials
    clock: FakeClock
    gateway: OrderVenue


@pytest.fixture(params=["inside", "through JSON"])
def desk(request: pytest.FixtureRequest) -> Desk:
    venue, credentials, clock = Venue(), Credentials(), FakeClock()
    custody = CustodyService(
        units=cast("Any", credentials), vault=cast("Any", None), sessions=cast("Any", venue), clock=clock
    )
    gateway = custody if request.param == "inside" else gateway_of(lambda event: answer(custody, event))
    return Desk(venue, credentials, clock, cast("OrderVenue", gateway))


def test_ticket_and_order_come_through_digit_for_digit(desk: Desk) -> None:
    assert desk.gateway.place_order(ACCOUNT, TICKET) == ORDER
    assert desk.venue.tickets == [TICKET]
    assert desk.credentials.uses == [("place_order", "begun"), ("place_order", "ok")]


def test_rules_names_and_open_orders_come_through(desk: Desk) -> None:
    assert desk.gateway.market_rules(BTC_USDT, CORRELATION) == desk.venue.market_rules(BTC_USDT)
    assert desk.gateway.cancel_order(ACCOUNT, NAME) == ORDER
    assert desk.gateway.find_order(ACCOUNT, NAME) == ORDER
    assert desk.gateway.find_order(ACCOUNT, replace(NAME, venue_order_id=None)) is None
    assert desk.gateway.open_orders(ACCOUNT) == desk.venue.open_orders()


def test_late_ticket_is_not_sent(desk: Desk) -> None:
    desk.clock.advance(10)
    with pytest.raises(Unavailable) as late:
        desk.gateway.place_order(ACCOUNT, TICKET)
    assert late.value.code == "orders.too_late"
    assert desk.venue.tickets == []


@pytest.mark.parametrize(
    "failure",
    [
        OutcomeUnknown("orders.outcome_unknown", "No answer."),
        Conflict("orders.insufficient_balance", "No."),
        NotFound("orders.market_unknown", "No."),
    ],
)
def test_what_came_of_an_order_keeps_its_kind(desk: Desk, failure: NightdeskError) -> None:
    desk.venue.failure = failure
    with pytest.raises(type(failure)) as told:
        desk.gateway.place_order(ACCOUNT, TICKET)
    assert told.value.code == failure.code
    assert desk.credentials.uses[-1] == ("place_order", failure.code)


def test_database_that_goes_away_meanwhile_hides_neither_answer_nor_doubt(desk: Desk) -> None:
    desk.credentials.fails_after = 1
    assert desk.gateway.place_order(ACCOUNT, TICKET) == ORDER
    desk.credentials.uses.clear()
    desk.venue.failure = OutcomeUnknown("orders.outcome_unknown", "No answer.")
    with pytest.raises(OutcomeUnknown):
        desk.gateway.place_order(ACCOUNT, TICKET)


def test_nothing_is_sent_whose_use_can_not_be_recorded(desk: Desk) -> None:
    desk.credentials.fails_after = 0
    with pytest.raises(Unavailable):
        desk.gateway.place_order(ACCOUNT, TICKET)
    assert desk.venue.tickets == []


class Client:
    """A Lambda client that answers as scripted."""

    def __init__(self, said: Any) -> None:
        self._said = said

    def invoke(self, **_: object) -> Any:
        if isinstance(self._said, Exception):
            raise self._said
        return self._said


class Body:
    """A payload to be read."""

    def __init__(self, text: bytes) -> None:
        self._text = text

    def read(self) -> bytes:
        return self._text


@pytest.mark.parametrize(
    "said",
    [
        EndpointConnectionError(endpoint_url="http://x"),
        {"FunctionError": "Unhandled", "Payload": Body(b"{}")},
        {"Payload": Body(b"not json")},
        {"Payload": Body(b'{"ok": false}')},
    ],
)
def test_gateway_whose_answer_is_lost_leaves_the_outcome_unknown(said: object) -> None:
    gateway = LambdaVenueGateway(cast("Any", Client(said)), "gateway")
    with pytest.raises(OutcomeUnknown):
        gateway.place_order(ACCOUNT, TICKET)
    with pytest.raises(OutcomeUnknown):
        gateway.cancel_order(ACCOUNT, NAME)
    with pytest.raises(Unavailable):
        gateway.find_order(ACCOUNT, NAME)
