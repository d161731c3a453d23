"""The engine as a whole: what faces and the operator talk to."""

from __future__ import annotations

from fractions import Fraction

from fargate.paper_exchange.engine.accounts import AccountOpener
from fargate.paper_exchange.engine.books import Books
from fargate.paper_exchange.engine.clock import ClockSetting, MarketClock
from fargate.paper_exchange.engine.events import EventBus
from fargate.paper_exchange.engine.funding import Funding
from fargate.paper_exchange.engine.markets import Markets
from fargate.paper_exchange.engine.store import Store
from fargate.paper_exchange.engine.trading import Trading
from fargate.paper_exchange.engine.wallets.parts import Wallets

_CLOCK = "clock"


class Exchange:
    """Accounts, markets, trading and funding around one store and one market clock."""

    def __init__(self, store: Store, markets: Markets, clock: MarketClock) -> None:
        self.store = store
        self.markets = markets
        self.clock = clock
        self.bus = EventBus()
        self.trading = Trading(store, markets, clock, self.bus)
        self.books = Books(markets, self.trading, self.bus)
        self.funding = Funding(store, clock, self.bus)
        self.wallets = Wallets(store, markets, clock, self.bus)
        self.opener = AccountOpener(store, markets, clock)

    def advance(self) -> None:
        """Let everything happen that has become due: resting orders, interest, funding."""
        self.trading.advance()
        self.wallets.advance()

    def keep_clock(self) -> None:
        """Remember the market clock's setting for the next start."""
        save_clock(self.store, self.clock.setting)

    def close(self) -> None:
        """Close the store."""
        self.store.database.close()


def save_clock(store: Store, setting: ClockSetting) -> None:
    """Write the setting down."""
    store.settings.write(_CLOCK, f"{setting.wall_at_ms} {setting.market_at_ms} {setting.speed}")


def read_clock(store: Store) -> ClockSetting | None:
    """The setting that was written down."""
    text = store.settings.read(_CLOCK)
    if text is None:
        return None
    wall_at_ms, market_at_ms, speed = text.split()
    return ClockSetting(int(wall_at_ms), int(market_at_ms), Fraction(speed))
