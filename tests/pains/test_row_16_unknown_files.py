"""Row 16: formats change, files are unknown (BittyTax 98, 199, 314, 401)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders.desk_files import DeskFiles
from tests.builders.stored_desk import stored_desk
from tests.servers import Postgres

pytestmark = pytest.mark.integration
GOLDEN = Path(__file__).parents[1] / "golden" / "files"
CHANGED = (
    "Zeitpunkt;Vorgang;Menge;Coin;Gebühr;Ref\n"
    "05.01.2024 10:00;Zugang;1.000,5;EUR;;a1\n"
    "05.01.2024 11:00;Abgang;0,5;EUR;0,01;a2\n"
    "kaputt;Zugang;1;EUR;;a3\n"
    "05.01.2024 12:00;Zugang;viel;EUR;;a4\n"
    "\n"
)


@pytest.fixture
def files(postgres: Postgres, valkey_url: str) -> Iterator[DeskFiles]:
    with stored_desk(postgres.url(), valkey_url) as desk:
        yield DeskFiles.of(desk)


def mapping(preview: dict[str, object]) -> dict[str, object]:
    roles = ("date", "type", "amount", "asset", "fee_amount", "identity")
    return {
        "name": "Sparkasse",
        "fingerprint": preview["fingerprint"],
        "header": preview["header"],
        "columns": {role: place for place, role in enumerate(roles)},
        "zone": "Europe/Berlin",
        "types": {"zugang": "deposit", "abgang": "withdrawal"},
    }


@pytest.mark.parametrize("name", sorted(path.stem for path in GOLDEN.glob("*.csv")))
def test_rows_in_are_imported_skipped_or_rejected(files: DeskFiles, name: str) -> None:
    content = (GOLDEN / f"{name}.csv").read_bytes()
    done = files.load(content, zone="UTC")
    rows = len([line for line in content.decode("utf-8-sig").splitlines()[1:] if line])
    assert done["rows_total"] == rows
    assert done["rows_imported"] + done["rows_skipped"] + done["rows_rejected"] == rows


def test_an_unknown_header_is_mapped_once_and_its_rejects_are_kept(files: DeskFiles) -> None:
    path = files.upload(CHANGED.encode("cp1252"))
    preview = files.preview(path)
    assert (preview["format"], preview["counts"]) == (None, None)
    assert files.caller.call("POST", f"{path}/commit", {"precedence": "count"}).code == "files.format_unknown"
    assert files.caller.call("POST", "/api/v1/file-mappings", mapping(preview)).status == 200
    done = files.load(CHANGED.encode("cp1252"))
    assert (done["rows_imported"], done["rows_skipped"], done["rows_rejected"]) == (2, 1, 2)
    rows = files.caller.call("GET", f"/api/v1/files/{done['file_id']}/rows?limit=1").json
    assert [(row["line"], row["reason"], row["cells"][5]) for row in rows["items"]] == [
        (4, "files.instant_malformed", "a3")
    ]
    rest = files.caller.call("GET", f"/api/v1/files/{done['file_id']}/rows?limit=1&cursor={rows['next_cursor']}").json
    assert [row["reason"] for row in rest["items"]] == ["files.number_malformed"]
    assert [(entry["kind"], entry["legs"][0]["amount"]) for entry in files.entries()] == [
        ("withdrawal", "-0.5"),
        ("deposit", "1000.5"),
    ]


def test_a_mapping_is_carried_to_another_desk(files: DeskFiles) -> None:
    preview = files.preview(files.upload(CHANGED.encode()))
    files.caller.call("POST", "/api/v1/file-mappings", mapping(preview))
    (saved,) = files.caller.call("GET", "/api/v1/file-mappings").json["items"]
    other = DeskFiles.of(files.desk)
    assert other.preview(other.upload(CHANGED.encode()))["format"] is None
    assert other.caller.call("POST", "/api/v1/file-mappings", saved["mapping"]).status == 200
    assert other.preview(other.upload(CHANGED.encode()))["mapping"]["name"] == "Sparkasse"
