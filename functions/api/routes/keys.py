"""Keys of accounts: the card of each, other keys in their place, all of them revoked."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

from aws_lambda_powertools.event_handler.openapi.params import Query

from functions.api.desk import OurCaller, OurCorrelation, OurDesk
from functions.api.routing import new_router
from nightdesk.contracts.api.keys import (
    KeyCardShape,
    KeyDrillPage,
    KeyUsePage,
    RevocationShape,
    RevokeAllKeys,
    RotateKey,
)

Cursor = Annotated[str | None, Query(min_length=1, max_length=400)]
Limit = Annotated[int, Query(ge=1, le=200)]
_PAGE: Final = 50

router = new_router()


@router.get("/accounts/<account_id>/key", summary="What a thief could do with a key", tags=["keys"])
def get_key_card(account_id: UUID, desk: OurDesk, caller: OurCaller) -> KeyCardShape:
    """Its rights as told and as tried out, what is at stake, how it is kept, who used it."""
    return desk.keys.card(caller, account_id)


@router.post("/accounts/<account_id>/key/test", summary="Try a key out", tags=["keys"])
def test_key(account_id: UUID, desk: OurDesk, caller: OurCaller, correlation_id: OurCorrelation) -> KeyCardShape:
    """By requests that change nothing at the venue, and are refused to keys without the right."""
    return desk.keys.test(caller, account_id, correlation_id)


@router.put("/accounts/<account_id>/key", summary="Put another key in the place of one", tags=["keys"])
def rotate_key(
    account_id: UUID, wanted: RotateKey, desk: OurDesk, caller: OurCaller, correlation_id: OurCorrelation
) -> KeyCardShape:
    """Of the same account at the venue; history, running imports and orders stay. The old one is destroyed."""
    return desk.keys.rotate(caller, account_id, wanted, correlation_id)


@router.get("/accounts/<account_id>/key/uses", summary="Who used a key, and for what", tags=["keys"])
def list_key_uses(
    *, account_id: UUID, desk: OurDesk, caller: OurCaller, cursor: Cursor = None, limit: Limit = _PAGE
) -> KeyUsePage:
    """Counted by the minute, those last used first."""
    return desk.keys.uses(caller, account_id, cursor=cursor, limit=limit)


@router.post("/keys/revoke-all", summary="Revoke all keys, or rehearse it", tags=["keys"])
def revoke_all_keys(
    wanted: RevokeAllKeys, desk: OurDesk, caller: OurCaller, correlation_id: OurCorrelation
) -> RevocationShape:
    """For real it halts trading, destroys every sealed key and stops what ran with them; a drill only walks the way."""
    return desk.keys.revoke_all(caller, wanted, correlation_id)


@router.get("/keys/drills", summary="When all keys were revoked or it was rehearsed", tags=["keys"])
def list_drills(*, desk: OurDesk, caller: OurCaller, cursor: Cursor = None, limit: Limit = _PAGE) -> KeyDrillPage:
    """The latest first."""
    return desk.keys.drills(caller, cursor=cursor, limit=limit)
