from dataclasses import replace
from decimal import Decimal

import pytest

from nightdesk.kernel.errors import InvalidInput
from nightdesk.ledger.model import Doubt, EntryFilter, EntryKind, Fact
from nightdesk.ledger.service import LedgerService, append
from tests.builders.ledger import ACCOUNT, CORRELATION, RECORDED, TENANT, at, movement, new_account, trade
from tests.fakes.ledger import FakeLedgerStore


def book(store: FakeLedgerStore, *facts: Fact) -> tuple[list[int], tuple[str, ...]]:
    """Append; the new sequences and the duplicates."""
    done = append(store, TENANT, ACCOUNT, facts, recorded_at=RECORDED, correlation_id=CORRELATION)
    return [entry.sequence for entry in done.entries], done.duplicates


def test_sequences_go_on_without_a_hole() -> None:
    store = FakeLedgerStore()
    assert book(store, trade(1, "1", "-1"), trade(2, "1", "-1")) == ([1, 2], ())
    assert book(store, trade(3, "1", "-1")) == ([3], ())


def test_what_is_there_already_is_a_duplicate() -> None:
    store = FakeLedgerStore()
    book(store, trade(1, "1", "-1"))
    assert book(store, trade(1, "1", "-1"), trade(2, "1", "-1"), trade(2, "1", "-1")) == (
        [2],
        ("trade:BTCUSDT:1", "trade:BTCUSDT:2"),
    )


KNOWN = trade(1, "1", "-1", ("BNB", "-1"))


@pytest.mark.parametrize(
    "told",
    [
        replace(KNOWN, kind=EntryKind.REWARD, legs=KNOWN.legs[2:]),
        replace(KNOWN, instrument=None),
        replace(KNOWN, occurred_at=at(2)),
        replace(KNOWN, order_id="2"),
        trade(1, "1", "-1.000000000000000001", ("BNB", "-1")),
        trade(1, "1", "-1"),
    ],
)
def test_a_known_event_that_is_told_differently_is_kept_aside(told: Fact) -> None:
    store = FakeLedgerStore()
    book(store, KNOWN)
    for _ in range(2):
        done = append(store, TENANT, ACCOUNT, [told], recorded_at=RECORDED, correlation_id=CORRELATION)
        assert (done.entries, done.duplicates) == ((), (KNOWN.identity,))
        assert done.doubts == (Doubt(known=KNOWN, told=told),)
    assert store.doubts == [Doubt(known=KNOWN, told=told)]


@pytest.mark.parametrize(
    "told",
    [
        KNOWN,
        replace(KNOWN, source="binance.stream"),
        replace(KNOWN, order_id=None),
        replace(KNOWN, legs=(KNOWN.legs[0], KNOWN.legs[1], replace(KNOWN.legs[2], amount=Decimal("-1.00")))),
    ],
)
def test_another_way_of_telling_is_no_doubt(told: Fact) -> None:
    store = FakeLedgerStore()
    done = append(store, TENANT, ACCOUNT, [KNOWN, told], recorded_at=RECORDED, correlation_id=CORRELATION)
    assert (len(done.entries), done.duplicates, done.doubts) == (1, (KNOWN.identity,), ())


def test_ten_equal_fills_stay_ten() -> None:
    fills = [replace(trade(7, "1", "-1"), identity=f"trade:BTCUSDT:{number}") for number in range(10)]
    assert book(FakeLedgerStore(), *fills)[0] == list(range(1, 11))


def test_one_malformed_fact_keeps_everything_out() -> None:
    store = FakeLedgerStore()
    with pytest.raises(InvalidInput):
        book(store, trade(1, "1", "-1"), replace(trade(2, "1", "-1"), legs=()))
    assert store.chains == {}


def test_nothing_new_writes_nothing() -> None:
    store = FakeLedgerStore()
    assert book(store) == ([], ())
    assert store.chains == {}


@pytest.mark.parametrize("limit", [0, -1, 1001])
def test_page_of_an_absurd_size_is_refused(limit: int) -> None:
    with pytest.raises(InvalidInput, match="1 to 1000"):
        LedgerService(FakeLedgerStore()).page(TENANT, EntryFilter(), limit=limit)


def test_pages_give_everything_once_newest_first_while_more_arrives() -> None:
    store = FakeLedgerStore()
    service = LedgerService(store)
    book(store, *(movement(number, "BTC", "1") for number in range(1, 8)))
    first = service.page(TENANT, EntryFilter(), limit=3)
    book(store, movement(8, "BTC", "1"))
    second = service.page(TENANT, EntryFilter(), cursor=first.next_cursor, limit=3)
    third = service.page(TENANT, EntryFilter(), cursor=second.next_cursor, limit=3)
    read = [entry.sequence for page in (first, second, third) for entry in page.entries]
    assert read == [7, 6, 5, 4, 3, 2, 1]
    assert third.next_cursor is None


def test_last_page_that_is_full_says_so() -> None:
    store = FakeLedgerStore()
    book(store, movement(1, "BTC", "1"))
    assert LedgerService(store).page(TENANT, EntryFilter(), limit=1).next_cursor is None


def test_verification_covers_every_account_or_the_one_asked_for() -> None:
    store = FakeLedgerStore()
    book(store, movement(1, "BTC", "1"))
    other = new_account()
    append(store, TENANT, other, [movement(1, "BTC", "1")], recorded_at=RECORDED, correlation_id=CORRELATION)
    service = LedgerService(store)
    assert {report.account_id for report in service.verify(TENANT) if report.ok} == {ACCOUNT, other}
    assert [report.account_id for report in service.verify(TENANT, other)] == [other]
