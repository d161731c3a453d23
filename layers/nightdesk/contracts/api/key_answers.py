"""What the desk answers about keys. Permissions are checked here; another tenant's ids are not found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from nightdesk.accounts.key_service import KeyService, RevokeWish
from nightdesk.accounts.keys import RevokeMode
from nightdesk.accounts.model import Credential
from nightdesk.accounts.service import AccountsService
from nightdesk.contracts.api import present_keys as present
from nightdesk.contracts.api.keys import (
    KeyCardShape,
    KeyDrillPage,
    KeyUsePage,
    RevocationShape,
    RevokeAllKeys,
    RotateKey,
)
from nightdesk.identity.model import Caller
from nightdesk.kernel.ids import AccountId, CorrelationId
from nightdesk.kernel.instants import parse_instant
from nightdesk.portfolio.service import PortfolioService


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyAnswers:
    """Asks the services and puts what they know in shape."""

    keys: KeyService
    accounts: AccountsService
    portfolio: PortfolioService

    def card(self, caller: Caller, account_id: UUID, *, same_owner: bool | None = None) -> KeyCardShape:
        """What is known of an account's key."""
        caller.require("read", "Account")
        card = self.keys.card(caller.tenant_id, AccountId(account_id))
        return present.card_shape(card, self.portfolio.view(caller.tenant_id), same_owner=same_owner)

    def test(self, caller: Caller, account_id: UUID, correlation_id: CorrelationId) -> KeyCardShape:
        """The same, after trying out now what the key may do."""
        caller.require("refresh", "Account")
        self.keys.test(caller.tenant_id, AccountId(account_id), correlation_id)
        return self.card(caller, account_id)

    def rotate(
        self, caller: Caller, account_id: UUID, wanted: RotateKey, correlation_id: CorrelationId
    ) -> KeyCardShape:
        """The same, after another key took the place of the one that was kept."""
        caller.require("create", "Account")
        rotation = self.keys.rotate(
            caller.tenant_id,
            AccountId(account_id),
            Credential(wanted.key.get_secret_value(), wanted.secret.get_secret_value()),
            confirmed=wanted.confirmed,
            correlation_id=correlation_id,
        )
        return self.card(caller, account_id, same_owner=rotation.same_owner)

    def uses(self, caller: Caller, account_id: UUID, *, cursor: str | None, limit: int) -> KeyUsePage:
        """A page of the key's uses."""
        caller.require("read", "Account")
        place = present.use_place(cursor)
        uses = self.keys.uses(caller.tenant_id, AccountId(account_id), before=place, limit=limit + 1)
        shown = uses[:limit]
        more = present.use_cursor(shown[-1]) if len(uses) > limit else None
        return KeyUsePage(items=[present.use_shape(use) for use in shown], next_cursor=more)

    def revoke_all(self, caller: Caller, wanted: RevokeAllKeys, correlation_id: CorrelationId) -> RevocationShape:
        """Revoke all keys, or rehearse it."""
        caller.require("delete", "Account")
        wish = RevokeWish(
            mode=RevokeMode(wanted.mode),
            confirmation=wanted.confirmation,
            actor=f"user:{caller.user.user_id}",
            correlation_id=correlation_id,
        )
        known = {account.account_id: account for account in self.accounts.list(caller.tenant_id)}
        return present.revocation_shape(self.keys.revoke_all(caller.tenant_id, wish), known)

    def drills(self, caller: Caller, *, cursor: str | None, limit: int) -> KeyDrillPage:
        """When all keys were revoked or it was rehearsed."""
        caller.require("read", "Account")
        drills = self.keys.drills(caller.tenant_id, before=_instant(cursor), limit=limit + 1)
        shown = [present.drill_shape(drill) for drill in drills[:limit]]
        return KeyDrillPage(items=shown, next_cursor=shown[-1].started_at if len(drills) > limit else None)


def _instant(cursor: str | None) -> datetime | None:
    return None if cursor is None else parse_instant(cursor)
