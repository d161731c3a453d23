"""A file from its announcement to its entries, as the page does it."""

import base64
import contextlib
import hashlib
from pathlib import Path
from typing import Any

import pytest

from nightdesk.accounts.files.importing import FileImportService
from nightdesk.ledger.model import Entry
from tests.fakes.desk import Caller, FakeDesk
from tests.fakes.files import FakeFileImportUnits

GOLDEN = Path(__file__).parents[2] / "golden" / "files"
UNKNOWN = b"When;What;Out;Coin out;In;Coin in;Fee;Coin fee;Hash\n05.01.2024 11:00;Kauf;100,5;EUR;0,0025;BTC;0,1;EUR;\n"


def manual(caller: Caller, label: str = "Ledger wallet") -> str:
    answer = caller.call("POST", "/api/v1/accounts/manual", {"venue": "My Ledger!", "label": label})
    assert answer.status == 201, answer.text
    assert (answer.json["venue"], answer.json["state"]) == ("my_ledger", "manual")
    return str(answer.json["account_id"])


def upload(caller: Caller, account_id: str, content: bytes, name: str = "export.csv") -> str:
    digest = hashlib.sha256(content).hexdigest()
    body = {"account_id": account_id, "name": name, "size_bytes": len(content), "sha256": digest}
    announced = caller.call("POST", "/api/v1/files", body)
    assert announced.status == 201, announced.text
    step = announced.json["chunk_bytes"]
    path = f"/api/v1/files/{announced.json['file_id']}"
    for place, start in enumerate(range(0, len(content), step)):
        piece = base64.b64encode(content[start : start + step]).decode()
        assert caller.call("PUT", f"{path}/chunks/{place}", {"content": piece}).status == 204
    return path


def work(fake: FakeDesk, remaining_s: float = 100.0) -> None:
    service = FileImportService(units=FakeFileImportUnits(fake.files), queue=fake.file_jobs, clock=fake.clock)
    while fake.file_jobs.jobs:
        service.run(fake.file_jobs.jobs.pop(0), lambda: remaining_s)


def booked(fake: FakeDesk) -> list[Entry]:
    return [entry for chain in fake.ledger.chains.values() for entry in chain]


def whole(shape: dict[str, Any]) -> bool:
    parts = ("rows_imported", "rows_duplicate", "rows_skipped", "rows_rejected")
    return bool(shape["rows_total"] == sum(shape[part] for part in parts))


def test_a_koinly_file_becomes_entries(anna: Caller, fake: FakeDesk) -> None:
    content = (GOLDEN / "koinly_universal.csv").read_bytes()
    path = upload(anna, manual(anna), content)
    preview = anna.call("POST", f"{path}/preview", {}).json
    assert (preview["format"], preview["zone"]["zone"], preview["zone"]["proof"]) == (
        "koinly.universal",
        "UTC",
        "contract",
    )
    assert preview["counts"] == {"rows": 8, "imported": 5, "duplicate": 0, "skipped": 2, "rejected": 1, "events": 5}
    assert [each["reason"] for each in preview["left_out"]] == [
        "files.within_account",
        "files.number_malformed",
        "files.label_ignored",
    ]
    assert anna.call("POST", f"{path}/commit", {"precedence": "count"}).status == 202
    work(fake)
    done = anna.call("GET", path).json
    assert (done["state"], done["entries"], done["rows_rejected"], done["rows_skipped"]) == ("done", 5, 1, 2)
    assert whole(done)
    assert len(booked(fake)) == 5
    (rejected,) = anna.call("GET", f"{path}/rows?rejected=true").json["items"]
    assert (rejected["line"], rejected["cells"][3]) == (7, "abc")
    assert fake.files.files.details[booked(fake)[0].fact.identity].details.tx_hash == "0xaa"


def test_the_same_file_twice_adds_nothing(anna: Caller, fake: FakeDesk) -> None:
    account, content = manual(anna), (GOLDEN / "binance_trades.csv").read_bytes()
    for _ in range(2):
        path = upload(anna, account, content)
        anna.call("POST", f"{path}/commit", {"precedence": "count"})
        work(fake)
    second = anna.call("GET", path).json
    assert (second["rows_imported"], second["rows_duplicate"], second["entries"]) == (0, 3, 0)
    assert len(booked(fake)) == 3
    assert len(anna.call("GET", "/api/v1/files").json["items"]) == 2


def test_the_zone_is_asked_and_commit_waits_for_the_answer(anna: Caller, fake: FakeDesk) -> None:
    path = upload(anna, manual(anna), (GOLDEN / "cointracking_trades.csv").read_bytes())
    preview = anna.call("POST", f"{path}/preview", {}).json
    assert (preview["zone"]["zone"], preview["counts"]) == (None, None)
    assert anna.call("POST", f"{path}/commit", {"precedence": "count"}).code == "files.zone_needed"
    assert anna.call("POST", f"{path}/preview", {"zone": "Mars/Base"}).code == "files.zone_unknown"
    told = anna.call("POST", f"{path}/preview", {"zone": "Europe/Berlin"}).json
    assert told["events"][0]["occurred_at"] == "2024-01-05T10:00:00.000000Z"
    committed = anna.call("POST", f"{path}/commit", {"zone": "Europe/Berlin", "precedence": "count"}).json
    assert (committed["zone"], committed["zone_proof"]) == ("Europe/Berlin", "given")
    work(fake)
    assert len(booked(fake)) == 4


def test_an_unknown_header_is_mapped_once_and_known_after(anna: Caller, fake: FakeDesk) -> None:
    account = manual(anna)
    path = upload(anna, account, UNKNOWN)
    preview = anna.call("POST", f"{path}/preview", {}).json
    assert (preview["format"], preview["header"][:2]) == (None, ["When", "What"])
    assert anna.call("POST", f"{path}/commit", {"precedence": "count"}).code == "files.format_unknown"
    roles = ["date", "type", "sent_amount", "sent_asset", "received_amount", "received_asset", "fee_amount"]
    mapping = {
        "name": "My bank",
        "fingerprint": preview["fingerprint"],
        "header": preview["header"],
        "columns": {role: place for place, role in enumerate([*roles, "fee_asset", "tx_hash"])},
        "zone": "UTC",
        "types": {"Kauf": "trade"},
    }
    saved = anna.call("POST", "/api/v1/file-mappings", mapping).json
    again = anna.call("POST", f"{path}/preview", {}).json
    assert (again["format"], again["mapping"]["name"]) == ("mapped", "My bank")
    (event,) = again["events"]
    assert [leg["amount"] for leg in event["legs"]] == ["0.0025", "-100.5", "-0.1"]
    anna.call("POST", f"{path}/commit", {"precedence": "count"})
    work(fake)
    assert len(booked(fake)) == 1
    listed = anna.call("GET", "/api/v1/file-mappings").json["items"]
    assert listed[0]["mapping"] == {**mapping, "date_pattern": "", "types": {"kauf": "trade"}}
    assert anna.call("DELETE", f"/api/v1/file-mappings/{saved['mapping_id']}").status == 204
    assert anna.call("DELETE", f"/api/v1/file-mappings/{saved['mapping_id']}").code == "files.mapping_not_found"


@pytest.mark.parametrize(
    ("columns", "detail"),
    [
        ({"sent_amount": 0, "sent_asset": 1}, "date"),
        ({"date": 0}, "amount"),
        ({"date": 9, "amount": 0, "asset": 1}, "columns that the file has"),
    ],
)
def test_a_mapping_must_say_what_a_row_is(anna: Caller, columns: dict[str, int], detail: str) -> None:
    mapping = {"name": "x", "fingerprint": "0" * 64, "header": ["a", "b", "c"], "columns": columns}
    answer = anna.call("POST", "/api/v1/file-mappings", mapping)
    assert answer.code == "files.mapping_malformed"
    assert detail in answer.json["detail"]


def test_a_worker_killed_after_any_transaction_loses_and_doubles_nothing(anna: Caller, fake: FakeDesk) -> None:
    rows = "".join(f"2024-01-01 00:{n // 60:02d}:{n % 60:02d} UTC,{n + 1},BTC\n" for n in range(1200))
    path = upload(anna, manual(anna), f"Koinly Date,Amount,Currency\n{rows}".encode())
    anna.call("POST", f"{path}/commit", {"precedence": "count"})
    (job,) = fake.file_jobs.jobs
    for lives in range(6):
        fake.files.die_after = lives
        fake.file_jobs.jobs = [job]
        with contextlib.suppress(KeyboardInterrupt):
            work(fake)
    fake.files.die_after = None
    fake.file_jobs.jobs = [job]
    work(fake)
    done = anna.call("GET", path).json
    assert (done["state"], done["rows_imported"], done["entries"]) == ("done", 1200, 1200)
    assert len(booked(fake)) == 1200


def test_a_worker_at_its_end_sends_the_rest_on(anna: Caller, fake: FakeDesk) -> None:
    path = upload(anna, manual(anna), (GOLDEN / "binance_trades.csv").read_bytes())
    anna.call("POST", f"{path}/commit", {"precedence": "count"})
    service = FileImportService(units=FakeFileImportUnits(fake.files), queue=fake.file_jobs, clock=fake.clock)
    service.run(fake.file_jobs.jobs.pop(), lambda: 1.0)
    assert len(fake.file_jobs.jobs) == 1
    work(fake)
    assert len(booked(fake)) == 3


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"size_bytes": 17 * 1024 * 1024}, "files.too_large"),
        ({"account_id": "00000000-0000-0000-0000-00000000ffff"}, "accounts.not_found"),
    ],
)
def test_what_is_announced_is_checked(anna: Caller, change: dict[str, object], code: str) -> None:
    body = {"account_id": manual(anna), "name": "x.csv", "size_bytes": 3, "sha256": "0" * 64, **change}
    assert anna.call("POST", "/api/v1/files", body).code == code


def test_a_file_that_is_not_whole_is_not_previewed(anna: Caller) -> None:
    body = {"account_id": manual(anna), "name": "x.csv", "size_bytes": 3, "sha256": "0" * 64}
    path = f"/api/v1/files/{anna.call('POST', '/api/v1/files', body).json['file_id']}"
    assert anna.call("POST", f"{path}/preview", {}).code == "files.incomplete"
    assert anna.call("PUT", f"{path}/chunks/0", {"content": "AAAA"}).status == 204
    assert anna.call("POST", f"{path}/preview", {}).code == "files.incomplete"
    assert anna.call("PUT", f"{path}/chunks/0", {"content": "AAA="}).code == "files.chunk_malformed"
    assert anna.call("PUT", f"{path}/chunks/1", {"content": "AAAA"}).code == "files.chunk_malformed"
    assert anna.call("DELETE", path).status == 204
    assert anna.call("GET", path).code == "files.not_found"


def test_anothers_file_is_not_found(anna: Caller, boris: Caller) -> None:
    path = upload(anna, manual(anna), (GOLDEN / "koinly_simple.csv").read_bytes())
    assert boris.call("GET", path).code == "files.not_found"
    assert boris.call("POST", f"{path}/preview", {}).code == "files.not_found"
    assert boris.call("POST", f"{path}/commit", {"precedence": "count"}).code == "files.not_found"
    assert boris.call("GET", f"{path}/rows").code == "files.not_found"


def test_a_manual_account_is_neither_refreshed_nor_imported(anna: Caller) -> None:
    account = manual(anna)
    assert anna.call("POST", f"/api/v1/accounts/{account}/refresh").code == "accounts.manual"
    assert anna.call("POST", f"/api/v1/accounts/{account}/import").code == "accounts.manual"


def test_exports_say_what_they_cannot(anna: Caller, fake: FakeDesk) -> None:
    path = upload(anna, manual(anna), (GOLDEN / "koinly_universal.csv").read_bytes())
    anna.call("POST", f"{path}/commit", {"precedence": "count"})
    work(fake)
    formats = [each["format"] for each in anna.call("GET", "/api/v1/files/formats").json["exports"]]
    assert formats == ["koinly", "cointracking", "rotki.events", "rotki.trades", "cointracker", "ghostfolio"]
    parts = {name: anna.call("GET", f"/api/v1/exports/{name}").json for name in formats}
    assert parts["koinly"]["losses"] == []
    assert parts["koinly"]["body"].count("\r\n") == 5
    assert {each["reason"] for each in parts["rotki.trades"]["losses"]} == {"entry"}
    assert '"quantity":0.01' in parts["ghostfolio"]["body"]
    assert anna.call("GET", "/api/v1/exports/excel").code == "files.export_unknown"
