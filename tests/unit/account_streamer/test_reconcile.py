from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from fargate.account_streamer.reconcile import Reconciler, Round
from nightdesk.accounts.model import AccountState, ImportProgress, ImportState
from nightdesk.accounts.streaming import differences, suspects
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.errors import RateLimited, Unavailable
from nightdesk.kernel.ids import CorrelationId, ImportId
from tests.builders.ledger import trade
from tests.fakes.clock import NOON
from tests.unit.account_streamer.fakes import ACCOUNT, REF, TENANT, Books, FakeStream

BTC, ETH, FUNDS = "trades:BTC/USDT", "trades:ETH/USDT", "deposits"


def booked(*numbers: int, symbol: str = "BTC/USDT") -> Books:
    books = Books()
    books.recorder.record(REF, [trade(number, "1", "-5", symbol=symbol) for number in numbers], NOON)
    return books


def look(books: Books, stream: FakeStream, *rounds: bool, movements: bool = False) -> list[Round]:
    """Rounds of one reconciler, each whole or not."""

    async def work() -> list[Round]:
        reconciler = Reconciler(books.books, REF, books.clock)
        return [await reconciler.round(stream, is_whole=whole, movements=movements) for whole in rounds]

    return asyncio.run(work())


def test_a_missed_trade_is_found_by_the_balances_and_booked_with_its_cursor() -> None:
    books, facts = booked(1), [trade(number, "1", "-5") for number in (1, 2, 3)]
    books.read(BTC, ETH)
    stream = FakeStream(held={"BTC": "3", "USDT": "-15"}, history={BTC: facts, ETH: [], FUNDS: []})
    (found,) = look(books, stream, False)
    assert found == Round(is_whole=True, missed=("trade:BTCUSDT:2", "trade:BTCUSDT:3"))
    assert books.recorder.identities == [fact.identity for fact in facts]
    positions = {each.stream: each.cursor for each in books.imports.positions(TENANT, ACCOUNT)}
    assert positions[BTC] == {"first": 3}
    assert books.reported.balances[AssetId("BTC")].free == Decimal(3)
    assert books.recorder.settled == 1


def test_where_balances_agree_little_is_asked_and_movements_only_when_told_of() -> None:
    books = booked(1)
    books.read(BTC, ETH, FUNDS)
    held = {"BTC": "1", "USDT": "-5"}
    stream = FakeStream(held=held, history={BTC: [], ETH: [], FUNDS: []})
    look(books, stream, True, False)
    assert stream.asked == [BTC, FUNDS, BTC]
    again = FakeStream(held=held, history={BTC: [], ETH: [], FUNDS: []})
    look(books, again, False, False, movements=True)
    assert again.asked == [BTC, FUNDS, BTC, FUNDS]


def test_movements_are_asked_for_only_if_trades_leave_balances_unexplained() -> None:
    books = booked(1)
    books.read(BTC, FUNDS)
    stream = FakeStream(held={"BTC": "1", "USDT": "-5"}, history={BTC: [trade(1, "1", "-5")], FUNDS: []})
    reconciler = Reconciler(books.books, REF, books.clock)

    async def asked(**held: str) -> list[str]:
        stream.held |= held
        stream.asked.clear()
        await reconciler.round(stream, is_whole=False)
        return stream.asked

    async def work() -> None:
        assert FUNDS in await asked()
        stream.history[BTC].append(trade(2, "1", "-5"))
        assert await asked(BTC="2", USDT="-10") == [BTC]
        assert await asked(BTC="3") == [BTC, FUNDS]

    asyncio.run(work())


def test_a_market_never_traded_is_asked_only_if_both_its_assets_moved() -> None:
    books = booked(1)
    books.read(BTC, ETH)
    stream = FakeStream(held={"BTC": "1", "USDT": "-5", "ETH": "1"}, history={BTC: [], ETH: []})
    look(books, stream, False)
    assert ETH not in stream.asked
    stream.held["USDT"] = "-10"
    stream.history[ETH] = [trade(9, "1", "-5", symbol="ETH/USDT")]
    (found,) = look(books, stream, False)
    assert found.missed == ("trade:ETHUSDT:9",)


def test_what_two_rounds_could_not_explain_is_let_be() -> None:
    books = booked(1)
    books.read(BTC, FUNDS)
    stream = FakeStream(held={"BTC": "1", "USDT": "995"}, history={BTC: [], FUNDS: []})
    look(books, stream, True, False, False, False)
    assert stream.asked.count(FUNDS) == 2


def test_an_open_import_is_left_to_do_the_work() -> None:
    books = booked(1)
    open_import = ImportProgress(
        tenant_id=TENANT,
        import_id=ImportId(ACCOUNT),
        account_id=ACCOUNT,
        state=ImportState.RUNNING,
        correlation_id=CorrelationId("correlation-1"),
        queued_at=NOON,
    )
    books.imports.add(open_import)
    stream = FakeStream(held={"BTC": "9"}, history={BTC: []})
    assert look(books, stream, True) == [Round(is_whole=False)]
    assert (stream.asked, books.reported.balances) == ([], {})


def test_a_limit_in_between_is_waited_for_and_an_outage_is_passed_on() -> None:
    books = booked(1)
    books.read(BTC)
    stream = FakeStream(held={"BTC": "2"}, history={BTC: [trade(2, "1", "-5")]})
    stream.errors = [RateLimited("venue.rate_limited", "Too much.", retry_after_s=0.01)]
    (found,) = look(books, stream, True)
    assert found.missed == ("trade:BTCUSDT:2",)
    stream.errors = [Unavailable("venue.unavailable", "It does not answer.")]
    with pytest.raises(Unavailable):
        look(books, stream, True)


def test_a_key_that_works_again_heals_the_account() -> None:
    books = booked(1)
    books.books.fail(REF, "accounts.key_wrong")
    look(books, FakeStream(held={"BTC": "1", "USDT": "-5"}), True)
    assert books.state == (AccountState.ACTIVE, None)


def test_differences_and_suspects() -> None:
    btc, eth, usdt = AssetId("BTC"), AssetId("ETH"), AssetId("USDT")
    reported = asyncio.run(FakeStream(held={"BTC": "2", "USDT": "7"}).balances())
    found = differences(reported, {btc: Decimal(2), usdt: Decimal(5), eth: Decimal(1)})
    assert found == {usdt: 2, eth: -1}
    assert suspects(found, {usdt: Decimal(2)}) == {eth}
    assert suspects({}, found) == {usdt, eth}
