"""The books' side of following accounts live: keys opened, facts booked, news told. Synchronous; called in threads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from nightdesk.accounts import errors
from nightdesk.accounts.custody_ports import OpenedUnits, Vault
from nightdesk.accounts.model import (
    AccountRef,
    AccountState,
    Credential,
    Event,
    HistoryPage,
    ReportedBalance,
    StreamPosition,
)
from nightdesk.accounts.naming import identified_balances
from nightdesk.accounts.streaming import KnownAccount
from nightdesk.accounts.streaming_ports import LedgerNews, StreamUnit, StreamUnits
from nightdesk.kernel.errors import NightdeskError
from nightdesk.kernel.ids import AccountId, CorrelationId, TenantId
from nightdesk.kernel.instants import Clock
from nightdesk.ledger.model import Appended, Entry, Fact
from nightdesk.markets.orders import VenueOrder

RECORDED = "ledger.recorded.v1"
STREAMER = "account_streamer"


class StreamKeys:
    """Opens credentials for streams; every use leaves a row, as it does in the gateway."""

    def __init__(self, units: OpenedUnits, vault: Vault, clock: Clock) -> None:
        self._units = units
        self._vault = vault
        self._clock = clock

    def open(self, account: AccountRef) -> Credential:
        """The account's credential.

        Raises:
            Conflict: `accounts.not_connected`.
            Broken: `vault.tampered`.
            Unavailable: The database or the vault does not answer.
        """
        try:
            credential = self._opened(account)
        except NightdeskError as error:
            self._add_use(account, error.code)
            raise
        self._add_use(account, "ok")
        return credential

    def _opened(self, account: AccountRef) -> Credential:
        with self._units(account.tenant_id) as store:
            sealed = store.get(account.tenant_id, account.account_id)
        if sealed is None:
            raise errors.not_connected()
        return self._vault.open(account, sealed)

    def _add_use(self, account: AccountRef, outcome: str) -> None:
        with self._units(account.tenant_id) as store:
            store.add_use(replace(account, asker=STREAMER), self._clock.now(), "stream", outcome)


class StreamBooks:
    """Books what streams tell and what their history shows; the same thing twice changes nothing."""

    def __init__(self, units: StreamUnits, news: LedgerNews, clock: Clock) -> None:
        self._units = units
        self._news = news
        self._clock = clock

    def ref(self, tenant_id: TenantId, account_id: AccountId, correlation_id: CorrelationId) -> AccountRef | None:
        """The account, if it is connected."""
        with self._units(tenant_id) as unit:
            account = unit.accounts.get(tenant_id, account_id)
        if account is None or account.state not in {AccountState.ACTIVE, AccountState.FAILING}:
            return None
        return AccountRef(
            tenant_id=tenant_id, account_id=account_id, venue=account.venue, correlation_id=correlation_id
        )

    def known(self, ref: AccountRef) -> KnownAccount:
        """What the books say of the account.

        Raises:
            NotFound: `accounts.not_found`.
        """
        with self._units(ref.tenant_id) as unit:
            account = unit.accounts.get(ref.tenant_id, ref.account_id)
            if account is None or account.state is AccountState.DISCONNECTED:
                raise errors.not_found()
            return KnownAccount(
                account=account,
                quantities=unit.facts.quantities(ref),
                traded=unit.facts.traded(ref),
                positions=unit.imports.positions(ref.tenant_id, ref.account_id),
                earliest_at=unit.facts.earliest_at(ref),
            )

    def is_importing(self, ref: AccountRef) -> bool:
        """Whether an import is open, which books the history itself."""
        with self._units(ref.tenant_id) as unit:
            return _is_importing(unit, ref)

    def record(
        self,
        ref: AccountRef,
        facts: Sequence[Fact],
        balances: Sequence[ReportedBalance],
        orders: Sequence[VenueOrder] = (),
    ) -> Appended:
        """Book what a stream told, in one transaction; then tell it.

        What was filled is booked as of the same instant as the balances that show it.
        """
        appended, now = Appended(entries=(), duplicates=()), self._clock.now()
        with self._units(ref.tenant_id) as unit:
            if orders:
                unit.orders.hear(ref, orders, now)
            if facts:
                appended = self._book(unit, ref, facts)
            if balances:
                told = identified_balances(ref.venue, balances, now)
                unit.reported.merge(ref.tenant_id, ref.account_id, told, now)
        self._tell(ref, appended.entries)
        return appended

    def book_page(self, ref: AccountRef, position: StreamPosition, page: HistoryPage) -> Appended:
        """Book a page of history and how far it was read, in one transaction; then tell it."""
        appended, now = Appended(entries=(), duplicates=()), self._clock.now()
        with self._units(ref.tenant_id) as unit:
            if page.facts:
                appended = self._book(unit, ref, page.facts)
            unit.imports.add_skips(ref.tenant_id, ref.account_id, page.skips, now)
            moved = replace(position, cursor=page.cursor)
            unit.imports.put_position(ref.tenant_id, ref.account_id, moved, now)
        self._tell(ref, appended.entries)
        return appended

    def report(self, ref: AccountRef, balances: Sequence[ReportedBalance], asked_at: datetime) -> None:
        """Put all of the account's balances in the place of what was reported before they were asked for."""
        with self._units(ref.tenant_id) as unit:
            told = identified_balances(ref.venue, balances, asked_at)
            unit.reported.replace(ref.tenant_id, ref.account_id, told, asked_at)

    def settle(self, ref: AccountRef) -> None:
        """Fold what older facts made stale, unless an open import is going to."""
        with self._units(ref.tenant_id) as unit:
            if not _is_importing(unit, ref):
                unit.facts.settle(ref, self._clock.now())

    def fail(self, ref: AccountRef, code: str) -> None:
        """The user must mend the key: show it."""
        with self._units(ref.tenant_id) as unit:
            unit.accounts.set_state(ref.tenant_id, ref.account_id, AccountState.FAILING, code)

    def heal(self, ref: AccountRef) -> None:
        """The key works: an account that was failing is active again."""
        with self._units(ref.tenant_id) as unit:
            account = unit.accounts.get(ref.tenant_id, ref.account_id)
            if account is not None and account.state is AccountState.FAILING:
                unit.accounts.set_state(ref.tenant_id, ref.account_id, AccountState.ACTIVE)

    def _book(self, unit: StreamUnit, ref: AccountRef, facts: Sequence[Fact]) -> Appended:
        now = self._clock.now()
        appended = unit.facts.record(ref, facts, now)
        if appended.entries:
            payload: dict[str, str | int | None] = {"account_id": str(ref.account_id), "entries": len(appended.entries)}
            unit.outbox.add(ref.tenant_id, Event(name=RECORDED, payload=payload), ref.correlation_id, now)
        return appended

    def _tell(self, ref: AccountRef, entries: Sequence[Entry]) -> None:
        if entries:
            self._news.publish(ref.tenant_id, ref.account_id, entries)


def _is_importing(unit: StreamUnit, ref: AccountRef) -> bool:
    latest = unit.imports.latest(ref.tenant_id, ref.account_id)
    return latest is not None and latest.state.is_open
