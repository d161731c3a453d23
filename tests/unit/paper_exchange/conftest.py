"""A small exchange with a scripted tape and a clock that is set by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from fargate.paper_exchange.engine.accounts import EmptyHistory
from fargate.paper_exchange.engine.clock import ClockSetting, MarketClock
from fargate.paper_exchange.engine.events import Event
from fargate.paper_exchange.engine.exchange import Exchange
from fargate.paper_exchange.engine.market.recorded import RecordedSource
from fargate.paper_exchange.engine.market.view import MarketView
from fargate.paper_exchange.engine.markets import Markets
from fargate.paper_exchange.engine.model import Account, Instrument, Permissions, TapeTrade
from fargate.paper_exchange.engine.store import Store
from nightdesk.kernel.instants import to_ms

START = datetime(2025, 6, 1, 12, tzinfo=UTC)
START_MS = to_ms(START)


@dataclass
class HandClock:
    """Wall time that moves only when told to."""

    at: datetime = START

    def now(self) -> datetime:
        return self.at

    def forward(self, milliseconds: int) -> None:
        self.at += timedelta(milliseconds=milliseconds)


class Tape(RecordedSource):
    """A tape that a test writes."""

    def __init__(self) -> None:
        super().__init__([TapeTrade(1, START_MS - 1000, Decimal(100), Decimal(10), buyer_is_maker=True)])

    def add(self, at_ms: int, price: str, quantity: str = "10", *, buyer_is_maker: bool = True) -> None:
        trades = [
            *self._trades,
            TapeTrade(len(self._trades) + 1, at_ms, Decimal(price), Decimal(quantity), buyer_is_maker),
        ]
        super().__init__(trades)


@dataclass
class Desk:
    """The exchange under test and the hands on it."""

    path: Path | str
    clock: HandClock = field(default_factory=HandClock)
    tapes: dict[str, Tape] = field(default_factory=lambda: {"ETH/USDT": Tape(), "BNB/USDT": Tape()})
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.exchange = self._open()

    def _open(self) -> Exchange:
        instruments = [
            Instrument("ETH", "USDT", Decimal("0.01"), Decimal("0.001"), Decimal(5), Decimal(100_000)),
            Instrument("BNB", "USDT", Decimal("0.01"), Decimal("0.001"), Decimal(5), Decimal(100_000)),
        ]
        views = {row.symbol: MarketView(row, self.tapes[row.symbol]) for row in instruments}
        clock = MarketClock(self.clock, ClockSetting(START_MS, START_MS))
        exchange = Exchange(Store(self.path), Markets(views, clock), clock)
        exchange.bus.listen(self.events.append)
        return exchange

    def restart(self) -> None:
        """As after a kill: nothing is closed, everything is read anew."""
        self.exchange = self._open()

    def account(self, name: str = "a", permissions: Permissions | None = None, **balances: str) -> Account:
        past = EmptyHistory({asset: Decimal(amount) for asset, amount in balances.items()})
        key = name * 64
        return self.exchange.opener.open(
            "binance", key[:64], "secret", label=name, permissions=permissions or Permissions(), past=past
        )

    def trade(self, price: str, quantity: str = "10", *, buyer_is_maker: bool = True, symbol: str = "ETH/USDT") -> None:
        """A trade happens a second later, and the exchange sees it."""
        self.clock.forward(1000)
        self.tapes[symbol].add(to_ms(self.clock.at), price, quantity, buyer_is_maker=buyer_is_maker)
        self.exchange.trading.advance()

    def free(self, account: Account, asset: str) -> Decimal:
        return self.exchange.store.accounts.balance(account.account_id, asset).free

    def locked(self, account: Account, asset: str) -> Decimal:
        return self.exchange.store.accounts.balance(account.account_id, asset).locked


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "exchange.sqlite3")
    yield made
    made.exchange.close()


@pytest.fixture
def recorded_trades(recorded: Path) -> Path:
    """The 12,477 recorded trades of XRP/ETH."""
    return recorded / "trades/binance-XRP_ETH-trades-raw.json.gz"
