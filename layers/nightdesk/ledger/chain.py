"""The hash chain: each entry's hash covers the entry and, by the previous hash, everything before it.

Source: the canonical form is ours. It is a JSON array without spaces, in ASCII, in this order: the version, tenant,
account, sequence, entry id, kind, identity, source, instrument or null, order id or null, occurred at, recorded at,
correlation id, and the legs as arrays. In version 1 (`nightdesk.entry.v1`) a leg is role, asset, amount; entries with a
leg in another wallet than `spot` are of version 2 (`nightdesk.entry.v2`), where every leg is role, asset, amount,
wallet. Amounts are the shortest plain decimal texts, instants RFC 3339 with six decimals and `Z`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from json import JSONEncoder

from nightdesk.kernel.assets import SPOT
from nightdesk.kernel.ids import AccountId, CorrelationId, TenantId, entry_id
from nightdesk.kernel.money import format_amount
from nightdesk.ledger.model import Entry, Fact, Head, Leg

VERSION = "nightdesk.entry.v1"
VERSION_OF_WALLETS = "nightdesk.entry.v2"
_encode = JSONEncoder(separators=(",", ":"), check_circular=False).encode


def canonical_bytes(entry: Entry) -> bytes:
    """The one text of everything that the entry says, except its two hashes."""
    fact = entry.fact
    version, legs = _legs(fact.legs)
    content = (
        version,
        str(entry.tenant_id),
        str(entry.account_id),
        entry.sequence,
        str(entry.entry_id),
        fact.kind,
        fact.identity,
        fact.source,
        None if fact.instrument is None else str(fact.instrument),
        fact.order_id,
        _instant(fact.occurred_at),
        _instant(entry.recorded_at),
        entry.correlation_id,
        legs,
    )
    return _encode(content).encode("ascii")


def entry_hash(entry: Entry) -> bytes:
    """SHA-256 over the previous hash and the entry's canonical bytes."""
    return sha256(entry.previous_hash + canonical_bytes(entry)).digest()


def link(
    head: Head,
    facts: Iterable[Fact],
    *,
    tenant_id: TenantId,
    account_id: AccountId,
    recorded_at: datetime,
    correlation_id: CorrelationId,
) -> Iterator[Entry]:
    """The facts as the entries that follow the head, in their order."""
    previous_hash = head.hash
    for sequence, fact in enumerate(facts, head.sequence + 1):
        unsealed = Entry(
            tenant_id=tenant_id,
            account_id=account_id,
            sequence=sequence,
            entry_id=entry_id(account_id, fact.identity),
            fact=fact,
            recorded_at=recorded_at,
            correlation_id=correlation_id,
            previous_hash=previous_hash,
            hash=b"",
        )
        entry = replace(unsealed, hash=entry_hash(unsealed))
        yield entry
        previous_hash = entry.hash


def _legs(legs: tuple[Leg, ...]) -> tuple[str, list[tuple[str, ...]]]:
    for leg in legs:
        if leg.wallet != SPOT:
            return VERSION_OF_WALLETS, [(leg.role, leg.asset, format_amount(leg.amount), leg.wallet) for leg in legs]
    return VERSION, [(leg.role, leg.asset, format_amount(leg.amount)) for leg in legs]


def _instant(instant: datetime) -> str:
    # Twice as fast as format_instant and equal to it for instants in UTC, which facts are required to be.
    return instant.isoformat(timespec="microseconds")[:-6] + "Z"
