"""Facts and entries for tests."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

from nightdesk.kernel.assets import SPOT, AssetId, Instrument, VenueId, Wallet
from nightdesk.kernel.ids import AccountId, CorrelationId, TenantId
from nightdesk.ledger.chain import link
from nightdesk.ledger.model import Entry, EntryKind, Fact, Head, Leg, LegRole

TENANT = TenantId(UUID(int=1))
ACCOUNT = AccountId(UUID(int=2))
START = datetime(2024, 1, 1, tzinfo=UTC)
RECORDED = datetime(2026, 11, 20, 12, tzinfo=UTC)
CORRELATION = CorrelationId("correlation-1")


def new_tenant() -> TenantId:
    """A tenant that no other test uses."""
    return TenantId(uuid4())


def new_account() -> AccountId:
    """An account that no other test uses."""
    return AccountId(uuid4())


def at(seconds: float) -> datetime:
    """So many seconds after the start."""
    return START + timedelta(seconds=seconds)


def leg(role: LegRole, asset: str, amount: str | Decimal, wallet: Wallet = SPOT) -> Leg:
    """A leg from texts."""
    return Leg(role=role, asset=AssetId(asset), amount=Decimal(amount), wallet=wallet)


def trade(
    number: int,
    base: str | Decimal,
    quote: str | Decimal,
    *fees: tuple[str, str],
    symbol: str = "BTC/USDT",
    second: float | None = None,
) -> Fact:
    """A trade by its signed amounts: `trade(1, "2", "-100")` buys; it happens in second `number` unless told."""
    names = symbol.split("/")
    instrument = Instrument(VenueId("binance"), AssetId(names[0]), AssetId(names[1]))
    legs = [leg(LegRole.BASE, names[0], base), leg(LegRole.QUOTE, names[1], quote)]
    return Fact(
        kind=EntryKind.TRADE,
        identity=f"trade:{names[0]}{names[1]}:{number}",
        source="binance.rest",
        occurred_at=at(number if second is None else second),
        legs=(*legs, *(leg(LegRole.FEE, asset, amount) for asset, amount in fees)),
        instrument=instrument,
        order_id=str(number),
    )


def movement(
    number: int,
    asset: str,
    amount: str | Decimal,
    *fees: tuple[str, str],
    kind: EntryKind | None = None,
    second: float | None = None,
) -> Fact:
    """A deposit, or a withdrawal if the amount is negative."""
    told = kind or (EntryKind.DEPOSIT if Decimal(amount) > 0 else EntryKind.WITHDRAWAL)
    paid = (leg(LegRole.FEE, fee_asset, fee) for fee_asset, fee in fees)
    return Fact(
        kind=told,
        identity=f"{told.value}:{number}",
        source="binance.rest",
        occurred_at=at(number if second is None else second),
        legs=(leg(LegRole.MOVEMENT, asset, amount), *paid),
    )


def moved(number: int, kind: EntryKind, *legs: Leg, second: float | None = None) -> Fact:
    """A fact of these legs."""
    return Fact(
        kind=kind,
        identity=f"{kind.value}:{number}",
        source="binance.rest",
        occurred_at=at(number if second is None else second),
        legs=legs,
    )


def chained(facts: Iterable[Fact], head: Head | None = None) -> list[Entry]:
    """The facts as entries of one chain."""
    entries = link(
        head or Head(),
        facts,
        tenant_id=TENANT,
        account_id=ACCOUNT,
        recorded_at=RECORDED,
        correlation_id=CORRELATION,
    )
    return list(entries)
