"""A person's consent to dangerous actions: asked for at set-up, for exactly what was shown, once, for a while."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from nightdesk.kernel.errors import Conflict
from nightdesk.kernel.ids import TenantId, UserId
from nightdesk.rules.action_codec import actions_hash
from nightdesk.rules.action_ports import Confirmation, ConfirmationStore, RuleSetId
from nightdesk.rules.actions import Action, any_dangerous

LASTS: Final = timedelta(minutes=15)


def issue(
    store: ConfirmationStore,
    new_token: Callable[[], str],
    now: datetime,
    *,
    tenant_id: TenantId,
    user_id: UserId,
    rule_set_id: RuleSetId,
    rule_set_version: int,
    actions: Sequence[Action],
) -> tuple[str, datetime]:
    """A token that stands for the user's consent to these actions of this version, and when it expires."""
    token, expires_at = new_token(), now + LASTS
    store.add(
        Confirmation(
            tenant_id=tenant_id,
            token_hash=_hashed(token),
            rule_set_id=rule_set_id,
            rule_set_version=rule_set_version,
            actions_hash=actions_hash(actions),
            user_id=user_id,
            issued_at=now,
            expires_at=expires_at,
        )
    )
    return token, expires_at


def demand(
    store: ConfirmationStore,
    token: str | None,
    now: datetime,
    *,
    tenant_id: TenantId,
    rule_set_id: RuleSetId,
    rule_set_version: int,
    actions: Sequence[Action],
) -> None:
    """Let a rule set go live whose dangerous actions somebody consented to; harmless ones need nobody.

    The consent is used up within the caller's transaction, so it serves once.

    Raises:
        Conflict: `actions.confirmation_needed`, `actions.confirmation_unknown` (also one used before),
            `actions.confirmation_expired`, `actions.confirmation_for_other` (something was changed since).
    """
    if not any_dangerous(actions):
        return
    if token is None:
        raise Conflict("actions.confirmation_needed", "These actions are dangerous: look at the preview and confirm.")
    kept = store.take(tenant_id, _hashed(token), now)
    if kept is None:
        raise Conflict("actions.confirmation_unknown", "This confirmation is not known or was used; confirm again.")
    if kept.expires_at <= now:
        raise Conflict("actions.confirmation_expired", "This confirmation has expired; confirm again.")
    if _bound(kept) != (rule_set_id, rule_set_version, actions_hash(actions)):
        raise Conflict(
            "actions.confirmation_for_other", "The rule set was changed since it was confirmed; confirm again."
        )


def _bound(kept: Confirmation) -> tuple[RuleSetId, int, str]:
    return kept.rule_set_id, kept.rule_set_version, kept.actions_hash


def _hashed(token: str) -> bytes:
    return sha256(token.encode()).digest()
