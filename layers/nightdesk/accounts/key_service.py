"""Keys as their owner sees them: what is known of one, another in its place, all of them revoked."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeVar

from nightdesk.accounts import errors
from nightdesk.accounts.key_ports import Halt, KeyGateway, KeyUnits
from nightdesk.accounts.keys import (
    KeyDrill,
    KeyRecord,
    KeyTest,
    KeyUse,
    Revocation,
    RevokedKey,
    RevokeMode,
    RevokeStep,
    Rotation,
    UsePlace,
)
from nightdesk.accounts.model import Account, AccountRef, AccountState, Credential, Event, RefreshJob, TenantRef
from nightdesk.accounts.ports import AccountsUnit, AccountsUnits, RefreshQueue
from nightdesk.accounts.service import failed, require_usable
from nightdesk.kernel.errors import InvalidInput, NightdeskError
from nightdesk.kernel.ids import AccountId, CorrelationId, IdFactory, TenantId
from nightdesk.kernel.instants import Clock

USES_SHOWN: Final = 20
WORDS: Final = {RevokeMode.DRILL: "DRILL", RevokeMode.REAL: "REVOKE ALL KEYS"}
"""What the user types, so that nobody does it by mistake."""

ROTATED_EVENT: Final = "account.key_rotated.v1"
REVOKED_EVENT: Final = "keys.revoked.v1"
REVOKED_MESSAGE: Final = "All keys were revoked. Put a new key in the place of this account's."

_Result = TypeVar("_Result")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class KeyCard:
    """What is known of an account's key.

    Attributes:
        uses: The latest, those last used first.
    """

    account: Account
    record: KeyRecord | None
    uses: tuple[KeyUse, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeWish:
    """How keys are to be revoked."""

    mode: RevokeMode
    confirmation: str
    actor: str
    correlation_id: CorrelationId


class KeyService:
    """What the routes of keys call. Every method acts for one tenant; another's ids are not found."""

    def __init__(
        self,
        *,
        accounts: AccountsUnits,
        keys: KeyUnits,
        gateway: KeyGateway,
        refreshes: RefreshQueue,
        halt: Halt,
        clock: Clock,
        new_id: IdFactory,
    ) -> None:
        self._accounts = accounts
        self._keys = keys
        self._gateway = gateway
        self._refreshes = refreshes
        self._halt = halt
        self._clock = clock
        self._new_id = new_id

    def card(self, tenant_id: TenantId, account_id: AccountId) -> KeyCard:
        """What is known of the account's key.

        Raises:
            NotFound: `accounts.not_found`.
        """
        account = self._account(tenant_id, account_id)
        with self._keys(tenant_id) as store:
            record = store.record(tenant_id, account_id)
            uses = store.uses(tenant_id, account_id, before=None, limit=USES_SHOWN)
        return KeyCard(account, record, uses)

    def uses(
        self, tenant_id: TenantId, account_id: AccountId, *, before: UsePlace | None, limit: int
    ) -> tuple[KeyUse, ...]:
        """Uses of the account's key, those last used first.

        Raises:
            NotFound: `accounts.not_found`.
        """
        self._account(tenant_id, account_id)
        with self._keys(tenant_id) as store:
            return store.uses(tenant_id, account_id, before=before, limit=limit)

    def test(self, tenant_id: TenantId, account_id: AccountId, correlation_id: CorrelationId) -> KeyTest:
        """Try out now what the account's key may do.

        Raises:
            NotFound: `accounts.not_found`.
            NightdeskError: As `VenueGateway`.
        """
        return self._gateway.test_key(_ref(self._account(tenant_id, account_id), correlation_id))

    def rotate(
        self,
        tenant_id: TenantId,
        account_id: AccountId,
        credential: Credential,
        *,
        confirmed: bool,
        correlation_id: CorrelationId,
    ) -> Rotation:
        """Put another key of the same account in the place of the one that is kept; sent again, it does nothing more.

        History, running imports and orders are the account's, not the key's: the next call of each uses the new key.

        Raises:
            NotFound: `accounts.not_found`.
            InvalidInput: `accounts.credential_malformed`, `accounts.key_wrong`, `accounts.key_may_withdraw`, …
            Conflict: `accounts.key_of_another_account`, `accounts.key_owner_unknown`, `accounts.already_connected`.
        """
        require_usable(credential)
        account = self._account(tenant_id, account_id)
        rotation = self._gateway.rotate(_ref(account, correlation_id), credential, confirmed=confirmed)
        with self._accounts(tenant_id) as unit:
            event = Event(name=ROTATED_EVENT, payload={"account_id": str(account_id), "venue": str(account.venue)})
            unit.outbox.add(tenant_id, event, correlation_id, self._clock.now())
        self._refresh(account, correlation_id)
        return rotation

    def revoke_all(self, tenant_id: TenantId, wish: RevokeWish) -> Revocation:
        """Stop trading, destroy every key of the tenant, stop what ran with them; a drill only walks the way.

        Keys go whatever else fails. The accounts and their ledgers stay, and wait for new keys.

        Raises:
            InvalidInput: `keys.not_confirmed`.
        """
        if wish.confirmation != WORDS[wish.mode]:
            raise InvalidInput("keys.not_confirmed", f"To go on, confirm with the words {WORDS[wish.mode]}.")
        watch = _Stopwatch(self._clock)
        drill = wish.mode is RevokeMode.DRILL
        if not drill:
            watch.take("halt", lambda: self._halt(tenant_id, wish.actor, wish.correlation_id))
        tenant = TenantRef(tenant_id=tenant_id, correlation_id=wish.correlation_id)
        keys = watch.take("keys", lambda: self._gateway.revoke_all(tenant, drill=drill)) or ()
        if not drill:
            watch.take("imports", lambda: self._stop(tenant_id, keys, wish))
        revocation = self._report(wish, watch, keys)
        with self._keys(tenant_id) as store:
            store.add_drill(tenant_id, revocation.drill)
        return revocation

    def drills(self, tenant_id: TenantId, *, before: datetime | None, limit: int) -> tuple[KeyDrill, ...]:
        """When all keys were revoked or it was rehearsed, the latest first."""
        with self._keys(tenant_id) as store:
            return store.drills(tenant_id, before=before, limit=limit)

    def _account(self, tenant_id: TenantId, account_id: AccountId) -> Account:
        with self._accounts(tenant_id) as unit:
            account = unit.accounts.get(tenant_id, account_id)
        if account is None or account.state is AccountState.DISCONNECTED:
            raise errors.not_found()
        return account

    def _refresh(self, account: Account, correlation_id: CorrelationId) -> None:
        job = RefreshJob(tenant_id=account.tenant_id, account_id=account.account_id, correlation_id=correlation_id)
        try:
            self._refreshes.send((job,))
        except NightdeskError as error:
            _log.warning("refresh left to the schedule: %s", error.code)

    def _stop(self, tenant_id: TenantId, keys: tuple[RevokedKey, ...], wish: RevokeWish) -> None:
        with self._accounts(tenant_id) as unit:
            for key in keys:
                if key.destroyed:
                    self._stop_account(unit, tenant_id, key.account_id)
            event = Event(name=REVOKED_EVENT, payload={"keys": len(keys), "actor": wish.actor})
            unit.outbox.add(tenant_id, event, wish.correlation_id, self._clock.now())

    def _stop_account(self, unit: AccountsUnit, tenant_id: TenantId, account_id: AccountId) -> None:
        unit.accounts.set_state(tenant_id, account_id, AccountState.FAILING, errors.NOT_CONNECTED)
        latest = unit.imports.latest(tenant_id, account_id)
        present = unit.imports.lock(tenant_id, latest.import_id) if latest else None
        if present and present.state.is_open:
            unit.imports.save(failed(present, errors.NOT_CONNECTED, REVOKED_MESSAGE, self._clock))

    def _report(self, wish: RevokeWish, watch: _Stopwatch, keys: tuple[RevokedKey, ...]) -> Revocation:
        finished_at = self._clock.now()
        halted = any(step.name == "halt" and step.code is None for step in watch.steps)
        drill = KeyDrill(
            drill_id=self._new_id(),
            mode=wish.mode,
            actor=wish.actor,
            started_at=watch.started_at,
            finished_at=finished_at,
            keys=len(keys),
            destroyed=sum(key.destroyed for key in keys),
            halted=halted,
            took_ms=(finished_at - watch.started_at) / timedelta(milliseconds=1),
        )
        return Revocation(drill, tuple(watch.steps), keys)


class _Stopwatch:
    """Takes steps one after another, times each, and goes on when one fails."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.started_at = clock.now()
        self.steps: list[RevokeStep] = []

    def take(self, name: str, step: Callable[[], _Result]) -> _Result | None:
        """The step's result; None if it failed."""
        began_at, result, code = self._clock.now(), None, None
        try:
            result = step()
        except NightdeskError as error:
            _log.error("step of revoking failed", extra={"step": name, "error_code": error.code})
            code = error.code
        self.steps.append(RevokeStep(name, (self._clock.now() - began_at) / timedelta(milliseconds=1), code))
        return result


def _ref(account: Account, correlation_id: CorrelationId) -> AccountRef:
    return AccountRef(
        tenant_id=account.tenant_id,
        account_id=account.account_id,
        venue=account.venue,
        correlation_id=correlation_id,
    )
