"""A Binance account with every wallet: imported and refreshed, each balance is proven to the last digit."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from nightdesk.accounts.model import Account, AccountRef, ImportState
from nightdesk.accounts.positions import PositionKeeper, PositionService
from nightdesk.accounts.reconciling import CYCLES, ReconciliationService
from nightdesk.adapters.postgres.accounts import PostgresAccountsUnits
from nightdesk.adapters.postgres.book_units import PostgresReconciliationUnits
from nightdesk.adapters.postgres.holdings import PostgresPortfolioUnits
from nightdesk.adapters.postgres.positions import PostgresPositionUnits
from tests.builders.binance_wallets import BALANCES, Doings, live
from tests.builders.desk_accounts import CORRELATION, DeskAccounts
from tests.builders.killed_imports import kill_after_a_page
from tests.integration.accounts_import.conftest import MovedClock
from tests.integration.accounts_import.test_history import to_the_end

pytestmark = pytest.mark.integration
_DERIVED = "SELECT wallet, asset, sum(amount) FROM ledger_legs WHERE account_id = %s GROUP BY wallet, asset"
_TOGETHER = "SELECT asset, sum(amount) FROM ledger_legs WHERE account_id = %s GROUP BY asset"
_HOLDINGS = "SELECT asset, quantity FROM holdings WHERE account_id = %s"
Balances = dict[tuple[str, str], Decimal]


@pytest.fixture
def lived(desk: DeskAccounts) -> Account:
    """Connected after it has gone through everything."""
    desk.paper.admin("POST", "/limits", {"wallet_weight_a_minute": 10**9, "futures_weight_a_minute": 10**9})
    credential = desk.open_at_venue({"kind": "empty", "balances": BALANCES})
    live(Doings(desk.paper, credential.key))
    return desk.connect(credential)


def derived(desk: DeskAccounts, account: Account) -> Balances:
    return {(wallet, asset): amount for wallet, asset, amount in desk.rows(_DERIVED, account.account_id) if amount}


def reference(desk: DeskAccounts, account: Account) -> AccountRef:
    return AccountRef(
        tenant_id=desk.tenant_id,
        account_id=account.account_id,
        venue=account.venue,
        correlation_id=CORRELATION,
    )


def reported(desk: DeskAccounts, account: Account) -> Balances:
    told = desk.gateway.balances(reference(desk, account))
    return {(row.wallet, row.asset): row.free + row.locked for row in told}


def test_every_wallet_reconciles_to_zero(desk: DeskAccounts, clock: MovedClock, lived: Account) -> None:
    progress = to_the_end(desk, clock, lived)
    assert (progress.state, progress.rows_skipped, progress.rows_duplicate) == (ImportState.DONE, 0, 0)
    found = derived(desk, lived)
    assert found == reported(desk, lived)
    assert {wallet for wallet, _ in found} == {"spot", "margin", "debt", "futures", "earn", "funding"}
    assert found["debt", "ETH"] < 0
    together = {asset: amount for asset, amount in desk.rows(_TOGETHER, lived.account_id) if amount}
    assert {asset: held for asset, held in desk.rows(_HOLDINGS, lived.account_id) if held} == together
    desk.service().start_import(desk.tenant_id, lived.account_id, CORRELATION)
    again = to_the_end(desk, clock, lived)
    assert (again.state, again.rows_recorded, again.rows_skipped) == (ImportState.DONE, 0, 0)
    assert derived(desk, lived) == found


def test_no_sync_finds_a_difference_or_a_doubt(desk: DeskAccounts, clock: MovedClock, lived: Account) -> None:
    to_the_end(desk, clock, lived)
    reconciliation = ReconciliationService(PostgresReconciliationUnits(desk.app), clock)
    for _ in range(CYCLES):
        clock.ahead += timedelta(seconds=60)
        told = desk.gateway.balances(reference(desk, lived))
        with PostgresAccountsUnits(desk.app)(desk.tenant_id) as unit:
            unit.accounts.put_balances(desk.tenant_id, lived.account_id, told, clock.now())
        checks = reconciliation.run(desk.tenant_id, lived.account_id)
        assert {check.key.wallet for check in checks} >= {"spot", "margin", "debt", "futures", "earn", "funding"}
        assert [check for check in checks if check.derived != check.reported] == []
    assert desk.rows("SELECT cause, identity FROM inbox_findings WHERE account_id = %s", lived.account_id) == []


def test_a_worker_that_was_killed_loses_and_doubles_nothing(desk: DeskAccounts, lived: Account) -> None:
    for _ in range(2):
        kill_after_a_page(desk, lived)
    assert desk.progress(lived).state is ImportState.RUNNING
    progress = desk.import_all(lived)
    assert (progress.state, progress.rows_duplicate, progress.rows_skipped) == (ImportState.DONE, 0, 0)
    assert derived(desk, lived) == reported(desk, lived)


def test_open_contracts_stand_beside_the_ledger(desk: DeskAccounts, lived: Account) -> None:
    units = PostgresPositionUnits(desk.app)
    PositionKeeper(units, desk.gateway, desk.clock).refresh(reference(desk, lived))
    found = PositionService(units).of_account(desk.tenant_id, lived.account_id)
    assert [each.position.contract for each in found] == ["BTC/USDT:USDT", "ETH/USDT:USDT"]
    assert [each.position.side for each in found] == ["long", "long"]
    with PostgresPortfolioUnits(desk.app)(desk.tenant_id) as unit:
        contracts = unit.books.books(desk.tenant_id).contracts
    assert [each.unrealised_pnl for each in contracts] == [each.position.unrealised_pnl for each in found]
