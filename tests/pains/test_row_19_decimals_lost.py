"""Row 19: decimals are lost or shown as 0.00 (ghostfolio #7545, #1453, #4253; wealthfolio PR 542)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import psycopg
import pytest

from nightdesk.kernel.money import parse_amount
from nightdesk.ledger.model import LegRole
from nightdesk.lots.average_cost import fold
from tests.builders.desk_files import DeskFiles
from tests.builders.ledger import leg, movement, trade
from tests.builders.stored_desk import stored_desk
from tests.servers import Postgres

pytestmark = pytest.mark.integration
SMALLEST = "0.000000000000000001"
LARGEST = "99999999999999999999.999999999999999999"
DUST = 1_000_000


@pytest.fixture
def files(postgres: Postgres, valkey_url: str) -> Iterator[DeskFiles]:
    with stored_desk(postgres.url(), valkey_url) as desk:
        yield DeskFiles.of(desk)


@pytest.mark.parametrize("amount", [SMALLEST, LARGEST, "0.00000012", "1234567890.000000000000000009"])
def test_every_digit_comes_back_from_the_api(files: DeskFiles, amount: str) -> None:
    files.tell([movement(1, "SHIB", amount)])
    (entry,) = files.entries()
    assert [leg["amount"] for leg in entry["legs"]] == [amount]
    balances = files.caller.call("GET", f"/api/v1/ledger/balances?account_id={files.account_id}").json["items"]
    assert [balance["quantity"] for balance in balances] == [amount]
    (exported,) = (
        line for line in files.caller.call("GET", "/api/v1/ledger/export").json["items"] if line.startswith("entry")
    )
    assert f'"{amount}"' in exported


def test_a_million_lots_of_dust_add_up_exactly_where_they_are_stored(postgres: Postgres) -> None:
    with psycopg.connect(postgres.url("superuser")) as connection:
        connection.execute("CREATE TEMPORARY TABLE dust (LIKE ledger_sums) ON COMMIT DROP")
        connection.execute(
            "INSERT INTO dust SELECT gen_random_uuid(), 'day', '2024-01-01', gen_random_uuid(), 'spot', 'SHIB',"
            " %s::numeric * (1 + number %% 7) FROM generate_series(1, %s) AS number",
            (SMALLEST, DUST),
        )
        row = connection.execute("SELECT sum(amount) FROM dust").fetchone()
    expected = sum(1 + number % 7 for number in range(1, DUST + 1))
    assert row is not None
    assert Fraction(row[0]) == Fraction(expected, 10**18)


def test_a_position_of_many_lots_of_dust_is_exact() -> None:
    bought = [trade(number, SMALLEST, "-0.000000000000000003", symbol="SHIB/USDT") for number in range(20_000)]
    sold = replace(bought[0], legs=(leg(LegRole.BASE, "SHIB", "-" + SMALLEST), leg(LegRole.QUOTE, "USDT", SMALLEST)))
    position = fold([*bought, sold], bought[0].legs[0].asset)
    assert position.quantity == Decimal(19_999).scaleb(-18)
    assert position.cost == {"USDT": Decimal(59_997).scaleb(-18)}


def test_a_digit_too_many_is_refused_and_not_rounded() -> None:
    with pytest.raises(Exception, match="decimals"):
        parse_amount("0.0000000000000000001")
