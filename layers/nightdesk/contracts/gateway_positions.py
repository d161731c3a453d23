"""Open contracts as the exchange gateway answers them."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict, TypeAdapter

from nightdesk.accounts.positions import Position, PositionSide
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.money import format_amount, parse_amount


class PositionShape(BaseModel):
    """A position; amounts are decimal texts."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    contract: str
    side: str
    quantity: str
    entry_price: str
    mark_price: str
    unrealised_pnl: str
    settle: str
    liquidation_price: str | None


POSITIONS: TypeAdapter[tuple[PositionShape, ...]] = TypeAdapter(tuple[PositionShape, ...])


def positions_result(positions: Iterable[Position]) -> list[dict[str, str | None]]:
    """Positions as JSON."""
    return [
        {
            "contract": each.contract,
            "side": each.side.value,
            "quantity": format_amount(each.quantity),
            "entry_price": format_amount(each.entry_price),
            "mark_price": format_amount(each.mark_price),
            "unrealised_pnl": format_amount(each.unrealised_pnl),
            "settle": each.settle,
            "liquidation_price": None if each.liquidation_price is None else format_amount(each.liquidation_price),
        }
        for each in positions
    ]


def positions_of(shapes: Iterable[PositionShape]) -> tuple[Position, ...]:
    """Positions."""
    return tuple(
        Position(
            contract=shape.contract,
            side=PositionSide(shape.side),
            quantity=parse_amount(shape.quantity),
            entry_price=parse_amount(shape.entry_price),
            mark_price=parse_amount(shape.mark_price),
            unrealised_pnl=parse_amount(shape.unrealised_pnl),
            settle=AssetId(shape.settle),
            liquidation_price=None if shape.liquidation_price is None else parse_amount(shape.liquidation_price),
        )
        for shape in shapes
    )
