"""All of an account's further wallets around one store."""

from __future__ import annotations

from fargate.paper_exchange.engine.clock import MarketClock
from fargate.paper_exchange.engine.events import EventBus
from fargate.paper_exchange.engine.markets import Markets
from fargate.paper_exchange.engine.store import Store
from fargate.paper_exchange.engine.wallets.desk import WalletDesk
from fargate.paper_exchange.engine.wallets.futures import FuturesDesk
from fargate.paper_exchange.engine.wallets.margin import MarginDesk
from fargate.paper_exchange.engine.wallets.store import WalletStore


class Wallets:
    """What faces and the operator ask for beside spot."""

    def __init__(self, store: Store, markets: Markets, clock: MarketClock, bus: EventBus) -> None:
        self.kept = WalletStore(store)
        self.desk = WalletDesk(store, self.kept, markets, clock, bus)
        self.margin = MarginDesk(store, self.kept, markets, clock)
        self.futures = FuturesDesk(store, self.kept, markets, clock)

    def advance(self) -> None:
        """Charge interest and exchange funding that has become due."""
        self.margin.advance()
        self.futures.advance()
