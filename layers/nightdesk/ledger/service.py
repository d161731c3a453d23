"""Append facts to the ledger, read it in pages, verify it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from nightdesk.kernel.errors import InvalidInput
from nightdesk.kernel.ids import AccountId, CorrelationId, TenantId
from nightdesk.kernel.instants import require_utc
from nightdesk.ledger.chain import link
from nightdesk.ledger.cursor import decode_cursor, encode_cursor, place_of
from nightdesk.ledger.facts import require_fact
from nightdesk.ledger.model import Appended, ChainReport, EntryFilter, Fact, Page
from nightdesk.ledger.ports import LedgerReads, LedgerStore
from nightdesk.ledger.verify import verify_chain

PAGE_LIMIT_MAX = 1000
PAGE_LIMIT = 200


def append(
    store: LedgerStore,
    tenant_id: TenantId,
    account_id: AccountId,
    facts: Sequence[Fact],
    *,
    recorded_at: datetime,
    correlation_id: CorrelationId,
) -> Appended:
    """Chain those of the facts that the account's ledger does not hold yet, in their order.

    Recording the same facts again changes nothing: what makes a fact the same is its identity alone, so ten equal
    fills of ten identities are ten entries.

    Raises:
        InvalidInput: A fact is malformed; nothing is appended then.
    """
    require_utc(recorded_at)
    identities = {require_fact(fact).identity for fact in facts}
    head = store.lock_head(tenant_id, account_id)
    known = store.known(tenant_id, account_id, identities)
    fresh, duplicates = _split(facts, known)
    chained = link(
        head,
        fresh,
        tenant_id=tenant_id,
        account_id=account_id,
        recorded_at=recorded_at,
        correlation_id=correlation_id,
    )
    entries = tuple(chained)
    if entries:
        store.add(tenant_id, account_id, entries)
    return Appended(entries=entries, duplicates=duplicates)


def _split(facts: Sequence[Fact], known: frozenset[str]) -> tuple[list[Fact], tuple[str, ...]]:
    """The facts that are new, and the identities of the others."""
    seen = set(known)
    fresh: list[Fact] = []
    duplicates: list[str] = []
    for fact in facts:
        if fact.identity in seen:
            duplicates.append(fact.identity)
        else:
            seen.add(fact.identity)
            fresh.append(fact)
    return fresh, tuple(duplicates)


class LedgerService:
    """Reads the ledger for people and checks it."""

    def __init__(self, reads: LedgerReads) -> None:
        self._reads = reads

    def page(
        self, tenant_id: TenantId, wanted: EntryFilter, *, cursor: str | None = None, limit: int = PAGE_LIMIT
    ) -> Page:
        """A page of the entries that pass the filter, newest first.

        Entries recorded while somebody turns pages never move what was read: the next page begins where this one ended.

        Raises:
            InvalidInput: The cursor is not ours, or the limit not between 1 and 1000.
        """
        if not 1 <= limit <= PAGE_LIMIT_MAX:
            raise InvalidInput("ledger.limit", f"A page has 1 to {PAGE_LIMIT_MAX} entries.")
        before = None if cursor is None else decode_cursor(cursor)
        with self._reads(tenant_id) as store:
            found = store.newest(tenant_id, wanted, before, limit + 1)
        entries = found[:limit]
        more = len(found) > limit
        return Page(entries=entries, next_cursor=encode_cursor(place_of(entries[-1])) if more else None)

    def verify(self, tenant_id: TenantId, account_id: AccountId | None = None) -> tuple[ChainReport, ...]:
        """Check the chain of one account, or of all that the tenant has, in the order of their ids."""
        with self._reads(tenant_id) as store:
            accounts = store.accounts(tenant_id) if account_id is None else (account_id,)
            return tuple(verify_account(store, tenant_id, each) for each in accounts)


def verify_account(store: LedgerStore, tenant_id: TenantId, account_id: AccountId) -> ChainReport:
    """Check one account's chain; the store's transaction must see one moment throughout."""
    head = store.head(tenant_id, account_id)
    return verify_chain(tenant_id, account_id, store.chain(tenant_id, account_id), head)
