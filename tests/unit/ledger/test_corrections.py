from dataclasses import replace
from decimal import Decimal

import pytest

from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.errors import Conflict, InvalidInput, NotFound
from nightdesk.ledger.corrections import Corrections
from nightdesk.ledger.facts import reversed_entry
from nightdesk.ledger.model import Appended, EntryKind, Fact
from nightdesk.ledger.service import LedgerService
from nightdesk.lots.average_cost import Position, fold
from nightdesk.portfolio.projection import LedgerRecorder
from tests.builders.ledger import ACCOUNT, CORRELATION, RECORDED, TENANT, movement, trade
from tests.fakes.ledger import FakeLedgerStore
from tests.fakes.portfolio import FakeHoldingStore

BTC = AssetId("BTC")
BOUGHT, MORE, RIGHT = trade(1, "1", "-10"), trade(2, "1", "-30"), trade(9, "1", "-20", second=1)


class Books:
    """A ledger in which the first purchase is wrong."""

    def __init__(self) -> None:
        self.ledger, self.holdings = FakeLedgerStore(), FakeHoldingStore()
        self.recorder = LedgerRecorder(self.ledger, self.holdings)
        self.recorder.record(TENANT, ACCOUNT, [BOUGHT, MORE], recorded_at=RECORDED, correlation_id=CORRELATION)

    def correct(self, identity: str, right: Fact | None) -> Appended:
        corrections = Corrections(self.ledger, self.recorder)
        return corrections.correct(
            TENANT, ACCOUNT, identity, right, source="user.1", recorded_at=RECORDED, correlation_id=CORRELATION
        )

    def bitcoin(self) -> Position:
        return self.holdings.get(TENANT, ACCOUNT, [BTC])[BTC].position


def test_correction_appends_a_reversal_and_what_is_right() -> None:
    books = Books()
    reversal, correction = books.correct(BOUGHT.identity, RIGHT).entries
    first = books.ledger.chains[TENANT, ACCOUNT][0]
    assert first.fact == BOUGHT
    assert reversed_entry(reversal.fact) == first.entry_id
    assert [leg.amount for leg in reversal.fact.legs] == [Decimal(-1), Decimal(10)]
    assert correction.fact == replace(RIGHT, identity=f"correction:{first.entry_id}", source="user.1")
    assert all(report.ok for report in LedgerService(books.ledger).verify(TENANT))


def test_holdings_are_those_of_what_is_right() -> None:
    books = Books()
    books.correct(BOUGHT.identity, RIGHT)
    assert books.bitcoin() == fold([RIGHT, MORE], BTC)


def test_what_was_only_taken_back_never_was() -> None:
    books = Books()
    books.correct(BOUGHT.identity, None)
    assert books.bitcoin() == fold([MORE], BTC)
    books.correct(MORE.identity, None)
    assert books.bitcoin() == Position()


def test_what_was_taken_back_may_be_replaced_later() -> None:
    books = Books()
    books.correct(BOUGHT.identity, None)
    assert len(books.correct(BOUGHT.identity, RIGHT).entries) == 1
    assert books.bitcoin() == fold([RIGHT, MORE], BTC)


def test_same_correction_again_changes_nothing() -> None:
    books = Books()
    books.correct(BOUGHT.identity, RIGHT)
    assert books.correct(BOUGHT.identity, RIGHT).entries == ()


def test_source_that_tells_the_event_again_does_not_bring_it_back() -> None:
    books = Books()
    books.correct(BOUGHT.identity, None)
    done = books.recorder.record(TENANT, ACCOUNT, [BOUGHT], recorded_at=RECORDED, correlation_id=CORRELATION)
    assert (done.entries, done.duplicates, done.doubts) == ((), (BOUGHT.identity,), ())


@pytest.mark.parametrize(
    "right", [None, replace(RIGHT, legs=(RIGHT.legs[0], replace(RIGHT.legs[1], amount=Decimal(-7))))]
)
def test_another_correction_of_the_same_entry_is_refused(right: Fact | None) -> None:
    books = Books()
    books.correct(BOUGHT.identity, RIGHT)
    with pytest.raises(Conflict) as refusal:
        books.correct(BOUGHT.identity, right)
    assert refusal.value.code == "ledger.corrected_before"


def test_correction_can_be_corrected() -> None:
    books = Books()
    wrong = books.correct(BOUGHT.identity, RIGHT).entries[1]
    books.correct(wrong.fact.identity, movement(3, "BTC", "1", second=1))
    assert books.bitcoin() == fold([movement(3, "BTC", "1", second=1), MORE], BTC)


def test_entry_that_is_not_there_is_not_corrected() -> None:
    with pytest.raises(NotFound):
        Books().correct("trade:BTCUSDT:77", None)


def test_reversal_is_not_taken_back() -> None:
    books = Books()
    reversal = books.correct(BOUGHT.identity, None).entries[0]
    assert reversal.fact.kind is EntryKind.REVERSAL
    with pytest.raises(InvalidInput) as refusal:
        books.correct(reversal.fact.identity, None)
    assert refusal.value.code == "ledger.reversal_of_reversal"
