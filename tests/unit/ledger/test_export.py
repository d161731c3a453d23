import gzip
import json
import subprocess
import sys
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from nightdesk.kernel.assets import MARGIN
from nightdesk.kernel.errors import InvalidInput
from nightdesk.kernel.ids import AccountId
from nightdesk.ledger.corrections import Corrections
from nightdesk.ledger.export_check import Altered, check
from nightdesk.ledger.exporting import ExportQuery, ExportService
from nightdesk.ledger.model import EntryKind, Fact, LegRole
from nightdesk.ledger.service import append
from nightdesk.ledger.verify import main
from nightdesk.portfolio.projection import LedgerRecorder
from tests.builders.ledger import ACCOUNT, CORRELATION, RECORDED, TENANT, leg, moved, movement, new_account, trade
from tests.fakes.anchors import FakeSigner, signed
from tests.fakes.ledger import FakeLedgerStore
from tests.fakes.portfolio import FakeHoldingStore

LATER = RECORDED + timedelta(days=30)
SECOND = AccountId(UUID(int=3))


def ledger() -> FakeLedgerStore:
    """Two accounts, the first of them anchored at its second entry."""
    store = FakeLedgerStore()
    lent = moved(4, EntryKind.TRANSFER, leg(LegRole.MOVEMENT, "BTC", "-1"), leg(LegRole.MOVEMENT, "BTC", "1", MARGIN))
    book(store, ACCOUNT, trade(1, "1", "-100"), movement(2, "BTC", "1"))
    store.anchored.append(signed(TENANT, ACCOUNT, store.head(TENANT, ACCOUNT), RECORDED))
    book(store, ACCOUNT, trade(3, "-1", "120", ("BNB", "-0.1")), lent)
    book(store, SECOND, movement(1, "ETH", "5"))
    return store


def book(store: FakeLedgerStore, account_id: AccountId, *facts: Fact) -> None:
    append(store, TENANT, account_id, facts, recorded_at=RECORDED, correlation_id=CORRELATION)


def exported(store: FakeLedgerStore, wanted: ExportQuery | None = None, part_bytes: int = 10**6) -> list[bytes]:
    service, lines, cursor = ExportService(store, part_bytes), [], None
    while True:
        part = service.part(TENANT, wanted or ExportQuery(), cursor)
        lines += [line.encode() + b"\n" for line in part.lines]
        if (cursor := part.next_cursor) is None:
            return lines


def test_export_is_whole_and_says_how_far_it_is_vouched_for() -> None:
    checked = check(exported(ledger()))
    assert (checked.tenant, checked.known_on, checked.entries) == (str(TENANT), "now", 5)
    assert checked.anchored == {str(ACCOUNT): 2, str(SECOND): 0}
    assert list(checked.keys) == [FakeSigner().key().fingerprint]


@pytest.mark.parametrize("part_bytes", [1, 700, 2000])
def test_parts_put_together_are_the_same_file(part_bytes: int) -> None:
    store = ledger()
    assert exported(store, part_bytes=part_bytes) == exported(store)


def test_one_account_by_itself() -> None:
    lines = exported(ledger(), ExportQuery(account_id=SECOND))
    assert check(lines).entries == 1


def test_empty_ledger_is_a_whole_file() -> None:
    assert exported(FakeLedgerStore()) == [f"nightdesk.ledger.v1 {TENANT} now\n".encode(), b"done 0\n"]


def test_export_as_known_then_is_the_same_after_corrections() -> None:
    store = ledger()
    then = ExportQuery(known_on=RECORDED + timedelta(days=1))
    before = exported(store, then)
    recorder = LedgerRecorder(store, FakeHoldingStore())
    Corrections(store, recorder).correct(
        TENANT,
        ACCOUNT,
        "trade:BTCUSDT:1",
        trade(9, "1", "-90"),
        source="user.1",
        recorded_at=LATER,
        correlation_id=CORRELATION,
    )
    append(store, TENANT, new_account(), [movement(1, "BTC", "1")], recorded_at=LATER, correlation_id=CORRELATION)
    store.anchored.append(signed(TENANT, ACCOUNT, store.head(TENANT, ACCOUNT), LATER))
    assert exported(store, then) == before
    assert exported(store) != before


@pytest.mark.parametrize("cursor", ["", "%%%", "bnVsbA", "W10", "WyJ4IiwxLDFd", "x" * 300])
def test_cursor_that_nobody_made_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidInput):
        ExportService(ledger()).part(TENANT, ExportQuery(), cursor)


def test_cursor_with_impossible_numbers_is_refused() -> None:
    content = urlsafe_b64encode(json.dumps([str(ACCOUNT), -1, 0]).encode()).decode().rstrip("=")
    with pytest.raises(InvalidInput):
        ExportService(ledger()).part(TENANT, ExportQuery(), content)


@pytest.mark.parametrize(
    ("line", "old", "new", "told"),
    [
        (0, b"v1", b"v9", "no export"),
        (1, b"account", b"acc", "does not belong"),
        (2, b"anchor 2", b"anchor 3", "not signed by the desk's key"),
        (2, b"anchor 2", b"anchor x", "an anchor that is none"),
        (3, b'"-100"', b'"-101"', "entry 1 was altered (trade:BTCUSDT:1)"),
        (4, b"deposit:2", b"deposit:9", "entry 2 was altered (deposit:9)"),
        (5, b"entry", b"entri", "entries are missing after entry 2"),
        (6, b'",4,"', b'",5,"', "withdrawal"),
        (7, b"end", b"END", "entries are missing"),
    ],
)
def test_first_altered_record_is_named(line: int, old: bytes, new: bytes, told: str) -> None:
    lines = exported(ledger())
    assert old in lines[line]
    lines[line] = lines[line].replace(old, new)
    with pytest.raises(Altered) as found:
        check(lines)
    assert told in str(found.value) or line == 6
    assert "entry 4" in str(found.value) or line != 6


@pytest.mark.parametrize("keep", [1, 2, 3, 4, 6, 8, 10])
def test_file_that_is_cut_off_is_not_whole(keep: int) -> None:
    with pytest.raises(Altered):
        check(exported(ledger())[:keep])


def test_missing_doubled_or_moved_records_are_found() -> None:
    lines = exported(ledger())
    for changed in (
        lines[:4] + lines[5:],
        lines[:4] + lines[3:],
        [*lines[:3], lines[4], lines[3], *lines[5:]],
        [*lines, b"more\n"],
        [*lines[:-1], *lines[1:-1], lines[-1]],
        [lines[0], *lines[-4:-1], lines[-1]],
    ):
        with pytest.raises(Altered):
            check(changed)


def test_rewritten_export_is_found_by_its_anchor() -> None:
    """Whoever rewrites an entry and every hash after it can't sign the end again."""
    honest, forged = ledger(), FakeLedgerStore()
    book(forged, ACCOUNT, trade(1, "1", "-1"), movement(2, "BTC", "1"))
    forged.anchored = honest.anchored
    with pytest.raises(Altered, match="an entry from 1 to 2 is not what it was"):
        check(exported(forged))
    forged.chains[TENANT, ACCOUNT] = honest.chains[TENANT, ACCOUNT][:1]
    lines = exported(forged)
    anchor = exported(honest)[2]
    with pytest.raises(Altered, match="entries up to 2 were signed, 1 are here"):
        check([*lines[:2], anchor, *lines[2:]])


def test_only_the_pinned_key_counts() -> None:
    lines = exported(ledger())
    assert check(lines, FakeSigner().key().fingerprint).entries == 5
    with pytest.raises(Altered):
        check(lines, FakeSigner(1).key().fingerprint)


def test_command_answers_by_its_exit_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = exported(ledger())
    whole, altered, packed = tmp_path / "a.txt", tmp_path / "b.txt", tmp_path / "c.gz"
    whole.write_bytes(b"".join(lines))
    packed.write_bytes(gzip.compress(whole.read_bytes()))
    altered.write_bytes(whole.read_bytes().replace(b'"-100"', b'"-10"'))
    assert [main([str(path)]) for path in (whole, packed, altered, tmp_path / "none")] == [0, 0, 1, 2]
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert told[0]["entries"] == told[1]["entries"] == 5
    assert "entry 1 was altered (trade:BTCUSDT:1)" in told[2]["altered"]


def test_command_needs_nothing_but_python(tmp_path: Path) -> None:
    """Checked in an isolated interpreter without third-party packages."""
    path = tmp_path / "export.txt"
    path.write_bytes(b"".join(exported(ledger())))
    layers = Path(__file__).parents[3] / "layers"
    code = (
        f"import sys; sys.path.insert(0, {str(layers)!r}); from nightdesk.ledger.verify import main; sys.exit(main())"
    )
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code, str(path)], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["ok"] is True


def test_long_chain_is_cut_between_its_entries() -> None:
    store = FakeLedgerStore()
    book(store, ACCOUNT, *(movement(number, "BTC", "1") for number in range(1, 1202)))
    parts = list(parts_of(store))
    assert len(parts) == 4
    assert check(line for part in parts for line in part).entries == 1201


def parts_of(store: FakeLedgerStore) -> Iterator[list[bytes]]:
    cursor = None
    while True:
        part = ExportService(store, 1).part(TENANT, ExportQuery(), cursor)
        yield [line.encode() for line in part.lines]
        if (cursor := part.next_cursor) is None:
            return
