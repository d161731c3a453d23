"""Accounts at venues and the import of their history."""

from __future__ import annotations

import hashlib
from http import HTTPStatus
from typing import Annotated, Literal
from uuid import UUID

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Header, Query

from functions.api.desk import OurCaller, OurCorrelation, OurDesk, OurInvocation
from functions.api.routing import new_router
from nightdesk.contracts.api.accounts import AccountList, AccountShape, ConnectAccount, ImportProgressShape
from nightdesk.contracts.api.common import VenueList

Included = Annotated[Literal["disconnected"] | None, Query()]
IdempotencyKey = Annotated[str | None, Header(alias="Idempotency-Key", min_length=8, max_length=128)]

router = new_router()


@router.get("/venues", summary="Venues that can be connected", tags=["accounts"])
def list_venues(desk: OurDesk, caller: OurCaller) -> VenueList:
    """Each with what it needs of the user."""
    return desk.answers.venues(caller)


@router.get("/accounts", summary="Every account", tags=["accounts"])
def list_accounts(*, desk: OurDesk, caller: OurCaller, include: Included = None) -> AccountList:
    """Oldest first, each with its latest import; `include=disconnected` for those too whose ledger stays."""
    return desk.answers.account_list(caller, with_disconnected=include == "disconnected")


@router.post("/accounts", summary="Connect an account", tags=["accounts"], status_code=HTTPStatus.CREATED)
def connect_account(
    wanted: ConnectAccount,
    *,
    desk: OurDesk,
    caller: OurCaller,
    correlation_id: OurCorrelation,
    invocation: OurInvocation,
    idempotency_key: IdempotencyKey = None,
) -> AccountShape:
    """Check the key at its venue, seal it and queue the import of the account's history.

    With an `Idempotency-Key`, sending the same again answers what was answered first.
    """
    if idempotency_key is None:
        return desk.answers.connect(caller, wanted, correlation_id)
    answer = desk.once(
        caller.tenant_id,
        idempotency_key,
        _digest(wanted),
        lambda: desk.answers.connect(caller, wanted, correlation_id).model_dump(mode="json", by_alias=True),
        invocation,
    )
    return AccountShape.model_validate(answer)


@router.get("/accounts/<account_id>", summary="One account", tags=["accounts"])
def get_account(account_id: UUID, desk: OurDesk, caller: OurCaller) -> AccountShape:
    """The account with its latest import."""
    return desk.answers.account(caller, account_id)


@router.delete(
    "/accounts/<account_id>", summary="Disconnect an account", tags=["accounts"], status_code=HTTPStatus.NO_CONTENT
)
def disconnect_account(
    account_id: UUID, desk: OurDesk, caller: OurCaller, correlation_id: OurCorrelation
) -> Response[None]:
    """Forget the key; the ledger stays."""
    desk.answers.disconnect(caller, account_id, correlation_id)
    return Response(HTTPStatus.NO_CONTENT)


@router.get("/accounts/<account_id>/import", summary="How far the import is", tags=["accounts"])
def get_import(account_id: UUID, desk: OurDesk, caller: OurCaller) -> ImportProgressShape:
    """The account's latest import."""
    return desk.answers.import_progress(caller, account_id)


@router.post("/accounts/<account_id>/import", summary="Import what is new", tags=["accounts"])
def start_import(
    account_id: UUID, desk: OurDesk, caller: OurCaller, correlation_id: OurCorrelation
) -> ImportProgressShape:
    """Queue an import; if one is open already, that one is answered."""
    return desk.answers.start_import(caller, account_id, correlation_id)


@router.post(
    "/accounts/<account_id>/refresh",
    summary="Fetch balances and prices",
    tags=["accounts"],
    status_code=HTTPStatus.ACCEPTED,
)
def refresh_account(
    account_id: UUID, desk: OurDesk, caller: OurCaller, correlation_id: OurCorrelation
) -> Response[None]:
    """Ask the venue soon what the account holds."""
    desk.answers.refresh(caller, account_id, correlation_id)
    return Response(HTTPStatus.ACCEPTED)


def _digest(wanted: ConnectAccount) -> str:
    """Of all but the secret, of which nothing may be kept."""
    return hashlib.sha256(f"{wanted.venue}\n{wanted.key.get_secret_value()}\n{wanted.label}".encode()).hexdigest()
