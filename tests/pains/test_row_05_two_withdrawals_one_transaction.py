"""Row 5: two withdrawals in one transaction crash or merge (dali-rp2 #199)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from nightdesk.adapters.exchange.venues import binance_rows
from nightdesk.ledger.model import Fact
from tests.builders.desk_files import DeskFiles
from tests.builders.stored_desk import stored_desk
from tests.servers import Postgres

pytestmark = pytest.mark.integration
HASH = "0xb5ef8c13b968a406cc62a93a8bd80f9e9a906ef1b3fcf20a2e48573c17659268"


@pytest.fixture
def files(postgres: Postgres, valkey_url: str) -> Iterator[DeskFiles]:
    with stored_desk(postgres.url(), valkey_url) as desk:
        yield DeskFiles.of(desk)


def withdrawal(native_id: str, amount: str) -> Fact:
    """As Binance tells it: a batch of withdrawals leaves in one transaction."""
    row = {
        "id": native_id,
        "amount": amount,
        "transactionFee": "0.0004",
        "coin": "ETH",
        "status": 6,
        "txId": HASH,
        "applyTime": "2024-10-12 11:12:02",
        "completeTime": "2024-10-12 11:12:09",
        "network": "ETH",
        "transferType": 0,
    }
    fact = binance_rows.withdrawal(row, str)
    assert isinstance(fact, Fact), fact
    return fact


def test_two_legs_of_one_hash_are_two_withdrawals(files: DeskFiles) -> None:
    pair = [
        withdrawal("b6ae22b3aa844210a7041aee7589627c", "8.91"),
        withdrawal("c0de22b3aa844210a7041aee7589627d", "8.91"),
    ]
    assert files.tell(pair).recorded == 2
    again = files.tell([*reversed(pair), *pair])
    assert (again.recorded, again.duplicate, again.doubtful) == (0, 4, 0)
    amounts = [leg["amount"] for entry in files.entries() for leg in entry["legs"] if leg["role"] == "movement"]
    assert sum(map(Decimal, amounts)) == Decimal("-17.82")
    assert len({entry["identity"] for entry in files.entries()}) == 2
