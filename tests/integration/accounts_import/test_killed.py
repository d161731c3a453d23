"""Workers that are killed while they import."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import asdict

import pytest

from nightdesk.accounts.model import Account, ImportState
from tests.builders.desk_accounts import DeskAccounts
from tests.integration.accounts_import.test_history import connected, ledger_totals, venue_totals
from tests.servers import ROOT

pytestmark = pytest.mark.integration

KILLS = 10
TRADES = 14_000


def start_worker(desk: DeskAccounts, account: Account) -> subprocess.Popen[bytes]:
    told = {
        "postgres": asdict(desk.postgres),
        "paper": asdict(desk.paper),
        "key_file": str(desk.key_file),
        "tenant": str(desk.tenant_id),
        "account": str(account.account_id),
        "import": str(desk.progress(account).import_id),
    }
    command = [sys.executable, "-m", "tests.integration.accounts_import.worker", json.dumps(told)]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'layers'}:{ROOT}"}
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def kill_after_a_page(desk: DeskAccounts, account: Account) -> None:
    """Start a worker, see it write something, kill it in the midst of the next."""
    before = desk.progress(account).rows
    worker = start_worker(desk, account)
    try:
        deadline = time.monotonic() + 60
        while desk.progress(account).rows == before and desk.progress(account).state.is_open:
            assert worker.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.01)
    finally:
        worker.kill()
        worker.wait()


def test_worker_killed_ten_times_loses_and_doubles_nothing(desk: DeskAccounts) -> None:
    account, credential = connected(desk, kind="seeded", seed=11, trades=TRADES, symbols=["BTC/USDT"], days=60)
    for _ in range(KILLS):
        kill_after_a_page(desk, account)
    assert desk.progress(account).state is ImportState.RUNNING
    progress = desk.import_all(account)
    assert progress.state is ImportState.DONE
    assert progress.attempts >= KILLS + 1
    assert (progress.rows_duplicate, progress.rows_skipped) == (0, 0)
    counted = desk.rows(
        "SELECT count(*), count(DISTINCT identity), max(sequence) FROM ledger_entries WHERE account_id = %s",
        account.account_id,
    )
    assert counted == [(progress.rows_recorded,) * 3]
    assert progress.rows_recorded >= TRADES
    assert ledger_totals(desk, account) == venue_totals(desk, credential)
