"""Responses are dropped, workers killed, messages doubled: the ledger says the same as if nothing had happened."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest

from nightdesk.accounts.model import Account, ImportState
from nightdesk.adapters.postgres.ledger import PostgresLedgerReads
from nightdesk.ledger.export_check import Checked, check
from nightdesk.ledger.exporting import ExportQuery, ExportService
from tests.builders.desk_accounts import DeskAccounts
from tests.builders.killed_imports import kill_after_a_page
from tests.integration.accounts_import.conftest import MovedClock
from tests.integration.accounts_import.test_history import connected
from tests.servers import Paper, Postgres

pytestmark = pytest.mark.integration
TRADES = 4000
KIND, IDENTITY, INSTRUMENT_ON = 5, 6, slice(7, 11)  # where they stand in the canonical form; recorded at follows
LEGS = 13


@pytest.fixture
def rough(postgres: Postgres, own_paper: Paper, tmp_path: Path, clock: MovedClock) -> Iterator[DeskAccounts]:
    """Another tenant at the same venue, whose days are bad."""
    made = DeskAccounts(postgres=postgres, paper=own_paper, key_file=tmp_path / "rough.key", clock=clock)
    yield made
    made.close()


def exported(desk: DeskAccounts, account: Account) -> tuple[Checked, bytes]:
    """What the verifier says, and the export without sequence, recorded at, hashes and whose it is, by identity."""
    service = ExportService(PostgresLedgerReads(desk.app))
    lines: list[str] = []
    cursor: str | None = None
    while True:
        part = service.part(desk.tenant_id, ExportQuery(account_id=account.account_id), cursor)
        lines += part.lines
        if (cursor := part.next_cursor) is None:
            break
    entries = [json.loads(line.split(" ", 2)[2]) for line in lines if line.startswith("entry ")]
    told = sorted([each[IDENTITY], each[KIND], *each[INSTRUMENT_ON], each[LEGS]] for each in entries)
    return check(line.encode() for line in lines), "\n".join(map(json.dumps, told)).encode()


def drop_an_answer(desk: DeskAccounts, clock: MovedClock, account: Account) -> None:
    """The venue fails in the midst of an import, which waits for a minute."""
    desk.paper.admin("POST", "/faults", {"kind": "rest_down"})
    desk.import_all(account)
    desk.paper.admin("DELETE", "/faults")
    clock.ahead += timedelta(seconds=61)


def finish(desk: DeskAccounts, clock: MovedClock, account: Account) -> None:
    """Deliver the message again, minute after minute, until the import is done."""
    for _ in range(30):
        if desk.import_all(account).state is ImportState.DONE:
            return
        clock.ahead += timedelta(seconds=61)
    raise AssertionError(desk.progress(account))


def deliver_twice(desk: DeskAccounts, account: Account) -> None:
    """Two workers take the same message at once."""
    job = desk.job(account)
    workers = [Thread(target=lambda: desk.importer().run(job, lambda: 600.0)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def test_the_export_is_the_same_whatever_went_wrong(desk: DeskAccounts, rough: DeskAccounts, clock: MovedClock) -> None:
    calm, credential = connected(desk, kind="seeded", seed=21, trades=TRADES, days=60)
    finish(desk, clock, calm)
    tried = rough.connect(credential)
    for _ in range(2):
        kill_after_a_page(rough, tried)
    for _ in range(2):
        drop_an_answer(rough, clock, tried)
    deliver_twice(rough, tried)
    finish(rough, clock, tried)
    rough.service().start_import(rough.tenant_id, tried.account_id, rough.progress(tried).correlation_id)
    finish(rough, clock, tried)
    (first, before), (second, after) = exported(desk, calm), exported(rough, tried)
    assert first.entries == second.entries >= TRADES
    assert after == before
