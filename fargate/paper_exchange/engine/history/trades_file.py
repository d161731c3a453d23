"""An account whose own history is a recording: the same ids, prices, amounts, times and sides.

The account was the taker of every recorded trade. Its fee is a ratio of what it received, rounded down to eight
decimals (0.1 % unless said otherwise, 0 for none). What it spends is deposited an hour before the first trade: the
least that keeps every balance from falling below zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_DOWN, Decimal

from fargate.paper_exchange.engine.errors import HistoryUnusable
from fargate.paper_exchange.engine.funding import Movement, make_transfer
from fargate.paper_exchange.engine.history.made import History, needed_before
from fargate.paper_exchange.engine.market.port import HOUR_MS
from fargate.paper_exchange.engine.market.recordings import RecordedTrade
from fargate.paper_exchange.engine.model import Fill, Side, TransferKind
from nightdesk.kernel.money import ZERO, multiply

_FEE_QUANTUM = Decimal("0.00000001")
DEFAULT_FEE_RATIO = Decimal("0.001")


def history_of(
    account_id: int,
    recorded: Sequence[RecordedTrade],
    fee_ratio: Decimal = DEFAULT_FEE_RATIO,
    *,
    in_quote: bool = False,
) -> History:
    """The account history that a recording makes.

    Raises:
        HistoryUnusable: There is no trade in it.
    """
    if not recorded:
        raise HistoryUnusable("The recording holds no trade.")
    fills = [_fill(account_id, row, fee_ratio, in_quote=in_quote) for row in recorded]
    history = History()
    at_ms = min(fill.at_ms for fill in fills) - HOUR_MS
    for number, (asset, amount) in enumerate(sorted(needed_before(fills).items())):
        movement = Movement(TransferKind.DEPOSIT, asset, amount)
        history.record_transfer(make_transfer(account_id, movement, number=number, at_ms=at_ms + number))
    for fill in fills:
        history.record_order([fill])
    return history


def _fill(account_id: int, row: RecordedTrade, fee_ratio: Decimal, *, in_quote: bool) -> Fill:
    trade = row.trade
    side = Side.SELL if trade.buyer_is_maker else Side.BUY
    base, _, quote = row.symbol.partition("/")
    notional = multiply(trade.price, trade.quantity)
    in_base = side is Side.BUY and not in_quote
    charged, amount = (base, trade.quantity) if in_base else (quote, notional)
    fee = multiply(amount, fee_ratio).quantize(_FEE_QUANTUM, ROUND_DOWN) if fee_ratio else ZERO
    number = trade.trade_id
    return Fill(
        account_id, row.symbol, number, number, trade.at_ms, side, trade.price, trade.quantity, notional, fee, charged,
        is_maker=False,
    )  # fmt: skip
