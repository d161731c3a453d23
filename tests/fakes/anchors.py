"""Signing and keeping anchors in memory."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.ledger.anchors import Anchor, Chain, document
from nightdesk.ledger.inbox import Finding
from nightdesk.ledger.model import Head
from nightdesk.ledger.signatures import PublicKey
from tests.fakes.ledger import FakeLedgerStore


@cache
def private_key(number: int = 0) -> RSAPrivateKey:
    """A key made once a run; another number is another key."""
    assert number >= 0
    return generate_private_key(public_exponent=65537, key_size=2048)


class FakeSigner:
    """Signs with a key of this run."""

    def __init__(self, number: int = 0) -> None:
        self._key = private_key(number)

    def key(self) -> PublicKey:
        numbers = self._key.public_key().public_numbers()
        return PublicKey(numbers.n, numbers.e)

    def sign(self, content: bytes) -> bytes:
        return self._key.sign(content, PKCS1v15(), SHA256())


def signed(
    tenant_id: TenantId, account_id: AccountId, head: Head, at: datetime, signer: FakeSigner | None = None
) -> Anchor:
    """An anchor of the head."""
    signing = signer or FakeSigner()
    return Anchor(
        tenant_id=tenant_id,
        account_id=account_id,
        sequence=head.sequence,
        hash=head.hash,
        anchored_at=at,
        key=signing.key(),
        signature=signing.sign(document(tenant_id, account_id, head, at)),
    )


@dataclass(slots=True)
class FakeAnchorVault:
    """Anchors that nobody can change."""

    kept: dict[Chain, Anchor] = field(default_factory=dict)

    def put(self, anchor: Anchor) -> None:
        self.kept[anchor.tenant_id, anchor.account_id] = anchor

    def newest(self, tenant_id: TenantId, account_id: AccountId) -> Anchor | None:
        return self.kept.get((tenant_id, account_id))


@dataclass(slots=True)
class FakeAnchoring:
    """The ledger's side of anchoring, on its fake."""

    ledger: FakeLedgerStore
    findings: list[Finding] = field(default_factory=list)

    def unanchored(self, limit: int) -> Collection[Chain]:
        known = {(each.tenant_id, each.account_id, each.sequence) for each in self.ledger.anchored}
        chains = [place for place in self.ledger.chains if (*place, self.ledger.head(*place).sequence) not in known]
        return chains[:limit]

    @contextmanager
    def __call__(self, tenant_id: TenantId) -> Iterator[FakeAnchoring]:
        assert tenant_id
        yield self

    def head(self, tenant_id: TenantId, account_id: AccountId) -> Head:
        return self.ledger.head(tenant_id, account_id)

    def hash_at(self, tenant_id: TenantId, account_id: AccountId, sequence: int) -> bytes | None:
        chain = self.ledger.chains.get((tenant_id, account_id), [])
        return chain[sequence - 1].hash if sequence <= len(chain) else None

    def add_anchor(self, anchor: Anchor) -> None:
        self.ledger.anchored.append(anchor)

    def tell(self, tenant_id: TenantId, findings: Sequence[Finding], at: datetime) -> None:
        assert tenant_id
        assert at
        self.findings += findings
