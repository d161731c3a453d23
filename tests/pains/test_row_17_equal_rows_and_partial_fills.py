"""Row 17: an import drops equal rows or merges partial fills (rotki #10979, #10997; BittyTax PR 499: 31.41 as 1.55)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest

from nightdesk.kernel.money import format_amount
from nightdesk.ledger.model import Fact
from tests.builders.desk_files import DeskFiles
from tests.builders.ledger import at, trade
from tests.builders.stored_desk import stored_desk
from tests.servers import Postgres

pytestmark = pytest.mark.integration
HEADER = "Date(UTC),Pair,Side,Price,Executed,Amount,Fee\n"


@pytest.fixture
def files(postgres: Postgres, valkey_url: str) -> Iterator[DeskFiles]:
    with stored_desk(postgres.url(), valkey_url) as desk:
        yield DeskFiles.of(desk)


def partial_fills() -> list[Fact]:
    """One order filled in ten equal parts at one millisecond: nothing but the venue's id tells them apart."""
    return [replace(trade(number, "-3.141", "6282", symbol="ETH/USDT"), occurred_at=at(0)) for number in range(10)]


def csv(facts: list[Fact]) -> bytes:
    row = "{0:%Y-%m-%d %H:%M:%S},ETHUSDT,SELL,2000,{1}ETH,{2}USDT,0USDT\n"
    told = (row.format(fact.occurred_at, format_amount(-fact.legs[0].amount), fact.legs[1].amount) for fact in facts)
    return (HEADER + "".join(told)).encode()


def disposed(files: DeskFiles) -> Decimal:
    legs = [leg for entry in files.entries() for leg in entry["legs"] if leg["asset"] == "ETH"]
    return -sum((Decimal(leg["amount"]) for leg in legs), Decimal(0))


def test_ten_equal_fills_of_the_venue_stay_ten(files: DeskFiles) -> None:
    assert files.tell(partial_fills()).recorded == 10
    assert files.tell(partial_fills()).recorded == 0
    assert (len(files.entries()), disposed(files)) == (10, Decimal("31.41"))


def test_ten_equal_rows_of_a_file_stay_ten_however_often_it_is_read(files: DeskFiles) -> None:
    assert files.load(csv(partial_fills()))["entries"] == 10
    assert files.load(csv(partial_fills()))["entries"] == 0
    assert (len(files.entries()), disposed(files)) == (10, Decimal("31.41"))


def test_file_and_venue_together_are_still_ten(files: DeskFiles) -> None:
    files.load(csv(partial_fills()))
    files.tell(partial_fills())
    assert (len(files.entries()), disposed(files)) == (10, Decimal("31.41"))
