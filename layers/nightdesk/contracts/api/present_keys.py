"""Turns what is known of keys into the API's shapes."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final

from nightdesk.accounts.key_service import KeyCard
from nightdesk.accounts.keys import (
    KEY_PAGES,
    KeyDrill,
    KeyRecord,
    KeyTest,
    KeyUse,
    Probe,
    Revocation,
    RevokedKey,
    Right,
    UsePlace,
    Verdict,
)
from nightdesk.accounts.model import Account, KeyPermissions
from nightdesk.contracts.api.common import AmountShape
from nightdesk.contracts.api.keys import (
    KeyCardShape,
    KeyDrillShape,
    KeyPageShape,
    KeyUseShape,
    RevocationShape,
    RevokedKeyShape,
    RevokeStepShape,
    RightShape,
    StakeShape,
    StoredShape,
)
from nightdesk.contracts.api.present import instant
from nightdesk.kernel.assets import AssetId, VenueId
from nightdesk.kernel.errors import InvalidInput
from nightdesk.kernel.ids import AccountId
from nightdesk.kernel.instants import format_instant, parse_instant
from nightdesk.kernel.money import ZERO, add, format_amount, multiply
from nightdesk.portfolio.model import Portfolio, ValuedHolding

CIPHER: Final = "AES-256-GCM under a data key of its own"
_NEVER_TRIED: Final = "keys.never_tested"


def card_shape(card: KeyCard, portfolio: Portfolio, *, same_owner: bool | None = None) -> KeyCardShape:
    """A key's card."""
    account, record = card.account, card.record
    test = None if record is None else record.test
    rights = [_right_shape(right, account.permissions, test) for right in Right]
    return KeyCardShape(
        account_id=account.account_id,
        venue=account.venue,
        label=account.label,
        state=account.state.value,
        key_hint=account.key_hint,
        rights=rights,
        ip_bound=None if account.permissions is None else account.permissions.ip_bound,
        addresses=[] if test is None else list(test.addresses),
        tested_at=None if test is None else format_instant(test.tested_at),
        stored=None if record is None else _stored_shape(record),
        stake=_stake_shape(account.account_id, portfolio, _granted(rights, record)),
        last_used_at=instant(max((use.last_at for use in card.uses), default=None)),
        uses=[use_shape(use) for use in card.uses],
        delete_at=_page_shape(account.venue),
        same_owner=same_owner,
    )


def use_shape(use: KeyUse) -> KeyUseShape:
    """Uses of a minute."""
    return KeyUseShape(
        asker=use.asker,
        operation=use.operation,
        outcome=use.outcome,
        uses=use.uses,
        first_at=format_instant(use.first_at),
        last_at=format_instant(use.last_at),
        correlation_id=use.correlation_id,
    )


def use_cursor(use: KeyUse) -> str:
    """The cursor of what follows a use in the list."""
    place = [format_instant(use.last_at), use.asker, use.operation, use.outcome]
    return urlsafe_b64encode(json.dumps(place, separators=(",", ":")).encode()).decode().rstrip("=")


def use_place(cursor: str | None) -> UsePlace | None:
    """The place that a cursor means.

    Raises:
        InvalidInput: `keys.cursor_malformed`.
    """
    if cursor is None:
        return None
    try:
        at, asker, operation, outcome = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return parse_instant(at), _text(asker), _text(operation), _text(outcome)
    except (ValueError, TypeError, AttributeError, RecursionError, InvalidInput):
        raise InvalidInput("keys.cursor_malformed", "The cursor is not one of ours.") from None


def revocation_shape(revocation: Revocation, accounts: Mapping[AccountId, Account]) -> RevocationShape:
    """What revoking came to."""
    return RevocationShape(
        drill=drill_shape(revocation.drill),
        steps=[RevokeStepShape(name=step.name, took_ms=step.took_ms, code=step.code) for step in revocation.steps],
        keys=[_revoked_shape(key, accounts.get(key.account_id)) for key in revocation.keys],
    )


def drill_shape(drill: KeyDrill) -> KeyDrillShape:
    """That keys were revoked, or that it was rehearsed."""
    return KeyDrillShape(
        drill_id=drill.drill_id,
        mode=drill.mode.value,
        actor=drill.actor,
        started_at=format_instant(drill.started_at),
        finished_at=format_instant(drill.finished_at),
        keys=drill.keys,
        destroyed=drill.destroyed,
        halted=drill.halted,
        took_ms=drill.took_ms,
    )


def _revoked_shape(key: RevokedKey, account: Account | None) -> RevokedKeyShape:
    return RevokedKeyShape(
        account_id=key.account_id,
        venue="" if account is None else account.venue,
        label="" if account is None else account.label,
        key_hint=None if account is None else account.key_hint,
        destroyed=key.destroyed,
        took_ms=key.took_ms,
        code=key.code,
        delete_at=None if account is None else _page_shape(account.venue),
    )


def _right_shape(right: Right, permissions: KeyPermissions | None, test: KeyTest | None) -> RightShape:
    said = None if permissions is None else bool(getattr(permissions, f"may_{right.value}"))
    probe = _probe_of(right, test)
    return RightShape(
        right=right.value,
        said=said,
        verdict=probe.verdict.value,
        asked=probe.asked,
        code=probe.code,
        may=bool(said) or probe.verdict is Verdict.ALLOWED,
        contradicted=test is not None and right in test.contradicted,
    )


def _probe_of(right: Right, test: KeyTest | None) -> Probe:
    probes = () if test is None else test.probes
    untold = Probe(right=right, verdict=Verdict.UNTOLD, code=_NEVER_TRIED)
    return next((probe for probe in probes if probe.right is right), untold)


def _granted(rights: Iterable[RightShape], record: KeyRecord | None) -> frozenset[str]:
    """What a thief of our copy could do; nothing once it is destroyed."""
    if record is not None and record.destroyed_at is not None:
        return frozenset()
    return frozenset(right.right for right in rights if right.may)


def _stored_shape(record: KeyRecord) -> StoredShape:
    return StoredShape(
        cipher=CIPHER,
        key_source=record.key_source,
        sealed_at=format_instant(record.sealed_at),
        rotations=record.rotations,
        destroyed_at=instant(record.destroyed_at),
    )


def _stake_shape(account_id: AccountId, portfolio: Portfolio, granted: frozenset[str]) -> StakeShape:
    held = [each for each in portfolio.holdings if each.account_id == account_id and each.reported_quantity]
    total = ZERO
    for each in held:
        total = add(total, _worth(each))

    def reached(right: str) -> AmountShape:
        return _amount_shape(total if right in granted else ZERO, portfolio.base_asset)

    return StakeShape(
        seen=reached("read"),
        tradable=reached("trade"),
        withdrawable=reached("withdraw"),
        unpriced=sorted({each.asset for each in held if each.price is None}),
        reported_at=instant(max((each.reported_at for each in held if each.reported_at), default=None)),
    )


def _worth(holding: ValuedHolding) -> Decimal:
    if holding.price is None or holding.reported_quantity is None:
        return ZERO
    return multiply(holding.reported_quantity, holding.price)


def _amount_shape(amount: Decimal, asset: AssetId) -> AmountShape:
    return AmountShape(amount=format_amount(amount), asset=asset)


def _page_shape(venue: VenueId) -> KeyPageShape | None:
    page = KEY_PAGES.get(venue)
    return None if page is None else KeyPageShape(url=page.url, path=page.path)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a place is told in texts")
    return value
