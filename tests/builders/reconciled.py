"""A tenant in PostgreSQL whose accounts are booked, reported, compared and matched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from uuid import uuid4

import psycopg

from nightdesk.accounts.model import Account, AccountState, ReportedBalance
from nightdesk.accounts.reconciling import Check, ReconciliationService, ReconciliationUnit
from nightdesk.adapters.postgres.accounts import PostgresAccountStore
from nightdesk.adapters.postgres.book_units import PostgresInboxUnits, acquisition_look
from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.postgres.holdings import PostgresHoldingStore, PostgresPortfolioUnits
from nightdesk.adapters.postgres.inbox import PostgresInboxStore
from nightdesk.adapters.postgres.ledger import PostgresLedgerStore
from nightdesk.adapters.postgres.reconciliation import PostgresReconciliationStore
from nightdesk.adapters.postgres.transfers import PostgresTransferStore
from nightdesk.kernel.assets import AssetId, VenueId, Wallet
from nightdesk.kernel.ids import AccountId, CorrelationId, TenantId
from nightdesk.kernel.money import Money
from nightdesk.ledger.inbox import InboxFilter, InboxRow
from nightdesk.ledger.inbox_desk import Asked, InboxDesk
from nightdesk.ledger.model import Fact, Route
from nightdesk.ledger.repairs import Action, Repair
from nightdesk.ledger.transfers.ports import TransferUnit
from nightdesk.ledger.transfers.service import TransferService
from nightdesk.lots.average_cost import Position
from nightdesk.portfolio.carrying import LinkedCosts
from nightdesk.portfolio.projection import LedgerRecorder
from nightdesk.portfolio.service import PortfolioService
from nightdesk.portfolio.uncertainty import Uncertainty, uncertainty
from tests.builders.ledger import CORRELATION, new_account
from tests.fakes.books import appraise
from tests.fakes.clock import FakeClock
from tests.fakes.portfolio import FakePriceBook
from tests.servers import Postgres


class ReconciledDesk:
    """One tenant; time stands still until a report is made, which takes a minute."""

    def __init__(self, postgres: Postgres) -> None:
        self.tenant = TenantId(uuid4())
        self.clock = FakeClock()
        self.database = Database(postgres.url("app"))
        with psycopg.connect(postgres.url("superuser")) as connection:
            connection.execute(
                "INSERT INTO tenants (tenant_id, name, base_asset, created_at) VALUES (%s, 'A', 'USDT', now())",
                (self.tenant,),
            )
        self.transfers = TransferService(self._transfer_units, self.clock)
        self.service = ReconciliationService(self._units, self.clock)

    def close(self) -> None:
        self.database.close()

    @contextmanager
    def _units(self, tenant_id: TenantId) -> Iterator[ReconciliationUnit]:
        with self.database.transaction(tenant_id=tenant_id) as connection:
            yield ReconciliationUnit(PostgresReconciliationStore(connection), PostgresInboxStore(connection))

    @contextmanager
    def _transfer_units(self, tenant_id: TenantId) -> Iterator[TransferUnit]:
        with self.database.transaction(tenant_id=tenant_id) as connection:
            transfers = PostgresTransferStore(connection)
            costs = LinkedCosts(PostgresLedgerStore(connection), PostgresHoldingStore(connection), transfers)
            yield TransferUnit(transfers, PostgresInboxStore(connection), costs)

    def account(self, venue: str = "binance") -> AccountId:
        """A new account that is active."""
        account = Account(
            tenant_id=self.tenant,
            account_id=new_account(),
            venue=VenueId(venue),
            label=venue,
            state=AccountState.ACTIVE,
            created_at=self.clock.now(),
        )
        with self.database.transaction(tenant_id=self.tenant) as connection:
            PostgresAccountStore(connection).add(account, uuid4().bytes)
        return account.account_id

    def book(self, account_id: AccountId, *facts: Fact) -> None:
        with self.database.transaction(tenant_id=self.tenant) as connection:
            recorder = LedgerRecorder(PostgresLedgerStore(connection), PostgresHoldingStore(connection))
            recorder.record(self.tenant, account_id, facts, recorded_at=self.clock.now(), correlation_id=CORRELATION)
            recorder.settle(self.tenant, account_id, self.clock.now())

    def report(self, account_id: AccountId, *, reported_at: datetime | None = None, **amounts: str) -> dict[str, Check]:
        """Let the venue report these spot balances and compare them; how they compare, by asset."""
        self.clock.advance(60)
        balances = [
            ReportedBalance(asset=AssetId(asset), free=Decimal(amount), locked=Decimal(0), wallet=Wallet("spot"))
            for asset, amount in amounts.items()
        ]
        with self.database.transaction(tenant_id=self.tenant) as connection:
            store = PostgresAccountStore(connection)
            store.put_balances(self.tenant, account_id, balances, reported_at or self.clock.now())
        return {check.key.asset: check for check in self.service.run(self.tenant, account_id)}

    def sync(self, account_id: AccountId, **amounts: str) -> None:
        """The whole sync of an account that was imported: match, look through, report, compare."""
        self.transfers.run(self.tenant)
        acquisition_look(self.database, self.clock)(self.tenant, account_id)
        self.report(account_id, reported_at=None, **amounts)

    def repair(self, row: InboxRow, action: Action, note: str, cost: Money | None = None) -> None:
        """Mend a finding as a person does."""
        desk = InboxDesk(
            units=PostgresInboxUnits(self.database), appraise=appraise, imports=_NoImports(), clock=self.clock
        )
        asked = Asked(by="user:1", correlation_id=CORRELATION)
        desk.repair(self.tenant, row.finding_id, Repair(action=action, note=note, cost=cost), asked)

    def totals(self) -> Uncertainty:
        """The portfolio's totals with what is open."""
        units, prices = PostgresPortfolioUnits(self.database), FakePriceBook()
        portfolio = PortfolioService(units, prices, self.clock).view(self.tenant)
        return uncertainty(portfolio, self.inbox(), appraise(self.tenant)[1])

    def position(self, account_id: AccountId, asset: str) -> Position:
        with self.database.transaction(tenant_id=self.tenant) as connection:
            held = PostgresHoldingStore(connection).get(self.tenant, account_id, [AssetId(asset)])
        return held[AssetId(asset)].position

    def realised(self, account_id: AccountId, asset: str = "BTC") -> Mapping[AssetId, Decimal]:
        return self.position(account_id, asset).realised

    @staticmethod
    def routed(route: Route, *facts: Fact) -> list[Fact]:
        """The facts with the way they took."""
        return [replace(fact, route=route) for fact in facts]

    def inbox(self, wanted: InboxFilter | None = None) -> list[InboxRow]:
        """The findings that are open, by their identities."""
        with self.database.transaction(tenant_id=self.tenant) as connection:
            inbox = PostgresInboxStore(connection)
            stakes = inbox.stakes(self.tenant, wanted or InboxFilter())
            rows = inbox.rows(self.tenant, [stake.finding_id for stake in stakes])
        return sorted(rows, key=lambda row: row.finding.identity)


class _NoImports:
    def again(self, tenant_id: TenantId, account_id: AccountId, correlation_id: CorrelationId) -> None:
        """Nothing is imported here."""
