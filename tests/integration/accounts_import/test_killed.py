"""Workers that are killed while they import."""

from __future__ import annotations

import pytest

from nightdesk.accounts.model import ImportState
from tests.builders.desk_accounts import DeskAccounts
from tests.builders.killed_imports import kill_after_a_page
from tests.integration.accounts_import.test_history import connected, ledger_totals, venue_totals

pytestmark = pytest.mark.integration

KILLS = 10
TRADES = 2_000


def test_worker_killed_ten_times_loses_and_doubles_nothing(desk: DeskAccounts) -> None:
    account, credential = connected(desk, kind="seeded", seed=11, trades=TRADES, symbols=["BTC/USDT"], days=60)
    for _ in range(KILLS):
        kill_after_a_page(desk, account, page_rows=100)
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
