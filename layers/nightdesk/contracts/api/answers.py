"""What the desk answers to a caller, whichever face asks: REST, GraphQL or the live feed.

Permissions are checked here, and every answer is of the caller's own tenant: another's ids are not found.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from nightdesk.accounts.model import Credential
from nightdesk.accounts.service import AccountsService
from nightdesk.contracts.api import present
from nightdesk.contracts.api.accounts import AccountList, AccountShape, ConnectAccount, ImportProgressShape
from nightdesk.contracts.api.common import VenueList
from nightdesk.contracts.api.ledger import EntryPage, VerificationShape
from nightdesk.contracts.api.portfolio import PortfolioShape
from nightdesk.contracts.api.present_portfolio import portfolio_shape
from nightdesk.identity.model import Caller
from nightdesk.kernel.assets import asset_id, parse_instrument
from nightdesk.kernel.errors import NotFound
from nightdesk.kernel.ids import AccountId, CorrelationId
from nightdesk.kernel.instants import Clock, parse_instant
from nightdesk.ledger.balances import require_settled
from nightdesk.ledger.model import EntryFilter, EntryKind
from nightdesk.ledger.service import PAGE_LIMIT, LedgerService
from nightdesk.portfolio.service import PortfolioService


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryQuery:
    """Which entries are asked for, as texts; what is None is not asked.

    Attributes:
        occurred_from: Inclusive, RFC 3339.
        occurred_until: Exclusive, RFC 3339.
        known_on: The ledger as it was known then, RFC 3339.
    """

    account_id: UUID | None = None
    asset: str | None = None
    kind: EntryKind | None = None
    instrument: str | None = None
    occurred_from: str | None = None
    occurred_until: str | None = None
    known_on: str | None = None

    def as_filter(self) -> EntryFilter:
        """The filter it means.

        Raises:
            InvalidInput: One of the texts can't be meant.
        """
        return EntryFilter(
            account_id=None if self.account_id is None else AccountId(self.account_id),
            asset=None if self.asset is None else asset_id(self.asset),
            kind=self.kind,
            instrument=None if self.instrument is None else parse_instrument(self.instrument),
            occurred_from=_instant(self.occurred_from),
            occurred_until=_instant(self.occurred_until),
            known_on=_instant(self.known_on),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """Asks the services and puts what they know in shape."""

    accounts: AccountsService
    ledger: LedgerService
    portfolio: PortfolioService
    clock: Clock

    def venues(self, caller: Caller) -> VenueList:
        """Venues that can be connected."""
        caller.require("read", "Account")
        return VenueList(items=[present.venue_shape(venue) for venue in self.accounts.venues()])

    def account_list(self, caller: Caller, *, with_disconnected: bool = False) -> AccountList:
        """Every account, oldest first, each with its latest import; disconnected ones if asked for."""
        caller.require("read", "Account")
        now, imports = self.clock.now(), self.accounts.imports(caller.tenant_id)
        told = self.accounts.histories(caller.tenant_id)
        accounts = self.accounts.list(caller.tenant_id, with_disconnected=with_disconnected)
        return AccountList(
            items=[
                present.account_shape(each, imports.get(each.account_id), now, told.get(each.account_id))
                for each in accounts
            ]
        )

    def account(self, caller: Caller, account_id: UUID) -> AccountShape:
        """One account with its latest import."""
        caller.require("read", "Account")
        account = self.accounts.get(caller.tenant_id, AccountId(account_id))
        progress = self.accounts.import_progress(caller.tenant_id, account.account_id)
        history = self.accounts.histories(caller.tenant_id).get(account.account_id)
        return present.account_shape(account, progress, self.clock.now(), history)

    def connect(self, caller: Caller, wanted: ConnectAccount, correlation_id: CorrelationId) -> AccountShape:
        """Check a key at its venue, seal it, queue the import of its history."""
        caller.require("create", "Account")
        account = self.accounts.connect(
            caller.tenant_id,
            venue=wanted.venue,
            credential=Credential(wanted.key.get_secret_value(), wanted.secret.get_secret_value()),
            label=wanted.label,
            correlation_id=correlation_id,
        )
        return self.account(caller, account.account_id)

    def disconnect(self, caller: Caller, account_id: UUID, correlation_id: CorrelationId) -> None:
        """Forget the account's key; its ledger stays."""
        caller.require("delete", "Account")
        self.accounts.disconnect(caller.tenant_id, AccountId(account_id), correlation_id)

    def import_progress(self, caller: Caller, account_id: UUID) -> ImportProgressShape:
        """How far the account's latest import is."""
        caller.require("read", "Import")
        progress = self.accounts.import_progress(caller.tenant_id, AccountId(account_id))
        if progress is None:
            raise NotFound("accounts.import_not_found", "Nothing of this account was imported yet.")
        return present.import_shape(progress, self.clock.now())

    def imports(self, caller: Caller) -> list[ImportProgressShape]:
        """How far the latest import of every account is."""
        caller.require("read", "Import")
        now = self.clock.now()
        return [present.import_shape(each, now) for each in self.accounts.imports(caller.tenant_id).values()]

    def start_import(self, caller: Caller, account_id: UUID, correlation_id: CorrelationId) -> ImportProgressShape:
        """Queue an import of what is new, or answer the one that is open."""
        caller.require("create", "Import")
        progress = self.accounts.start_import(caller.tenant_id, AccountId(account_id), correlation_id)
        return present.import_shape(progress, self.clock.now())

    def refresh(self, caller: Caller, account_id: UUID, correlation_id: CorrelationId) -> None:
        """Have the account's balances and prices fetched soon."""
        caller.require("refresh", "Account")
        self.accounts.request_refresh(caller.tenant_id, AccountId(account_id), correlation_id)

    def portfolio_view(self, caller: Caller) -> PortfolioShape:
        """What the tenant holds, at the last known prices."""
        caller.require("read", "Portfolio")
        return portfolio_shape(self.portfolio.view(caller.tenant_id))

    def entries(
        self, caller: Caller, query: EntryQuery, *, cursor: str | None = None, limit: int = PAGE_LIMIT
    ) -> EntryPage:
        """A page of the ledger, newest first."""
        caller.require("read", "Ledger")
        self._require_own(caller, query.account_id)
        wanted = query.as_filter()
        require_settled(wanted.known_on, self.clock.now())
        return present.page_shape(self.ledger.page(caller.tenant_id, wanted, cursor=cursor, limit=limit))

    def verification(self, caller: Caller, account_id: UUID | None) -> VerificationShape:
        """Every hash of one account's chain, or of all of them, checked."""
        caller.require("read", "Ledger")
        self._require_own(caller, account_id)
        reports = self.ledger.verify(caller.tenant_id, None if account_id is None else AccountId(account_id))
        return present.verification_shape(reports, self.clock.now())

    def _require_own(self, caller: Caller, account_id: UUID | None) -> None:
        """Pass if the tenant has the account, or had it: the ledger of a disconnected one stays readable."""
        if account_id is None:
            return
        wanted = EntryFilter(account_id=AccountId(account_id))
        if not self.ledger.page(caller.tenant_id, wanted, limit=1).entries:
            self.accounts.get(caller.tenant_id, AccountId(account_id))


def _instant(text: str | None) -> datetime | None:
    return None if text is None else parse_instant(text)
