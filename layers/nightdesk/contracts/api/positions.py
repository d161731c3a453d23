"""Contracts that an account holds, as its venue reports them."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from nightdesk.accounts.positions import ReportedPosition
from nightdesk.contracts.api.common import DecimalText, InstantText, Shape
from nightdesk.kernel.instants import format_instant
from nightdesk.kernel.money import format_amount


class PositionShape(Shape):
    """A contract that is open.

    Attributes:
        contract: `BTC/USDT:USDT`.
        quantity: In base, positive.
        unrealised_pnl: In `settle`, like the prices.
        liquidation_price: Null where the venue tells none.
    """

    account_id: UUID
    contract: str
    side: Literal["long", "short"]
    quantity: DecimalText
    entry_price: DecimalText
    mark_price: DecimalText
    unrealised_pnl: DecimalText
    settle: str
    liquidation_price: DecimalText | None
    reported_at: InstantText


class PositionList(Shape):
    """All of them, by account, then contract."""

    items: list[PositionShape]


def position_shape(reported: ReportedPosition) -> PositionShape:
    """One position."""
    position = reported.position
    liquidation = position.liquidation_price
    return PositionShape(
        account_id=reported.account_id,
        contract=position.contract,
        side=position.side.value,
        quantity=format_amount(position.quantity),
        entry_price=format_amount(position.entry_price),
        mark_price=format_amount(position.mark_price),
        unrealised_pnl=format_amount(position.unrealised_pnl),
        settle=position.settle,
        liquidation_price=None if liquidation is None else format_amount(liquidation),
        reported_at=format_instant(reported.reported_at),
    )
