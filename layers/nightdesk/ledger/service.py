"""Append facts to the ledger, read it in pages, verify it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from nightdesk.kernel.errors import InvalidInput
from nightdesk.kernel.ids import AccountId, CorrelationId, TenantId
from nightdesk.kernel.instants import require_utc
from nightdesk.ledger.balances import Balance, BalanceQuery
from nightdesk.ledger.chain import link
from nightdesk.ledger.cursor import decode_cursor, encode_cursor, place_of
from nightdesk.ledger.doubts import contradicts
from nightdesk.ledger.facts import require_fact
from nightdesk.ledger.model import Appended, ChainReport, Doubt, EntryFilter, Fact, Page
from nightdesk.ledger.naming import identified, unknown_codes
from nightdesk.ledger.ports import LedgerReads, LedgerStore
from nightdesk.ledger.verify import verify_chain

PAGE_LIMIT_MAX = 1000
PAGE_LIMIT = 200
ANCHORS_MAX = 1000
"""So many of the newest anchors are checked; each covers everything before it."""


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
    fills of ten identities are ten entries. A fact of a known identity that says something else is a doubt: it is not
    booked, and the store keeps it aside. Codes of assets become the assets that they meant at their venue then; a fact
    of an asset that nobody knows is not booked either, but kept whole until somebody names it.

    Raises:
        InvalidInput: A fact is malformed; nothing is appended then.
    """
    require_utc(recorded_at)
    identities = {require_fact(fact).identity for fact in facts}
    head = store.lock_head(tenant_id, account_id)
    known = store.known(tenant_id, account_id, identities)
    told = _identified(store, tenant_id, facts)
    strange = tuple(fact for fact in told if unknown_codes(fact) and fact.identity not in known)
    fresh, duplicates, doubts = _split([fact for fact in told if not unknown_codes(fact)], known)
    duplicates += tuple(fact.identity for fact in told if unknown_codes(fact) and fact.identity in known)
    chained = link(
        head,
        fresh,
        tenant_id=tenant_id,
        account_id=account_id,
        recorded_at=max(recorded_at, head.recorded_at or recorded_at),
        correlation_id=correlation_id,
    )
    entries = tuple(chained)
    if entries:
        store.add(tenant_id, account_id, entries)
    if routed := [fact for fact in facts if fact.route]:
        store.keep_routes(tenant_id, account_id, routed)
    if doubts:
        store.doubt(tenant_id, account_id, doubts, recorded_at)
    if strange:
        store.quarantine(tenant_id, account_id, strange, recorded_at)
    return Appended(entries=entries, duplicates=duplicates, doubts=doubts, quarantined=strange)


def _identified(store: LedgerStore, tenant_id: TenantId, facts: Sequence[Fact]) -> list[Fact]:
    strange = any(unknown_codes(fact) for fact in facts)
    names = store.names(tenant_id) if strange else {}
    return [identified(fact, names) for fact in facts]


def _split(facts: Sequence[Fact], known: Mapping[str, Fact]) -> tuple[list[Fact], tuple[str, ...], tuple[Doubt, ...]]:
    """The facts that are new, the identities of the others, and those of the others that say something else."""
    seen = dict(known)
    fresh: list[Fact] = []
    duplicates: list[str] = []
    doubts: list[Doubt] = []
    for fact in facts:
        if (first := seen.get(fact.identity)) is None:
            seen[fact.identity] = fact
            fresh.append(fact)
            continue
        duplicates.append(fact.identity)
        if contradicts(fact, first):
            doubts.append(Doubt(known=first, told=fact))
    return fresh, tuple(duplicates), tuple(doubts)


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

    def balances(self, tenant_id: TenantId, wanted: BalanceQuery) -> tuple[Balance, ...]:
        """Balances that are not zero, by account, wallet and asset."""
        with self._reads(tenant_id) as store:
            return store.balances(tenant_id, wanted)

    def verify(self, tenant_id: TenantId, account_id: AccountId | None = None) -> tuple[ChainReport, ...]:
        """Check the chain of one account, or of all that the tenant has, in the order of their ids."""
        with self._reads(tenant_id) as store:
            accounts = store.accounts(tenant_id) if account_id is None else (account_id,)
            return tuple(verify_account(store, tenant_id, each) for each in accounts)


def verify_account(store: LedgerStore, tenant_id: TenantId, account_id: AccountId) -> ChainReport:
    """Check one account's chain; the store's transaction must see one moment throughout."""
    head = store.head(tenant_id, account_id)
    anchors = store.anchors(tenant_id, account_id, None, ANCHORS_MAX)
    return verify_chain(tenant_id, account_id, store.chain(tenant_id, account_id), head, anchors)
