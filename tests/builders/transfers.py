"""Movements for tests."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import NAMESPACE_DNS, uuid5

from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.ids import AccountId
from nightdesk.ledger.transfers.model import Movement, MovementId
from tests.golden.transfers.making import Row


def account(name: str) -> AccountId:
    """The account of a name."""
    return AccountId(uuid5(NAMESPACE_DNS, name))


def of_row(row: Row) -> Movement:
    """A golden row as the matcher takes it."""
    return Movement(
        movement_id=MovementId(row.name),
        account_id=account(row.account),
        asset=AssetId(row.asset),
        amount=row.amount,
        fee=row.fee,
        at=row.at,
        tx_hash=row.tx_hash,
        address=row.address,
        network=row.network,
    )


def moved(name: str, of: str, amount: str, at: datetime, **told: str) -> Movement:
    """A movement of BTC from texts."""
    fee = Decimal(told.pop("fee", "0"))
    asset = AssetId(told.pop("asset", "BTC"))
    return Movement(
        movement_id=MovementId(name),
        account_id=account(of),
        asset=asset,
        amount=Decimal(amount),
        fee=fee,
        at=at,
        **told,
    )
