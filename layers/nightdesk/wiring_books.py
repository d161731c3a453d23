"""What answers callers about doubts, compared balances and transfers is wired with."""

from __future__ import annotations

from nightdesk.accounts.service import AccountsService
from nightdesk.adapters.postgres.book_units import PostgresInboxUnits, PostgresTransferUnits
from nightdesk.adapters.postgres.holdings import PostgresPortfolioUnits
from nightdesk.adapters.postgres.reconciliation_page import PostgresReconciliationReads
from nightdesk.adapters.redis.price_book import ValkeyPriceBook
from nightdesk.contracts.api.book_answers import BookAnswers
from nightdesk.kernel.ids import AccountId, CorrelationId, TenantId
from nightdesk.ledger.inbox_desk import InboxDesk
from nightdesk.ledger.transfers.service import TransferService
from nightdesk.portfolio.appraising import PortfolioAppraiser
from nightdesk.portfolio.service import PortfolioService
from nightdesk.runtime.clock import SystemClock
from nightdesk.runtime.settings import Settings
from nightdesk.wiring import Stores, accounts_service


def book_answers(settings: Settings, stores: Stores) -> BookAnswers:
    """What answers callers about the inbox, reconciliation and transfers."""
    clock = SystemClock()
    units, prices = PostgresPortfolioUnits(stores.database), ValkeyPriceBook(stores.cache)
    appraise = PortfolioAppraiser(units, prices)
    return BookAnswers(
        inbox=InboxDesk(
            units=PostgresInboxUnits(stores.database),
            appraise=appraise,
            imports=_Imports(accounts_service(settings, stores)),
            clock=clock,
        ),
        transfers=TransferService(PostgresTransferUnits(stores.database), clock),
        checks=PostgresReconciliationReads(stores.database),
        portfolio=PortfolioService(units, prices, clock),
        appraise=appraise,
        clock=clock,
    )


class _Imports:
    """Has an account's history imported again."""

    def __init__(self, accounts: AccountsService) -> None:
        self._accounts = accounts

    def again(self, tenant_id: TenantId, account_id: AccountId, correlation_id: CorrelationId) -> None:
        """Queue an import."""
        self._accounts.start_import(tenant_id, account_id, correlation_id)
