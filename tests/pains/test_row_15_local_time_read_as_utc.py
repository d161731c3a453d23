"""Row 15: a CSV in local time read as UTC (rotki 12143, staketaxcsv 61)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from nightdesk.ledger.model import Fact
from tests.builders.desk_files import DeskFiles
from tests.builders.ledger import movement
from tests.builders.stored_desk import stored_desk
from tests.servers import Postgres

pytestmark = pytest.mark.integration
HEADER = '"User_ID","UTC_Time","Account","Operation","Coin","Change","Remark"\n'


@pytest.fixture
def files(postgres: Postgres, valkey_url: str) -> Iterator[DeskFiles]:
    with stored_desk(postgres.url(), valkey_url) as desk:
        yield DeskFiles.of(desk)


def deposits(count: int = 12) -> list[Fact]:
    """Over winter and summer, each of an amount of its own."""
    start = datetime(2024, 1, 10, 9, 30, tzinfo=UTC)
    return [
        replace(
            movement(number, "BTC", f"0.{number + 11}"), occurred_at=start + timedelta(days=20 * number, minutes=number)
        )
        for number in range(count)
    ]


def wall(fact: Fact, zone: str) -> str:
    return f"{fact.occurred_at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M:%S}"


def statement(facts: list[Fact], zone: str, header: str = HEADER) -> bytes:
    lines = [f'"1","{wall(fact, zone)}","Spot","Deposit","BTC","{fact.legs[0].amount}",""\n' for fact in facts]
    return (header + "".join(lines)).encode()


def test_the_zone_of_a_shifted_file_is_found_and_its_proof_shown(files: DeskFiles) -> None:
    facts = deposits()
    files.tell(facts[:9])
    zone = files.preview(files.upload(statement(facts, "Europe/Madrid")))["zone"]
    assert (zone["zone"], zone["proof"], zone["matches"]) == ("Europe/Berlin", "proven", 9)
    first = zone["examples"][0]
    assert (first["wall"], first["at"]) == ("2024-01-10T10:30:00", "2024-01-10T09:30:00.000000Z")
    done = files.load(statement(facts, "Europe/Madrid"))
    assert (done["rows_imported"], done["rows_duplicate"]) == (3, 9)
    assert [entry["occurred_at"][:19] for entry in files.entries()] == [
        f"{fact.occurred_at:%Y-%m-%dT%H:%M:%S}" for fact in reversed(facts)
    ]


def test_without_proof_it_is_asked_never_guessed(files: DeskFiles) -> None:
    facts = deposits()
    files.tell(facts[:2])
    path = files.upload(statement(facts, "Europe/Madrid"))
    assert files.preview(path)["zone"]["zone"] is None
    refused = files.caller.call("POST", f"{path}/commit", {"precedence": "count"})
    assert refused.code == "files.zone_needed"
    assert len(files.entries()) == 2


def test_a_column_that_promises_utc_is_not_believed_against_known_events(files: DeskFiles) -> None:
    facts = deposits()
    files.tell(facts[:9])
    rows = "".join(f"{wall(fact, 'Asia/Tokyo')},BTC,BTC,{fact.legs[0].amount},a,t,Completed\n" for fact in facts)
    path = files.upload(f"Date(UTC),Coin,Network,Amount,Address,TXID,Status\n{rows}".encode())
    zone = files.preview(path)["zone"]
    assert (zone["zone"], zone["contradicted"], zone["proven"]) == (None, True, "Asia/Tokyo")
    told = files.preview(path, zone="Asia/Tokyo")
    assert (told["counts"]["imported"], told["counts"]["duplicate"]) == (3, 9)
