"""Bars that nobody saw are made, those in doubt are compared, and what can't be told yet stays in doubt."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

import pytest

from fargate.portfolio_tracker.doubts import Doubt
from fargate.portfolio_tracker.repair import PATIENCE_S, Repair
from nightdesk.adapters.postgres.tracking import PostgresTrackedBooks
from nightdesk.candles.model import Candle, CandleRow
from nightdesk.kernel.assets import AssetId, Instrument, VenueId
from nightdesk.kernel.errors import Unavailable
from nightdesk.kernel.ids import TenantId
from nightdesk.markets.model import Price
from nightdesk.portfolio.exposure import Exposure
from nightdesk.portfolio.rebuilding import Move, PastBooks

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
BAR, MINUTE = timedelta(minutes=15), timedelta(minutes=1)
ME = TenantId(UUID(int=1))
BTC, ETH, USDT = map(AssetId, ("BTC", "ETH", "USDT"))
FIRST_MOVE = NOON - timedelta(hours=6)


@dataclass(slots=True)
class Source:
    """A database of one portfolio with one coin each, whose markets stand at 10."""

    stored: dict[datetime, Candle] = field(default_factory=dict)
    markets: tuple[AssetId, ...] = (BTC, ETH)
    moves: list[Move] = field(default_factory=list)
    first: datetime | None = FIRST_MOVE
    newest: datetime | None = NOON + timedelta(minutes=5)

    def newest_market_minute(self) -> datetime | None:
        return self.newest

    def first_move(self, tenant_id: TenantId) -> datetime | None:  # noqa: ARG002
        return self.first

    def bars(self, tenant_id: TenantId, since: datetime, until: datetime) -> dict[datetime, Candle]:  # noqa: ARG002
        return {at: bar for at, bar in self.stored.items() if since <= at < until}

    def prices(self, since: datetime, until: datetime) -> list[Price]:
        ends = [since + index * MINUTE for index in range((until - since) // MINUTE + 1)]
        markets = [Instrument(VenueId("binance"), asset, USDT) for asset in self.markets]
        return [Price(instrument=market, last=Decimal(10), at=end) for end in ends for market in markets]

    def past(self, tenant_id: TenantId, since: datetime, until: datetime, prices: Sequence[Price]) -> PastBooks:  # noqa: ARG002
        held = Exposure(portfolio_id=tenant_id, base_asset=USDT, quantities={BTC: Decimal(1), ETH: Decimal(1)})
        return PastBooks(exposure=held, moves=self.moves, prices=prices)


@dataclass(slots=True)
class Sink:
    """Takes rows, if it is there."""

    appended: list[CandleRow] = field(default_factory=list)
    shown: list[CandleRow] = field(default_factory=list)
    was_shown: asyncio.Event = field(default_factory=asyncio.Event)
    is_away: bool = False

    async def append(self, rows: Sequence[CandleRow]) -> None:
        if self.is_away:
            raise Unavailable("valkey.unavailable", "It is away.")
        self.appended += rows

    async def show(self, rows: Sequence[CandleRow], *, is_closed: bool) -> None:
        assert is_closed
        self.shown += rows
        self.was_shown.set()


class Desk:
    """A repair that looks when it is told to."""

    def __init__(self, **source: Any) -> None:
        self.source, self.sink, self.now_s = Source(**source), Sink(), 0.0
        found = cast("PostgresTrackedBooks", self.source)
        self.repair = Repair(found, self.sink, lambda: [ME], every_s=0.001, seconds=lambda: self.now_s)

    def look(self) -> dict[datetime, Candle]:
        """One look; what it made by start of bar, stored afterwards."""
        rows, self.repair._unsent = list(self.repair.look()), []
        made = {row.candle.at: row.candle for row in rows}
        self.source.stored |= made
        return made

    def tell(self) -> None:
        """Have a whole day stored as it should be."""
        self.source.stored = {at: candle(at) for at in boundaries(FIRST_MOVE, NOON)}


def boundaries(since: datetime, until: datetime) -> list[datetime]:
    return [since + index * BAR for index in range((until - since) // BAR)]


def candle(at: datetime, value: float = 20.0) -> Candle:
    return Candle(at, value, value, value, value)


def test_what_is_missing_since_the_ledger_began_is_made_once() -> None:
    desk = Desk()
    assert desk.look() == {at: candle(at) for at in boundaries(FIRST_MOVE, NOON)}
    assert desk.look() == {}


@pytest.mark.parametrize("lacking", [{"first": None}, {"newest": None}])
def test_without_a_ledger_or_a_market_there_is_nothing_to_make(lacking: dict[str, None]) -> None:
    assert Desk(**lacking).look() == {}


def test_a_stored_bar_that_differs_is_made_again_only_where_it_is_in_doubt() -> None:
    desk = Desk()
    desk.tell()
    wrong = [NOON - timedelta(hours=5), NOON - timedelta(hours=4)]
    desk.source.stored |= {at: candle(at, 19) for at in wrong}
    assert desk.look() == {}
    desk.repair.doubt(Doubt(wrong[1] + MINUTE, NOON))
    assert desk.look() == {wrong[1]: candle(wrong[1])}
    desk.repair.doubt(Doubt(wrong[0] + MINUTE, wrong[0] + 2 * MINUTE, ME))
    assert desk.look() == {wrong[0]: candle(wrong[0])}


def test_a_start_compares_the_last_bars() -> None:
    desk = Desk()
    desk.tell()
    at = NOON - BAR
    desk.source.stored[at] = candle(at, 19)
    assert desk.look() == {at: candle(at)}


def test_a_move_booked_late_corrects_the_bars_after_it() -> None:
    desk = Desk()
    desk.tell()
    desk.look()
    moved = NOON - timedelta(hours=3)
    desk.source.moves = [Move(at=moved, asset=USDT, amount=Decimal(5))]
    desk.repair.doubt(Doubt(moved, NOON, ME))
    made = desk.look()
    assert sorted(made) == boundaries(moved - BAR, NOON)
    assert made[moved - BAR].close == made[moved].open == 25


def test_what_is_in_doubt_is_compared_twice() -> None:
    desk = Desk()
    desk.tell()
    desk.look()
    at = NOON - timedelta(hours=4)
    desk.repair.doubt(Doubt(at, at + BAR, ME))
    assert desk.look() == {}
    desk.source.stored[at] = candle(at, 19)  # only now the corrected minutes have come, so to say
    assert desk.look() == {at: candle(at)}


def test_a_bar_waits_for_the_minutes_of_what_is_held_and_is_made_again_when_they_come() -> None:
    desk = Desk(markets=(BTC,))
    desk.source.first = NOON - timedelta(hours=1)
    assert desk.look() == {}
    desk.now_s = PATIENCE_S
    late = boundaries(NOON - timedelta(hours=1), NOON)
    assert desk.look() == {at: candle(at, 10) for at in late}
    assert desk.look() == {}
    desk.source.markets = (BTC, ETH)
    assert desk.look() == {at: candle(at) for at in late}
    desk.source.stored |= {at: candle(at, 19) for at in late}
    assert desk.look() == {}  # the doubt is settled


def test_what_could_not_be_sent_is_sent_by_the_next_life() -> None:
    async def lives() -> None:
        desk, stopping = Desk(), asyncio.Event()
        desk.sink.is_away = True
        with pytest.raises(Unavailable):
            await desk.repair.run(stopping)
        desk.sink.is_away = False
        desk.source.newest = None
        running = asyncio.create_task(desk.repair.run(stopping))
        await asyncio.wait_for(desk.sink.was_shown.wait(), 20)
        stopping.set()
        await running
        assert desk.repair.bars_made == len(desk.sink.appended) == len(boundaries(FIRST_MOVE, NOON))

    asyncio.run(lives())


def test_an_old_bar_that_stays_unsure_is_not_compared_for_ever() -> None:
    desk = Desk(markets=(BTC,))
    desk.look()
    desk.now_s = PATIENCE_S
    assert len(desk.look()) == len(boundaries(FIRST_MOVE, NOON))
    desk.source.newest = NOON + timedelta(hours=9)
    desk.look()
    span = desk.repair._doubts.span(ME)
    assert span is None or span[0] >= NOON
