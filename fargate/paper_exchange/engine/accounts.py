"""Opens accounts, with whatever past they are asked to have."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from fargate.paper_exchange.engine.clock import MarketClock
from fargate.paper_exchange.engine.errors import HistoryUnusable
from fargate.paper_exchange.engine.funding import Movement, make_transfer
from fargate.paper_exchange.engine.history.made import History, store_history
from fargate.paper_exchange.engine.history.seeded import DEFAULT_SYMBOLS, FEE_ASSET, SeededHistory, SeededPlan
from fargate.paper_exchange.engine.history.trades_file import DEFAULT_FEE_RATIO, history_of
from fargate.paper_exchange.engine.market.port import DAY_MS, HOUR_MS
from fargate.paper_exchange.engine.market.recordings import read_trades
from fargate.paper_exchange.engine.markets import Markets
from fargate.paper_exchange.engine.model import QUOTE_FEES, Account, FeeTerms, Permissions, TransferKind
from fargate.paper_exchange.engine.store import Store

TRADES_MAX = 2_000_000
DAYS_MAX = 2_000


@dataclass(frozen=True, slots=True)
class EmptyHistory:
    """No trades, only these deposits."""

    balances: dict[str, Decimal] = field(default_factory=lambda: {"USDT": Decimal(10_000)})


@dataclass(frozen=True, slots=True)
class MadeHistory:
    """So many made-up trades over the past days."""

    seed: int = 1
    trades: int = 200
    symbols: tuple[str, ...] = DEFAULT_SYMBOLS
    days: int = 180


@dataclass(frozen=True, slots=True)
class RecordedHistory:
    """The trades of a file, digit for digit."""

    path: Path
    fee_ratio: Decimal = DEFAULT_FEE_RATIO


WantedHistory = EmptyHistory | MadeHistory | RecordedHistory


class AccountOpener:
    """Makes accounts."""

    def __init__(self, store: Store, markets: Markets, clock: MarketClock) -> None:
        self._store, self._markets, self._clock = store, markets, clock

    def open(
        self,
        venue: str,
        key: str,
        secret: str,
        *,
        label: str,
        permissions: Permissions,
        past: WantedHistory,
        terms: FeeTerms = FeeTerms.DISCOUNT,
    ) -> Account:
        """Open an account with its past, all or nothing.

        Raises:
            HistoryUnusable: The past can't be made.
            UnknownInstrument: It asks for a symbol that is not listed.
        """
        fee_asset = _fee_asset(terms, past)
        account = Account(0, venue, key, secret, label, permissions, fee_asset, self._clock.now_ms())
        with self._store.database.transaction():
            kept = self._store.accounts.add(account)
            store_history(self._store, kept.account_id, self._past(kept, past))
        return kept

    def _past(self, account: Account, past: WantedHistory) -> History:
        account_id, in_quote = account.account_id, account.fee_asset == QUOTE_FEES
        if isinstance(past, RecordedHistory):
            return history_of(account_id, read_trades(past.path), past.fee_ratio, in_quote=in_quote)
        if isinstance(past, MadeHistory):
            return self._made(account, past)
        history = History()
        for number, (asset, amount) in enumerate(sorted(past.balances.items())):
            movement = Movement(TransferKind.DEPOSIT, asset, amount)
            history.record_transfer(make_transfer(account_id, movement, number=number, at_ms=self._clock.now_ms()))
        return history

    def _made(self, account: Account, past: MadeHistory) -> History:
        if not 0 < past.trades <= TRADES_MAX or not past.symbols or not 1 <= past.days <= DAYS_MAX:
            raise HistoryUnusable(
                f"A history has 1 to {TRADES_MAX} trades of at least one symbol over 1 to {DAYS_MAX} days."
            )
        until_ms = self._clock.now_ms() - HOUR_MS
        since_ms = until_ms - past.days * DAY_MS
        plan = SeededPlan(past.seed, past.trades, past.symbols, since_ms, until_ms, account.fee_asset)
        return SeededHistory(account.account_id, plan, self._markets).make()


def _fee_asset(terms: FeeTerms, past: WantedHistory) -> str:
    if terms is FeeTerms.QUOTE:
        return QUOTE_FEES
    return FEE_ASSET if terms is FeeTerms.DISCOUNT and isinstance(past, MadeHistory) else ""
