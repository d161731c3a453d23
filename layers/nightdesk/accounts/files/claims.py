"""What a venue tells after a file told it: booked once, under the file's identity.

An event of the venue that equals an entry of a file that no event stands for yet claims that entry: it is a
duplicate, now and whenever it is told again. So a file first and the venue's history after it add up to the venue's
history, as they do the other way round.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from nightdesk.accounts.files.facts import IDENTITY
from nightdesk.accounts.files.multiset import Likeness, likeness
from nightdesk.accounts.files.parsing import SECOND
from nightdesk.accounts.files.ports import ClaimStore
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.ledger.model import Fact
from nightdesk.ledger.naming import identified


def unclaimed_facts(
    store: ClaimStore, tenant_id: TenantId, account_id: AccountId, facts: Sequence[Fact], now: datetime
) -> list[Fact]:
    """Those of a venue's facts that no file told before; the others claim what the file told.

    Nobody else may append to the account's ledger meanwhile.
    """
    theirs = [fact for fact in facts if not fact.identity.startswith(IDENTITY)]
    if not theirs or not store.has_files(tenant_id, account_id):
        return list(facts)
    settled = store.claimed(tenant_id, account_id, [fact.identity for fact in theirs])
    booked = store.booked(tenant_id, account_id, [fact.identity for fact in theirs])
    seconds = [fact.occurred_at.replace(microsecond=0) for fact in theirs]
    open_entries: dict[Likeness, list[str]] = defaultdict(list)
    for entry in store.unclaimed(tenant_id, account_id, (min(seconds), max(seconds) + SECOND)):
        open_entries[likeness(entry)].append(entry.identity)
    claims: dict[str, str] = {}
    for fact in theirs:
        if fact.identity in settled or fact.identity in booked or fact.identity in claims:
            continue
        if waiting := open_entries.get(likeness(identified(fact, {}))):
            claims[fact.identity] = waiting.pop(0)
    if claims:
        store.claim(tenant_id, account_id, claims, now)
    return [fact for fact in facts if fact.identity not in settled and fact.identity not in claims]
