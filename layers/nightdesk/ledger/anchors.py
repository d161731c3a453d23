"""Signed heads of chains: who rewrites a ledger and all its hashes still can't make it end as it was signed.

Source: the signed document is ours: a JSON array without spaces, in ASCII, of the text `nightdesk.anchor.v1`, tenant,
account, sequence, the entry's hash in hexadecimal digits, and the instant of signing.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol
from uuid import UUID

from nightdesk.kernel.errors import NightdeskError
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.kernel.instants import Clock, format_instant
from nightdesk.ledger.inbox import Cause, Finding
from nightdesk.ledger.model import Head
from nightdesk.ledger.signatures import PublicKey

VERSION: Final = "nightdesk.anchor.v1"
TAMPERED: Final = "ledger.tampered"
"""The code under which it is logged that a chain is not what was signed."""

Chain = tuple[TenantId, AccountId]
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """The end of an account's chain at an instant, signed.

    Attributes:
        sequence: Of the last entry then; never 0.
        hash: Of that entry.
        signature: Of `document`, by the key.
    """

    tenant_id: TenantId
    account_id: AccountId
    sequence: int
    hash: bytes
    anchored_at: datetime
    key: PublicKey
    signature: bytes

    @property
    def document(self) -> bytes:
        """What was signed."""
        return document(self.tenant_id, self.account_id, Head(self.sequence, self.hash), self.anchored_at)

    @property
    def holds(self) -> bool:
        """Whether the signature is good."""
        return self.key.signed(self.document, self.signature)


class AnchorSigner(Protocol):
    """Signs with a key that nobody can read."""

    def key(self) -> PublicKey:
        """What signatures are checked with."""
        ...

    def sign(self, content: bytes) -> bytes:
        """The signature, RSASSA-PKCS1-v1_5 with SHA-256."""
        ...


class AnchorVault(Protocol):
    """Keeps anchors where nobody who reaches the database can change them."""

    def put(self, anchor: Anchor) -> None:
        """Keep it; the same again changes nothing."""
        ...

    def newest(self, tenant_id: TenantId, account_id: AccountId) -> Anchor | None:
        """The account's anchor of the highest sequence."""
        ...


class AnchorStore(Protocol):
    """What anchoring reads and keeps in the ledger's own database, in one transaction."""

    def head(self, tenant_id: TenantId, account_id: AccountId) -> Head:
        """The end of the account's chain."""
        ...

    def hash_at(self, tenant_id: TenantId, account_id: AccountId, sequence: int) -> bytes | None:
        """The stored hash of an entry; None if there is no such entry."""
        ...

    def add_anchor(self, anchor: Anchor) -> None:
        """Keep the anchor beside the chain; the same again changes nothing."""
        ...

    def tell(self, tenant_id: TenantId, findings: Sequence[Finding], at: datetime) -> None:
        """Put findings in the inbox."""
        ...


class AnchorUnits(Protocol):
    """Opens transactions of a tenant."""

    def __call__(self, tenant_id: TenantId) -> AbstractContextManager[AnchorStore]:
        """A transaction: committed at its end, rolled back when an error leaves it."""
        ...


class ChainsToAnchor(Protocol):
    """Sees of every tenant how long its chains are and how far they are anchored."""

    def unanchored(self, limit: int) -> Collection[Chain]:
        """Chains that grew since their last anchor."""
        ...


@dataclass(frozen=True, slots=True)
class Anchored:
    """What a round of anchoring did."""

    anchored: int = 0
    tampered: int = 0
    failed: int = 0


class AnchorService:
    """Signs the heads of chains that grew, unless they no longer hold what was signed before."""

    def __init__(
        self, chains: ChainsToAnchor, units: AnchorUnits, vault: AnchorVault, signer: AnchorSigner, clock: Clock
    ) -> None:
        self._chains = chains
        self._units = units
        self._vault = vault
        self._signer = signer
        self._clock = clock

    def sweep(self, limit: int = 1000) -> Anchored:
        """Anchor every chain that grew, at most so many."""
        counts = {"anchored": 0, "tampered": 0, "failed": 0}
        for tenant_id, account_id in self._chains.unanchored(limit):
            counts[self._try(tenant_id, account_id)] += 1
        return Anchored(**counts)

    def anchor(self, tenant_id: TenantId, account_id: AccountId) -> Anchor | None:
        """Sign the end of one chain; None if it is empty or not what was signed before, which is told."""
        before, now = self._vault.newest(tenant_id, account_id), self._clock.now()
        with self._units(tenant_id) as store:
            head = store.head(tenant_id, account_id)
            if before is not None and store.hash_at(tenant_id, account_id, before.sequence) != before.hash:
                _log.error("a chain is not what was signed", extra=_place(before))
                store.tell(tenant_id, [_finding(before)], now)
                return None
        if not head.sequence:
            return None
        made = self._signed(tenant_id, account_id, head, now)
        self._vault.put(made)
        with self._units(tenant_id) as store:
            store.add_anchor(made)
        return made

    def _signed(self, tenant_id: TenantId, account_id: AccountId, head: Head, now: datetime) -> Anchor:
        return Anchor(
            tenant_id=tenant_id,
            account_id=account_id,
            sequence=head.sequence,
            hash=head.hash,
            anchored_at=now,
            key=self._signer.key(),
            signature=self._signer.sign(document(tenant_id, account_id, head, now)),
        )

    def _try(self, tenant_id: TenantId, account_id: AccountId) -> str:
        try:
            return "tampered" if self.anchor(tenant_id, account_id) is None else "anchored"
        except NightdeskError as error:
            _log.warning("a chain was not anchored", extra={"error_code": error.code, "account_id": str(account_id)})
            return "failed"


def document(tenant_id: TenantId | UUID, account_id: AccountId | UUID, head: Head, anchored_at: datetime) -> bytes:
    """What is signed of a chain's end."""
    content = [VERSION, str(tenant_id), str(account_id), head.sequence, head.hash.hex(), format_instant(anchored_at)]
    return json.dumps(content, separators=(",", ":")).encode("ascii")


def _finding(before: Anchor) -> Finding:
    return Finding(
        cause=Cause.CONTRADICTED,
        identity=f"tampered:{before.account_id}",
        account_id=before.account_id,
        occurred_at=before.anchored_at,
        details={"reason": TAMPERED, "sequence": before.sequence, "signed_hash": before.hash.hex()},
    )


def _place(before: Anchor) -> dict[str, str | int]:
    return {"error_code": TAMPERED, "account_id": str(before.account_id), "sequence": before.sequence}
