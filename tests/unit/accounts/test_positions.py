"""Open contracts: asked for where a venue has them, kept, and read by their tenant only."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import uuid4

import pytest

from nightdesk.accounts.model import AccountRef
from nightdesk.accounts.positions import (
    Position,
    PositionKeeper,
    PositionService,
    PositionSide,
    ReportedPosition,
)
from nightdesk.contracts.api.positions import position_shape
from nightdesk.contracts.gateway_positions import POSITIONS, positions_of, positions_result
from nightdesk.kernel.assets import AssetId, VenueId
from nightdesk.kernel.errors import NotFound, Unavailable
from nightdesk.kernel.ids import AccountId, CorrelationId, TenantId
from tests.fakes.clock import NOON, FakeClock
from tests.fakes.positions import FakePositions

LONG = Position(
    contract="BTC/USDT:USDT",
    side=PositionSide.LONG,
    quantity=Decimal("0.3"),
    entry_price=Decimal("60000.12345678"),
    mark_price=Decimal(61_000),
    unrealised_pnl=Decimal("299.96296297"),
    settle=AssetId("USDT"),
    liquidation_price=None,
)


@dataclass
class Venue:
    """Answers, or does not."""

    is_up: bool = True
    asked: int = 0

    def positions(self, account: AccountRef) -> tuple[Position, ...]:  # noqa: ARG002
        self.asked += 1
        if not self.is_up:
            raise Unavailable("venue.unavailable", "It does not answer.")
        return (LONG,)


def ref(venue: str = "binance") -> AccountRef:
    return AccountRef(
        tenant_id=TenantId(uuid4()),
        account_id=AccountId(uuid4()),
        venue=VenueId(venue),
        correlation_id=CorrelationId("correlation-positions"),
    )


def test_what_is_open_is_kept_with_the_moment_it_was_asked() -> None:
    kept, venue, account = FakePositions(), Venue(), ref()
    PositionKeeper(kept, venue, FakeClock()).refresh(account)
    found = PositionService(kept).of_account(account.tenant_id, account.account_id)
    assert found == (ReportedPosition(account_id=account.account_id, position=LONG, reported_at=NOON),)
    assert PositionService(kept).of_tenant(account.tenant_id) == found
    with pytest.raises(NotFound):
        PositionService(kept).of_account(TenantId(uuid4()), account.account_id)


def test_a_silent_venue_leaves_what_was_known_and_one_without_contracts_is_not_asked() -> None:
    kept, venue, account = FakePositions(), Venue(), ref()
    keeper = PositionKeeper(kept, venue, FakeClock())
    keeper.refresh(account)
    venue.is_up = False
    keeper.refresh(account)
    assert kept.positions[account.tenant_id, account.account_id]
    keeper.refresh(ref("kraken"))
    assert venue.asked == 2


def test_positions_pass_the_gateway_and_the_api_digit_for_digit() -> None:
    for position in (LONG, Position(**{**_fields(LONG), "liquidation_price": Decimal("0.1")})):  # type: ignore[arg-type]
        said = positions_result([position])
        assert positions_of(POSITIONS.validate_python(said)) == (position,)
        reported = ReportedPosition(account_id=AccountId(uuid4()), position=position, reported_at=NOON)
        assert position_shape(reported).model_dump(exclude={"reported_at", "account_id"}) == said[0]


def _fields(position: Position) -> dict[str, object]:
    return {name: getattr(position, name) for name in position.__slots__}
