"""What users' own bots send, and how it waits in the queue."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from nightdesk.kernel.assets import AssetId, Instrument, VenueId, asset_id
from nightdesk.kernel.money import parse_amount
from nightdesk.ledger.model import EntryKind, Fact, Leg, LegRole

SOURCE = "webhook"
PositiveText = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,20}(\.[0-9]{1,18})?$")]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._:-]{1,80}$")]
Symbol = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9$@._-]{1,40}/[A-Za-z0-9$@._-]{1,40}$")]


Occurred = Annotated[AwareDatetime, Field(ge=datetime(2009, 1, 3, tzinfo=UTC), lt=datetime(2100, 1, 1, tzinfo=UTC))]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class FeeReported(_Shape):
    """What the venue kept."""

    asset: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9$@._-]{1,40}$")]
    amount: PositiveText


class TradeReported(_Shape):
    """A trade, as a bot reports it.

    Attributes:
        event_id: The bot's; the same event sent again is the same event.
        trade_id: The venue's. A later import of the same trade recognises it by this.
        symbol: `XRP/ETH`.
        quantity: Of the base.
        quote_quantity: Paid or received, before the fee.
        occurred_at: When the venue says it happened, with its offset from UTC.
    """

    event_id: Name
    trade_id: Name
    symbol: Symbol
    side: Literal["buy", "sell"]
    quantity: PositiveText
    quote_quantity: PositiveText
    fee: FeeReported | None = None
    occurred_at: Occurred
    order_id: Name | None = None


class TradeInbound(_Shape):
    """On `trades-inbound.fifo`: a trade that was reported for an account."""

    tenant_id: UUID
    account_id: UUID
    venue: str
    correlation_id: Annotated[str, Field(max_length=64)]
    received_at: datetime
    report: TradeReported

    @property
    def group(self) -> str:
        """One account's trades are recorded in their order."""
        return str(self.account_id)

    @property
    def deduplication(self) -> str:
        """The same event of the same account is one message."""
        return hashlib.sha256(f"{self.account_id}:{self.report.event_id}".encode()).hexdigest()

    @property
    def identity(self) -> str:
        """The trade's identity in the ledger, whichever way it arrives."""
        return f"trade:{self.report.symbol.replace('/', '').upper()}:{self.report.trade_id}"

    def as_fact(self) -> Fact:
        """What the ledger records.

        Raises:
            InvalidInput: An amount, asset or instant can't be meant.
        """
        report = self.report
        base, quote = (asset_id(code) for code in report.symbol.split("/"))
        sign = 1 if report.side == "buy" else -1
        legs = [
            Leg(role=LegRole.BASE, asset=base, amount=sign * parse_amount(report.quantity)),
            Leg(role=LegRole.QUOTE, asset=quote, amount=-sign * parse_amount(report.quote_quantity)),
        ]
        return Fact(
            kind=EntryKind.TRADE,
            identity=self.identity,
            source=SOURCE,
            occurred_at=report.occurred_at.astimezone(UTC),
            instrument=Instrument(VenueId(self.venue), base, quote),
            order_id=report.order_id,
            legs=(*legs, *_fee(report.fee)),
        )


def _fee(fee: FeeReported | None) -> tuple[Leg, ...]:
    if fee is None:
        return ()
    amount: Decimal = parse_amount(fee.amount)
    asset: AssetId = asset_id(fee.asset)
    return (Leg(role=LegRole.FEE, asset=asset, amount=-amount),) if amount else ()
