"""Lines of Kraken's ledger, in the shape that the venue documents."""

from decimal import Decimal
from typing import Any

import pytest

from nightdesk.accounts.model import Cursor, Skip
from nightdesk.adapters.exchange.venues import kraken_ledgers
from nightdesk.ledger.model import EntryKind, Fact, LegRole

# Source: https://docs.kraken.com/api/docs/rest-api/get-ledgers (example answer, its type and amount changed), 2026-11.
LINE: dict[str, Any] = {
    "aclass": "currency", "amount": "0.0023450000", "asset": "XETH", "balance": "459567.9171000000",
    "fee": "0.0000150000", "refid": "TJKLXF-PGMUI-4NTLXU", "time": 1688464484.1787, "type": "staking", "subtype": "",
}  # fmt: skip


def test_a_reward_comes_in_less_its_fee() -> None:
    fact = kraken_ledgers.line("LMKZCZ-Z3GVL-CXKK4H", LINE, str)
    assert isinstance(fact, Fact)
    assert (fact.kind, fact.identity) == (EntryKind.REWARD, "ledger:LMKZCZ-Z3GVL-CXKK4H")
    assert [(leg.role, leg.amount) for leg in fact.legs] == [
        (LegRole.MOVEMENT, Decimal("0.0023450000")),
        (LegRole.FEE, Decimal("-0.0000150000")),
    ]
    assert fact.occurred_at.isoformat() == "2023-07-04T09:54:44.178700+00:00"


@pytest.mark.parametrize(("subtype", "kind"), [("", EntryKind.AIRDROP), ("spottostaking", EntryKind.TRANSFER)])
def test_a_transfer_is_handed_out_or_half_of_one_between_wallets(subtype: str, kind: EntryKind) -> None:
    fact = kraken_ledgers.line("L", LINE | {"type": "transfer", "subtype": subtype, "fee": "0.0000"}, str)
    assert isinstance(fact, Fact)
    assert (fact.kind, len(fact.legs)) == (kind, 1)


@pytest.mark.parametrize("change", [{"amount": 0.5}, {"time": "soon"}, {"fee": None}])
def test_what_can_not_be_read_is_kept_aside(change: dict[str, Any]) -> None:
    assert isinstance(kraken_ledgers.line("L", LINE | change, str), Skip)


def test_a_full_page_goes_on_before_the_newest_that_it_saw() -> None:
    lines = {f"L{number}": LINE | {"time": 1_688_464_484 + number} for number in range(kraken_ledgers.PAGE_ROWS)}
    first = kraken_ledgers.page(lines, {"since_s": 5}, str)
    assert (first.finished, len(first.facts)) == (False, 50)
    assert kraken_ledgers.asked("ledger:staking", first.cursor) == {
        "type": "staking", "ofs": "50", "start": "5", "end": "1688464534",
    }  # fmt: skip
    last = kraken_ledgers.page({"L50": LINE}, first.cursor, str)
    assert (last.finished, last.cursor) == (True, {"since_s": 1_688_464_534 - kraken_ledgers.OVERLAP_S})


@pytest.mark.parametrize("cursor", [{}, {"since_s": 7}])
def test_nothing_new_leaves_where_the_next_import_begins(cursor: Cursor) -> None:
    assert kraken_ledgers.page({}, cursor, str).cursor == cursor
