"""Contradictions and skipped rows as findings."""

from dataclasses import replace
from decimal import Decimal

import pytest

from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.money import Money
from nightdesk.ledger.inbox import Cause, Finding, finding_id
from nightdesk.ledger.inbox_findings import fact_document, of_doubt, of_skip
from nightdesk.ledger.model import Doubt, Fact, LegRole
from tests.builders.ledger import ACCOUNT, TENANT, at, leg, movement, new_tenant, trade

FEE = leg(LegRole.FEE, "BNB", "-0.1")


@pytest.mark.parametrize(
    ("told", "at_stake"),
    [
        (trade(1, "2", "-100"), Money(Decimal(1), AssetId("BTC"))),
        (trade(1, "1", "-90"), Money(Decimal(10), AssetId("USDT"))),
        (trade(1, "1", "-100", ("BNB", "-0.1")), Money(Decimal("0.1"), AssetId("BNB"))),
        (replace(trade(1, "1", "-100"), occurred_at=at(9)), None),
    ],
)
def test_a_contradiction_tells_both_and_how_far_apart_they_are(told: Fact, at_stake: Money | None) -> None:
    known = trade(1, "1", "-100")
    finding = of_doubt(ACCOUNT, Doubt(known=known, told=told))
    assert (finding.cause, finding.at_stake, finding.occurred_at) == (Cause.CONTRADICTED, at_stake, known.occurred_at)
    assert finding.details["booked"] == fact_document(known)
    assert finding.details["told"] == fact_document(told)
    assert not finding.cause.recurs


def test_two_fees_of_one_asset_are_told_apart() -> None:
    known = trade(1, "1", "-100", ("BNB", "-1"), ("BNB", "-2"))
    told = trade(1, "1", "-100", ("BNB", "-1"), ("BNB", "-5"))
    assert of_doubt(ACCOUNT, Doubt(known=known, told=told)).at_stake == Money(Decimal(3), AssetId("BNB"))


def test_a_document_has_decimal_texts_and_no_instrument_for_a_movement() -> None:
    assert fact_document(movement(3, "ETH", "1.50")) == {
        "kind": "deposit",
        "source": "binance.rest",
        "instrument": None,
        "order_id": None,
        "occurred_at": "2024-01-01T00:00:03.000000Z",
        "legs": [{"role": "movement", "asset": "ETH", "amount": "1.5", "wallet": "spot"}],
    }


def test_a_skipped_row_names_its_reason_and_says_whether_a_symbol_is_unknown() -> None:
    unknown = of_skip(ACCOUNT, "trade:XYZ:1", "import.instrument_unknown", {"symbol": "XYZ"}, at(1))
    broken = of_skip(ACCOUNT, "deposit:1", "import.row_malformed", {"amount": None})
    assert (unknown.cause, unknown.occurred_at) == (Cause.UNKNOWN_SYMBOL, at(1))
    assert (broken.cause, broken.occurred_at) == (Cause.UNREADABLE_ROW, None)
    assert broken.details == {
        "identity": "deposit:1",
        "reason": "import.row_malformed",
        "row": {"amount": None},
    }


def test_a_difference_is_news_when_its_amount_is() -> None:
    first = Finding(cause=Cause.DIFFERENCE, identity="d", details={"difference": "1", "derived": "2"})
    moved = replace(first, details={"difference": "1", "derived": "5"})
    assert first.essence == moved.essence
    assert first.essence != replace(first, details={"difference": "2"}).essence


def test_a_findings_id_is_its_tenants_own() -> None:
    assert finding_id(TENANT, "a") == finding_id(TENANT, "a")
    assert finding_id(TENANT, "a") != finding_id(new_tenant(), "a")
