from dataclasses import replace
from datetime import timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pytest

from nightdesk.kernel.assets import FUTURES, MARGIN, Wallet
from nightdesk.kernel.errors import InvalidInput
from nightdesk.ledger.facts import require_fact, reversed_entry
from nightdesk.ledger.model import EntryKind, Fact, LegRole
from tests.builders.ledger import START, leg, moved, movement, trade

TRADE = trade(1, "1", "-100", ("BNB", "-0.1"))
MOVEMENT = movement(1, "BTC", "-1", ("BTC", "-0.1"))
BASE, QUOTE = TRADE.legs[:2]


GIVEN, TAKEN = leg(LegRole.MOVEMENT, "SHIB", "-1000"), leg(LegRole.MOVEMENT, "BNB", "0.1")
OUT, INTO = leg(LegRole.MOVEMENT, "BTC", "-1"), leg(LegRole.MOVEMENT, "BTC", "1", MARGIN)
PAID = leg(LegRole.FEE, "BNB", "-0.1", FUTURES)
REVERSAL = replace(TRADE, kind=EntryKind.REVERSAL, identity="reversal:" + "0a" * 4 + "-0000-0000-0000-" + "0b" * 6)


@pytest.mark.parametrize(
    "fact",
    [
        TRADE,
        MOVEMENT,
        movement(1, "BTC", "-1", kind=EntryKind.FUNDING),
        moved(1, EntryKind.CONVERSION, GIVEN, TAKEN, PAID),
        moved(1, EntryKind.CONVERSION, GIVEN, OUT, TAKEN),
        moved(1, EntryKind.TRANSFER, OUT),
        moved(1, EntryKind.TRANSFER, OUT, INTO, PAID),
        moved(1, EntryKind.FEE, PAID),
        REVERSAL,
    ],
)
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
        (replace(TRADE, legs=(BASE, leg(LegRole.QUOTE, "USDT", "-1", MARGIN))), "ledger.legs_sides"),
        (replace(MOVEMENT, legs=(leg(LegRole.MOVEMENT, "BTC", "1", Wallet("cellar")),)), "wallet.malformed"),
        (moved(1, EntryKind.CONVERSION, GIVEN), "ledger.legs_sides"),
        (moved(1, EntryKind.CONVERSION, TAKEN, PAID), "ledger.legs_sides"),
        (moved(1, EntryKind.CONVERSION, OUT, INTO), "ledger.legs_sides"),
        (moved(1, EntryKind.CONVERSION, BASE, QUOTE), "ledger.legs_roles"),
        (moved(1, EntryKind.TRANSFER, OUT, TAKEN), "ledger.legs_sides"),
        (moved(1, EntryKind.TRANSFER, OUT, leg(LegRole.MOVEMENT, "BTC", "1")), "ledger.legs_sides"),
        (moved(1, EntryKind.TRANSFER, OUT, leg(LegRole.MOVEMENT, "BTC", "2", MARGIN)), "ledger.legs_sides"),
        (moved(1, EntryKind.TRANSFER, OUT, INTO, INTO), "ledger.legs_sides"),
        (moved(1, EntryKind.FEE, OUT), "ledger.legs_roles"),
        (replace(REVERSAL, identity="trade:1"), "ledger.reversal_malformed"),
    ],
)
def test_malformed_fact_is_refused_with_its_reason(fact: Fact, code: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        require_fact(fact)
    assert refusal.value.code == code


def test_smallest_and_largest_amounts_pass() -> None:
    for text in ("1E-18", "-99999999999999999999.999999999999999999"):
        require_fact(replace(MOVEMENT, legs=(leg(LegRole.MOVEMENT, "SHIB", Decimal(text)),)))


def test_reversal_names_the_entry_that_it_takes_back() -> None:
    assert reversed_entry(REVERSAL) == UUID("0a0a0a0a-0000-0000-0000-0b0b0b0b0b0b")
    assert reversed_entry(replace(REVERSAL, kind=EntryKind.TRADE)) is None
