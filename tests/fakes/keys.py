"""Keys' ports in memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from nightdesk.accounts import errors
from nightdesk.accounts.keys import (
    KeyDrill,
    KeyRecord,
    KeyTest,
    KeyUse,
    Probe,
    RevokedKey,
    Right,
    Rotation,
    UsePlace,
    Verdict,
    fingerprint,
    hint,
)
from nightdesk.accounts.model import AccountRef, AccountState, Credential, KeyPermissions, TenantRef
from nightdesk.kernel.errors import NightdeskError
from nightdesk.kernel.ids import AccountId, TenantId
from tests.fakes.accounts import FakeAccountsUnits, FakeVenueGateway
from tests.fakes.clock import NOON

MAY = KeyPermissions(may_read=True, may_trade=True, may_withdraw=False, ip_bound=False, checked_at=NOON)
TESTED = KeyTest(
    permissions=MAY,
    probes=(
        Probe(right=Right.READ, verdict=Verdict.ALLOWED, asked="GET /account"),
        Probe(right=Right.TRADE, verdict=Verdict.ALLOWED, asked="POST /order/test"),
        Probe(right=Right.WITHDRAW, verdict=Verdict.UNTOLD, code="keys.no_harmless_probe"),
    ),
    tested_at=NOON,
)
RECORD = KeyRecord(key_source="file:0123", sealed_at=NOON, rotations=0, test=None, destroyed_at=None)


@dataclass(slots=True)
class FakeKeys:
    """What is known of keys; nothing is rolled back."""

    records: dict[AccountId, KeyRecord] = field(default_factory=dict)
    used: dict[AccountId, list[KeyUse]] = field(default_factory=dict)
    kept_drills: list[tuple[TenantId, KeyDrill]] = field(default_factory=list)

    def __call__(self, tenant_id: TenantId) -> AbstractContextManager[FakeKeys]:  # noqa: ARG002
        return self._open()

    @contextmanager
    def _open(self) -> Iterator[FakeKeys]:
        yield self

    def record(self, tenant_id: TenantId, account_id: AccountId) -> KeyRecord | None:  # noqa: ARG002
        return self.records.get(account_id)

    def uses(
        self,
        tenant_id: TenantId,  # noqa: ARG002
        account_id: AccountId,
        *,
        before: UsePlace | None,
        limit: int,
    ) -> tuple[KeyUse, ...]:
        places = {(use.last_at, use.asker, use.operation, use.outcome): use for use in self.used.get(account_id, [])}
        wanted = sorted((place for place in places if before is None or place < before), reverse=True)
        return tuple(places[place] for place in wanted[:limit])

    def add_drill(self, tenant_id: TenantId, drill: KeyDrill) -> None:
        self.kept_drills.append((tenant_id, drill))

    def drills(self, tenant_id: TenantId, *, before: datetime | None, limit: int) -> tuple[KeyDrill, ...]:
        own = [drill for owner, drill in self.kept_drills if owner == tenant_id]
        wanted = [drill for drill in own if before is None or drill.started_at < before]
        return tuple(sorted(wanted, key=lambda drill: drill.started_at, reverse=True)[:limit])


@dataclass(slots=True)
class FakeKeyGateway:
    """Keeps what the venue's fake holds; a key that begins with `other` is of another account."""

    venue: FakeVenueGateway
    accounts: FakeAccountsUnits
    keys: FakeKeys
    refusal: NightdeskError | None = None

    def rotate(self, account: AccountRef, credential: Credential, *, confirmed: bool) -> Rotation:  # noqa: ARG002
        if credential.key.startswith("other"):
            raise errors.key_of_another_account()
        self.venue.held[account.account_id] = credential
        store = self.accounts.accounts
        store.fingerprints[account.account_id] = fingerprint(account.venue, credential.key)
        present = store.accounts[account.tenant_id, account.account_id]
        changed = replace(present, key_hint=hint(credential.key), state=AccountState.ACTIVE, state_code=None)
        store.accounts[account.tenant_id, account.account_id] = changed
        record = self.keys.records.get(account.account_id, RECORD)
        self.keys.records[account.account_id] = replace(record, rotations=record.rotations + 1, test=TESTED)
        return Rotation(TESTED, same_owner=True)

    def test_key(self, account: AccountRef) -> KeyTest:
        if account.account_id not in self.venue.held:
            raise errors.not_connected()
        self.keys.records[account.account_id] = replace(self.keys.records.get(account.account_id, RECORD), test=TESTED)
        return TESTED

    def revoke_all(self, tenant: TenantRef, *, drill: bool) -> tuple[RevokedKey, ...]:
        if self.refusal:
            raise self.refusal
        own = [account.account_id for account in self.accounts.accounts.list(tenant.tenant_id)]
        held = [account_id for account_id in own if account_id in self.venue.held]
        if not drill:
            for account_id in held:
                del self.venue.held[account_id]
        return tuple(RevokedKey(account_id, not drill, 1.0) for account_id in held)
