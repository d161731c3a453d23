"""Check that a chain is whole: nothing altered, removed, inserted or moved since it was written."""

from __future__ import annotations

from collections.abc import Iterable

from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.ledger.chain import entry_hash
from nightdesk.ledger.model import ChainReport, Entry, Head

GAP = "gap"  # an entry is missing, or stands twice
ALTERED = "altered"  # the content doesn't give the stored hash
UNLINKED = "unlinked"  # it doesn't follow the entry before it
FOREIGN = "foreign"  # it belongs to another account
HEAD = "head"  # entries are missing at the end, or were added behind the ledger's back


def verify_chain(tenant_id: TenantId, account_id: AccountId, entries: Iterable[Entry], head: Head) -> ChainReport:
    """Read a chain from its start and name the first place at which it doesn't hold.

    Args:
        tenant_id: Whose chain it is.
        account_id: Whose chain it is.
        entries: In the order of their sequence.
        head: Where the ledger says the chain ends, of the same moment as the entries.
    """
    reached = Head()
    for entry in entries:
        if reason := _broken(entry, reached, tenant_id, account_id):
            return _report(account_id, reached, reached.sequence + 1, reason)
        reached = Head(entry.sequence, entry.hash)
    if reached != head:
        return _report(account_id, reached, min(reached.sequence, head.sequence) + 1, HEAD)
    return _report(account_id, reached, None, None)


def _broken(entry: Entry, reached: Head, tenant_id: TenantId, account_id: AccountId) -> str | None:
    if entry.sequence != reached.sequence + 1:
        return GAP
    if entry.previous_hash != reached.hash:
        return UNLINKED
    if entry_hash(entry) != entry.hash:
        return ALTERED
    if entry.tenant_id != tenant_id or entry.account_id != account_id:
        return FOREIGN
    return None


def _report(account_id: AccountId, reached: Head, broken: int | None, reason: str | None) -> ChainReport:
    return ChainReport(
        account_id=account_id,
        entries=reached.sequence,
        head_hash=reached.hash,
        ok=broken is None,
        first_broken_sequence=broken,
        reason=reason,
    )
