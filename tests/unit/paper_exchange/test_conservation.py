"""Whatever is traded, every balance is exactly what its history adds up to, and what is locked is what is open."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from fargate.paper_exchange.engine.errors import EngineError
from fargate.paper_exchange.engine.model import OrderRequest, OrderType, Side, TimeInForce, TransferKind
from fargate.paper_exchange.engine.store.history import FOREVER_MS, FillQuery

from .conftest import Desk

_SYMBOL = "ETH/USDT"
_sides = st.sampled_from(Side)
_lots = st.integers(50, 30_000).map(lambda lots: Decimal(lots) / 1000)
_prices = st.integers(9_000, 11_000).map(lambda ticks: Decimal(ticks) / 100)


class Conservation(RuleBasedStateMachine):
    """Three accounts, one of them with a fee asset, trade at random."""

    @initialize()
    def open(self) -> None:
        self.desk = Desk(":memory:")
        self.accounts = [self.desk.account(name, USDT="5000", ETH="40", BNB="0.5") for name in "abc"]

    @rule(who=st.integers(0, 2), side=_sides, quantity=_lots, price=_prices, time=st.sampled_from(TimeInForce))
    def limit(self, who: int, side: Side, quantity: Decimal, price: Decimal, time: TimeInForce) -> None:
        self._submit(who, OrderRequest(_SYMBOL, side, OrderType.LIMIT, quantity, price, time_in_force=time))

    @rule(who=st.integers(0, 2), side=_sides, quantity=_lots)
    def market(self, who: int, side: Side, quantity: Decimal) -> None:
        self._submit(who, OrderRequest(_SYMBOL, side, OrderType.MARKET, quantity))

    @rule(who=st.integers(0, 2), side=_sides, quantity=_lots)
    def market_by_quote(self, who: int, side: Side, quantity: Decimal) -> None:
        request = OrderRequest(_SYMBOL, side, OrderType.MARKET, None, quote_quantity=quantity * 100)
        self._submit(who, request)

    @rule(price=_prices, quantity=_lots, maker=st.booleans())
    def tape(self, price: Decimal, quantity: Decimal, maker: bool) -> None:  # noqa: FBT001
        self.desk.trade(str(price), str(quantity), buyer_is_maker=maker)

    @rule(pick=st.integers(0, 50))
    def cancel(self, pick: int) -> None:
        resting = self.desk.exchange.trading.resting(_SYMBOL)
        if resting:
            order = resting[pick % len(resting)]
            self.desk.exchange.trading.cancel(order.account_id, order)

    @invariant()
    def balances_are_the_sum_of_history(self) -> None:
        for account in getattr(self, "accounts", ()):
            held = {row.asset: row for row in self.desk.exchange.store.accounts.balances(account.account_id)}
            assert all(row.free >= 0 and row.locked >= 0 for row in held.values())
            totals = {asset: row.free + row.locked for asset, row in held.items()}
            assert totals == self._history_of(account.account_id)

    @invariant()
    def locked_is_what_is_open(self) -> None:
        for account in getattr(self, "accounts", ()):
            orders = self.desk.exchange.store.orders.open_orders(account.account_id)
            bids = sum(order.remaining * order.price for order in orders if order.side is Side.BUY)
            asks = sum(order.remaining for order in orders if order.side is Side.SELL)
            assert (self.desk.locked(account, "USDT"), self.desk.locked(account, "ETH")) == (bids, asks)

    def _submit(self, who: int, request: OrderRequest) -> None:
        try:
            self.desk.exchange.trading.submit(self.accounts[who].account_id, request)
        except EngineError:
            return

    def _history_of(self, account_id: int) -> dict[str, Decimal]:
        history = self.desk.exchange.store.history
        totals: dict[str, Decimal] = defaultdict(Decimal)
        for transfer in history.transfers(account_id, TransferKind.DEPOSIT, (0, FOREVER_MS)):
            totals[transfer.asset] += transfer.amount
        for fill in history.fills(account_id, FillQuery(_SYMBOL, 100_000)):
            sign = 1 if fill.side is Side.BUY else -1
            totals["ETH"] += sign * fill.quantity
            totals["USDT"] -= sign * fill.quote_quantity
            totals[fill.fee_asset] -= fill.fee
        return dict(totals)


TestConservation = Conservation.TestCase
TestConservation.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
