"""Row 18: the same account by API and by file makes duplicates (Koinly warns of it)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from nightdesk.kernel.money import format_amount
from nightdesk.ledger.model import Fact
from tests.builders.desk_files import DeskFiles
from tests.builders.ledger import trade
from tests.builders.stored_desk import stored_desk
from tests.servers import Postgres

pytestmark = pytest.mark.integration
HEADER = "Date(UTC),Pair,Side,Price,Executed,Amount,Fee\n"


@pytest.fixture
def files(postgres: Postgres, valkey_url: str) -> Iterator[DeskFiles]:
    with stored_desk(postgres.url(), valkey_url) as desk:
        yield DeskFiles.of(desk)


def fills(count: int = 30) -> list[Fact]:
    """The API's: with milliseconds; each ten of them are equal fills of one second."""
    start = datetime(2024, 3, 1, 12, tzinfo=UTC)
    facts = [trade(number, "0.01", "-420.5", ("BNB", "-0.001")) for number in range(count)]
    return [
        replace(fact, occurred_at=start + timedelta(hours=number // 10, milliseconds=37 * (number % 10)))
        for number, fact in enumerate(facts)
    ]


def csv(facts: list[Fact]) -> bytes:
    """As the venue exports them: to the second."""
    rows = [
        f"{fact.occurred_at:%Y-%m-%d %H:%M:%S},BTCUSDT,BUY,42050,{format_amount(fact.legs[0].amount)}BTC,"
        f"{format_amount(-fact.legs[1].amount)}USDT,0.001BNB\n"
        for fact in facts
    ]
    return (HEADER + "".join(rows)).encode()


@pytest.mark.parametrize("precedence", ["count", "venue"])
def test_a_file_after_the_api_adds_nothing(files: DeskFiles, precedence: str) -> None:
    facts = fills()
    files.tell(facts)
    done = files.load(csv(facts), precedence)
    assert (done["entries"], done["rows_duplicate"]) == (0, 30)
    assert len(files.entries()) == len(facts)


def test_the_api_after_a_file_adds_nothing_however_often(files: DeskFiles) -> None:
    facts = fills()
    assert files.load(csv(facts))["entries"] == 30
    for _ in range(2):
        booked = files.tell(facts)
        assert (booked.recorded, booked.duplicate) == (0, 30)
    assert len(files.entries()) == len(facts)
    assert files.load(csv(facts[10:]), "count")["entries"] == 0


def test_what_only_one_of_them_tells_is_told_once(files: DeskFiles) -> None:
    facts = fills()
    files.load(csv(facts[:15]))
    assert files.tell(facts[10:]).recorded == 15
    assert files.load(csv(facts))["entries"] == 0
    assert len(files.entries()) == len(facts)


def test_ten_equal_fills_stay_ten_over_files_of_different_cuts(files: DeskFiles) -> None:
    facts = fills(10)
    assert files.load(csv(facts[:4]))["entries"] == 4
    assert files.load(csv(facts))["entries"] == 6
    assert files.load(csv(facts[3:]))["entries"] == 0
    assert len(files.entries()) == 10


def test_the_overlap_is_shown_before_it_is_committed(files: DeskFiles) -> None:
    facts = fills()
    files.tell(facts[:20])
    preview = files.preview(files.upload(csv(facts[5:])))
    assert preview["overlap"] == [{"month": "2024-03", "equal": 15, "only_file": 10, "only_known": 5, "covered": 0}]
    assert (preview["counts"]["imported"], preview["counts"]["duplicate"]) == (10, 15)
    assert preview["venue_span"]["first_at"] == "2024-03-01T12:00:00.000000Z"
    assert files.entries()[0]["source"] == "binance.rest"


def test_where_the_venues_history_is_taken_as_complete_a_file_adds_nothing_there(files: DeskFiles) -> None:
    """An export that rounds amounts equals nothing, so only precedence keeps it out."""
    facts = fills()
    files.tell([*facts[:10], *facts[20:]])
    rounded = csv(facts[10:20]).replace(b"420.5USDT", b"420USDT")
    older = csv([replace(fact, occurred_at=fact.occurred_at - timedelta(days=400)) for fact in facts[:3]])
    done = files.load(rounded + older[len(HEADER) :], "venue")
    assert (done["entries"], done["rows_skipped"]) == (3, 10)
    (row, *_) = files.caller.call("GET", f"/api/v1/files/{done['file_id']}/rows").json["items"]
    assert row["reason"] == "files.source_precedes"
