from dataclasses import replace
from datetime import timedelta, timezone
from decimal import Decimal

import pytest

from nightdesk.kernel.errors import InvalidInput
from nightdesk.ledger.facts import require_fact
from nightdesk.ledger.model import EntryKind, Fact, LegRole
from tests.builders.ledger import START, leg, movement, trade

TRADE = trade(1, "1", "-100", ("BNB", "-0.1"))
MOVEMENT = movement(1, "BTC", "-1", ("BTC", "-0.1"))
BASE, QUOTE = TRADE.legs[:2]


@pytest.mark.parametrize("fact", [TRADE, MOVEMENT, movement(1, "BTC", "-1", kind=EntryKind.FUNDING)])
def test_good_fact_passes_as_it_is(fact: Fact) -> None:
    assert require_fact(fact) is fact


@pytest.mark.parametrize(
    ("fact", "code"),
    [
        (replace(TRADE, identity=""), "ledger.text_malformed"),
        (replace(TRADE, identity="x" * 201), "ledger.text_malformed"),
        (replace(TRADE, identity="a\x00b"), "ledger.text_malformed"),
        (replace(TRADE, identity="a\ud800b"), "ledger.text_malformed"),
        (replace(TRADE, source="a\nb"), "ledger.text_malformed"),
        (replace(TRADE, order_id=""), "ledger.text_malformed"),
        (replace(TRADE, occurred_at=START.replace(tzinfo=None)), "instant.not_utc"),
        (replace(TRADE, occurred_at=START.replace(tzinfo=timezone(timedelta(hours=1)))), "instant.not_utc"),
        (replace(TRADE, legs=()), "ledger.legs_count"),
        (replace(TRADE, legs=TRADE.legs * 6), "ledger.legs_count"),
        (replace(MOVEMENT, legs=(leg(LegRole.MOVEMENT, "BTC", "0"),)), "ledger.leg_zero"),
        (replace(MOVEMENT, legs=(leg(LegRole.MOVEMENT, "BTC", "NaN"),)), "amount.not_finite"),
        (replace(MOVEMENT, legs=(leg(LegRole.MOVEMENT, "BTC", "1E20"),)), "amount.too_large"),
        (replace(MOVEMENT, legs=(leg(LegRole.MOVEMENT, "BTC", "1E-19"),)), "amount.too_precise"),
        (replace(MOVEMENT, legs=(BASE, QUOTE)), "ledger.legs_roles"),
        (replace(TRADE, legs=(BASE,)), "ledger.legs_roles"),
        (replace(TRADE, legs=(QUOTE, BASE)), "ledger.legs_roles"),
        (replace(TRADE, legs=(BASE, QUOTE, leg(LegRole.MOVEMENT, "BTC", "1"))), "ledger.legs_roles"),
        (replace(TRADE, legs=(BASE, leg(LegRole.QUOTE, "USDT", "1"))), "ledger.legs_sides"),
        (replace(TRADE, legs=(BASE, leg(LegRole.QUOTE, "BTC", "-1"))), "ledger.legs_sides"),
    ],
)
def test_malformed_fact_is_refused_with_its_reason(fact: Fact, code: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        require_fact(fact)
    assert refusal.value.code == code


def test_smallest_and_largest_amounts_pass() -> None:
    for text in ("1E-18", "-99999999999999999999.999999999999999999"):
        require_fact(replace(MOVEMENT, legs=(leg(LegRole.MOVEMENT, "SHIB", Decimal(text)),)))
