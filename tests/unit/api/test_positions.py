from decimal import Decimal
from uuid import UUID, uuid4

from nightdesk.accounts.positions import Position, PositionSide
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.ids import AccountId
from tests.fakes.clock import NOON
from tests.fakes.desk import Caller, FakeDesk

ACCOUNT = AccountId(UUID(int=7))
SHORT = Position(
    contract="ETH/USDT:USDT",
    side=PositionSide.SHORT,
    quantity=Decimal("4.20"),
    entry_price=Decimal("3000.12345678"),
    mark_price=Decimal(2900),
    unrealised_pnl=Decimal("420.51851847"),
    settle=AssetId("USDT"),
    liquidation_price=Decimal("9000.5"),
)
SHOWN = {
    "account_id": str(ACCOUNT),
    "contract": "ETH/USDT:USDT",
    "side": "short",
    "quantity": "4.2",
    "entry_price": "3000.12345678",
    "mark_price": "2900",
    "unrealised_pnl": "420.51851847",
    "settle": "USDT",
    "liquidation_price": "9000.5",
    "reported_at": "2026-03-01T12:00:00.000000Z",
}


def test_open_contracts_are_shown_to_their_tenant(anna: Caller, fake: FakeDesk) -> None:
    assert anna.call("GET", "/api/v1/positions").json == {"items": []}
    (user,) = fake.users.users.values()
    fake.positions.replace(user.tenant_id, ACCOUNT, [SHORT], NOON)
    assert anna.call("GET", "/api/v1/positions").json == {"items": [SHOWN]}
    assert anna.call("GET", f"/api/v1/accounts/{ACCOUNT}/positions").json == {"items": [SHOWN]}


def test_another_tenants_account_is_not_found(anna: Caller) -> None:
    answer = anna.call("GET", f"/api/v1/accounts/{uuid4()}/positions")
    assert (answer.status, answer.json["code"]) == (404, "accounts.not_found")
