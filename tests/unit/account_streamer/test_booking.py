from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal

from fargate.account_streamer import booking as module
from fargate.account_streamer.booking import Booking
from nightdesk.accounts.model import ReportedBalance
from nightdesk.accounts.streaming import BalancesTold, FactTold, LookAgain, OrderTold
from nightdesk.kernel.assets import AssetId, parse_instrument
from nightdesk.kernel.errors import Broken, Unavailable
from nightdesk.markets.orders import OrderType, Side, VenueOrder, VenueOrderState
from tests.builders.ledger import trade
from tests.unit.account_streamer.fakes import REF, Books

AWAY = Unavailable("database.unavailable", "It does not answer.")


def told(number: int, second: float | None = None) -> FactTold:
    return FactTold(trade(number, "1", "-5", second=second))


def balances(version: int, **held: str) -> BalancesTold:
    found = (ReportedBalance(asset=AssetId(asset), free=Decimal(held[asset]), locked=Decimal(0)) for asset in held)
    return BalancesTold(tuple(found), version)


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not true():  # noqa: ASYNC110 - what is waited for is no event
            await asyncio.sleep(0.001)


def run(books: Books, hear: Callable[[Booking], None], true: Callable[[Booking], bool]) -> Booking:
    """Book what is heard until something holds."""

    async def work() -> Booking:
        made = Booking(books.books, REF)
        hear(made)
        task = asyncio.create_task(made.run())
        await until(lambda: true(made))
        task.cancel()
        return made

    return asyncio.run(work())


def test_what_came_together_is_booked_together_in_the_order_of_time_and_number() -> None:
    books = Books()

    def hear(booking: Booking) -> None:
        for number, second in ((3, 1), (10, 0), (2, 1), (9, 0)):
            booking.hear(told(number, second))

    run(books, hear, lambda booking: booking.waiting == 0)
    assert books.recorder.batches == [4]
    assert books.recorder.identities == [f"trade:BTCUSDT:{number}" for number in (9, 10, 2, 3)]
    assert books.news.told == books.recorder.entries
    assert [event.payload["entries"] for _, event in books.unit.outbox.events] == [4]  # type: ignore[attr-defined]


def test_what_is_told_of_orders_is_kept_in_its_order_also_when_the_database_was_away() -> None:
    books = Books()
    states = (VenueOrderState.OPEN, VenueOrderState.PARTIALLY_FILLED, VenueOrderState.FILLED)
    orders = [
        VenueOrder(
            client_order_id="nd-1",
            venue_order_id="1",
            instrument=parse_instrument("BINANCE:BTC/USDT"),
            side=Side.BUY,
            type=OrderType.MARKET,
            state=state,
            quantity=Decimal(2),
            filled=Decimal(filled),
            filled_quote=Decimal(filled),
        )
        for filled, state in enumerate(states)
    ]
    books.recorder.errors.append(AWAY)

    def hear(booking: Booking) -> None:
        booking.hear(told(1))
        for order in orders:
            booking.hear(OrderTold(order))

    run(books, hear, lambda booking: booking.waiting == 0)
    assert books.orders.heard[-3:] == orders


def test_ten_equal_fills_stay_ten_and_told_twice_they_are_ten() -> None:
    books = Books()

    def hear(booking: Booking) -> None:
        for number in [*range(10), *range(10)]:
            booking.hear(told(number, 0))

    run(books, hear, lambda booking: booking.waiting == 0)
    assert len(books.recorder.identities) == len(set(books.recorder.identities)) == 10


def test_a_database_that_is_away_costs_nothing_but_time() -> None:
    books = Books()
    books.recorder.errors = [AWAY, AWAY]

    def hear(booking: Booking) -> None:
        booking.hear(told(1))
        booking.hear(balances(1, USDT="5"))

    run(books, hear, lambda booking: booking.waiting == 0)
    assert books.recorder.identities == ["trade:BTCUSDT:1"]
    assert books.reported.balances[AssetId("USDT")].free == 5


def test_one_bad_fact_holds_up_no_other_and_has_the_history_asked() -> None:
    books = Books()
    books.recorder.poison = {"trade:BTCUSDT:2": Broken("database.refused", "It was refused.")}

    def hear(booking: Booking) -> None:
        for number in (1, 2, 3):
            booking.hear(told(number))

    made = run(books, hear, lambda booking: booking.waiting == 0)
    assert books.recorder.identities == ["trade:BTCUSDT:1", "trade:BTCUSDT:3"]
    assert made.must_look.is_set()


def test_more_than_fits_is_fetched_again_instead_of_kept() -> None:
    async def work() -> None:
        made = Booking(Books().books, REF)
        for number in range(module.FACTS_MAX + 10):
            made.hear(told(number))
        assert (made.waiting, made.must_look.is_set()) == (module.FACTS_MAX, True)
        assert made.was_told(f"trade:BTCUSDT:{module.FACTS_MAX + 9}")

    asyncio.run(work())


def test_an_older_fact_in_a_later_batch_has_the_holdings_settled() -> None:
    books = Books()

    async def work() -> None:
        made = Booking(books.books, REF)
        task = asyncio.create_task(made.run())
        made.hear(told(2, 20))
        await until(lambda: made.booked == 1)
        assert books.recorder.settled == 0
        made.hear(told(1, 10))
        await until(lambda: books.recorder.settled == 1)
        task.cancel()

    asyncio.run(work())


def test_a_late_telling_of_a_balance_changes_nothing() -> None:
    books = Books()

    def hear(booking: Booking) -> None:
        booking.hear(balances(20, USDT="2", BTC="1"))
        booking.hear(balances(10, USDT="1"))
        booking.hear(balances(20, BTC="3"))

    run(books, hear, lambda _: bool(books.reported.balances))
    assert {asset: each.free for asset, each in books.reported.balances.items()} == {"USDT": 2, "BTC": 3}


def test_what_the_stream_does_not_tell_whole_is_looked_for() -> None:
    async def work() -> None:
        made = Booking(Books().books, REF)
        made.hear(LookAgain("movement"))
        assert made.must_look.is_set()

    asyncio.run(work())


def test_what_is_of_trades_only_looks_for_no_movements() -> None:
    made = Booking(Books().books, REF)
    made.hear(LookAgain("trade"))
    assert (made.must_look.is_set(), made.looks_for_movements) == (True, False)
    made.hear(LookAgain("movement"))
    assert made.looks_for_movements
