"""What the tracker reads of the ledgers: what is held now, and by which moves, wherever in the past they happened."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import uuid4

import psycopg
import pytest

from fargate.portfolio_tracker.books import Read, TrackedBooks
from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.postgres.holdings import PostgresPortfolioUnits
from nightdesk.adapters.postgres.tracking import PostgresTrackedBooks
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.ledger.model import Fact
from nightdesk.portfolio.projection import LedgerRecorder
from nightdesk.portfolio.rebuilding import Move
from nightdesk.runtime.clock import SystemClock
from tests.builders.ledger import CORRELATION, at, movement, trade
from tests.integration.account_streamer.rig import own_database
from tests.integration.feed.rig import add_account
from tests.servers import Postgres

pytestmark = pytest.mark.integration
USDT, BTC = AssetId("USDT"), AssetId("BTC")


@dataclass(slots=True)
class Desk:
    """A tenant of a database that nobody else uses, and what the tracker reads of it."""

    postgres: Postgres
    app: Database
    books: TrackedBooks
    tenant_id: TenantId

    def account(self) -> AccountId:
        return add_account(self.postgres, self.tenant_id)

    def record(self, account_id: AccountId, *facts: Fact) -> None:
        with PostgresPortfolioUnits(self.app)(self.tenant_id) as unit:
            recorder = LedgerRecorder(unit.ledger, unit.holdings)
            now = SystemClock().now()
            recorder.record(self.tenant_id, account_id, facts, recorded_at=now, correlation_id=CORRELATION)

    def refresh(self, oldest: datetime | None = None) -> tuple[dict[AssetId, Decimal], list[Move]]:
        """What is held now and by which moves since the last time."""
        read = self.books.refresh((), oldest)
        assert isinstance(read, Read)
        (exposure,) = read.exposures
        return dict(exposure.quantities), list(read.moves.get(self.tenant_id, ()))

    def disconnect(self, account_id: AccountId) -> None:
        with psycopg.connect(self.postgres.url("superuser")) as connection:
            connection.execute("UPDATE accounts SET state = 'disconnected' WHERE account_id = %s", (account_id,))


@pytest.fixture
def desk(postgres: Postgres) -> Iterator[Desk]:
    own = own_database(postgres)
    app, tracker = Database(own.url("app")), Database(own.url("tracker"))
    tenant_id = TenantId(uuid4())
    with psycopg.connect(own.url("superuser")) as connection:
        connection.execute("INSERT INTO tenants VALUES (%s, 'Desk', 'USDT', now())", (tenant_id,))
    yield Desk(own, app, TrackedBooks(PostgresTrackedBooks(tracker)), tenant_id)
    app.close()
    tracker.close()


def move(second: float, asset: AssetId, amount: str) -> Move:
    return Move(at=at(second), asset=asset, amount=Decimal(amount))


def test_a_tenant_without_accounts_holds_nothing(desk: Desk) -> None:
    assert desk.refresh() == ({}, [])
    assert desk.books.refresh(()) is None
    assert desk.books.portfolios == (desk.tenant_id,)


def test_moves_are_told_once_each_at_its_own_instant(desk: Desk) -> None:
    account_id = desk.account()
    desk.record(account_id, movement(1, "USDT", "1000", second=50))
    assert desk.refresh() == ({USDT: Decimal(1000)}, [])
    desk.record(account_id, trade(2, "2", "-100", second=30), movement(3, "USDT", "5", second=70))
    held, moves = desk.refresh()
    assert held == {USDT: Decimal(905), BTC: Decimal(2)}
    assert sorted(moves, key=lambda one: (one.at, one.asset)) == [
        move(30, BTC, "2"),
        move(30, USDT, "-100"),
        move(70, USDT, "5"),
    ]
    assert desk.books.refresh(()) is None


def test_a_new_accounts_history_is_told_as_of_the_oldest_instant_that_counts(desk: Desk) -> None:
    desk.refresh()
    desk.record(desk.account(), *(movement(number, "USDT", "1") for number in range(1, 9)))
    held, moves = desk.refresh(oldest=at(7))
    assert held == {USDT: Decimal(8)}
    assert moves == [move(7, USDT, "7"), move(8, USDT, "1")]


def test_an_account_that_is_disconnected_moves_nothing(desk: Desk) -> None:
    first, second = desk.account(), desk.account()
    for account_id in (first, second):
        desk.record(account_id, movement(1, "USDT", "1"))
    desk.refresh()
    desk.disconnect(first)
    assert desk.refresh() == ({USDT: Decimal(1)}, [])


def test_what_was_read_before_a_failure_is_not_lost(desk: Desk) -> None:
    account_id = desk.account()
    desk.refresh()
    desk.record(account_id, movement(1, "USDT", "1"))
    desk.books._read(desk.tenant_id, None)  # and then, say, the database went away
    desk.record(account_id, movement(2, "USDT", "2"))
    assert desk.refresh() == ({USDT: Decimal(3)}, [move(1, USDT, "1"), move(2, USDT, "2")])
