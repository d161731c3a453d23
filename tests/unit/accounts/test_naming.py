from datetime import UTC, datetime
from decimal import Decimal

from nightdesk.accounts.model import ReportedBalance
from nightdesk.accounts.naming import identified_balances
from nightdesk.kernel.assets import EARN, SPOT, AssetId, VenueId, Wallet

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def balance(asset: str, free: str, wallet: Wallet = SPOT) -> ReportedBalance:
    return ReportedBalance(asset=AssetId(asset), free=Decimal(free), locked=Decimal(1), wallet=wallet)


def test_two_codes_of_one_asset_are_one_balance_in_each_wallet() -> None:
    told = [balance("MATIC", "2"), balance("BTC", "1"), balance("POL", "3"), balance("MATIC", "5", EARN)]
    found = identified_balances(VenueId("coinbase"), told, NOW)
    assert [(each.asset, each.wallet, each.free, each.locked) for each in found] == [
        ("POL", "spot", Decimal(5), Decimal(2)),
        ("BTC", "spot", Decimal(1), Decimal(1)),
        ("POL", "earn", Decimal(5), Decimal(1)),
    ]
