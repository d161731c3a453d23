"""Accounts at venues and the import of their history."""

from __future__ import annotations

import hashlib
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Header

from functions.api.desk import Desk, OurCaller, OurCorrelation, OurDesk, OurInvocation
from functions.api.routing import new_router
from nightdesk.accounts.model import Credential
from nightdesk.contracts.api.accounts import AccountList, AccountShape, ConnectAccount, ImportProgressShape
from nightdesk.contracts.api.present import account_shape, import_shape
from nightdesk.identity.model import Caller
from nightdesk.kernel.errors import NotFound
from nightdesk.kernel.ids import AccountId, CorrelationId

IdempotencyKey = Annotated[str | None, Header(alias="Idempotency-Key", min_length=8, max_length=128)]

router = new_router()


@router.get("/accounts", summary="Every account", tags=["accounts"])
def list_accounts(desk: OurDesk, caller: OurCaller) -> AccountList:
    """Oldest first, each with its latest import."""
    caller.require("read", "Account")
    now, imports = desk.clock.now(), desk.accounts.imports(caller.tenant_id)
    accounts = desk.accounts.list(caller.tenant_id)
    return AccountList(items=[account_shape(each, imports.get(each.account_id), now) for each in accounts])


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
    caller.require("create", "Account")
    if idempotency_key is None:
        return _connect(wanted, desk, caller, correlation_id)
    answer = desk.once(
        caller.tenant_id,
        idempotency_key,
        _digest(wanted),
        lambda: _connect(wanted, desk, caller, correlation_id).model_dump(mode="json", by_alias=True),
        invocation,
    )
    return AccountShape.model_validate(answer)


@router.get("/accounts/<account_id>", summary="One account", tags=["accounts"])
def get_account(account_id: UUID, desk: OurDesk, caller: OurCaller) -> AccountShape:
    """The account with its latest import."""
    caller.require("read", "Account")
    account = desk.accounts.get(caller.tenant_id, AccountId(account_id))
    progress = desk.accounts.import_progress(caller.tenant_id, account.account_id)
    return account_shape(account, progress, desk.clock.now())


@router.delete(
    "/accounts/<account_id>", summary="Disconnect an account", tags=["accounts"], status_code=HTTPStatus.NO_CONTENT
)
def disconnect_account(
    account_id: UUID, desk: OurDesk, caller: OurCaller, correlation_id: OurCorrelation
) -> Response[None]:
    """Forget the key; the ledger stays."""
    caller.require("delete", "Account")
    desk.accounts.disconnect(caller.tenant_id, AccountId(account_id), correlation_id)
    return Response(HTTPStatus.NO_CONTENT)


@router.get("/accounts/<account_id>/import", summary="How far the import is", tags=["accounts"])
def get_import(account_id: UUID, desk: OurDesk, caller: OurCaller) -> ImportProgressShape:
    """The account's latest import."""
    caller.require("read", "Import")
    progress = desk.accounts.import_progress(caller.tenant_id, AccountId(account_id))
    if progress is None:
        raise NotFound("accounts.import_not_found", "Nothing of this account was imported yet.")
    return import_shape(progress, desk.clock.now())


@router.post("/accounts/<account_id>/import", summary="Import what is new", tags=["accounts"])
def start_import(
    account_id: UUID, desk: OurDesk, caller: OurCaller, correlation_id: OurCorrelation
) -> ImportProgressShape:
    """Queue an import; if one is open already, that one is answered."""
    caller.require("create", "Import")
    progress = desk.accounts.start_import(caller.tenant_id, AccountId(account_id), correlation_id)
    return import_shape(progress, desk.clock.now())


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
    caller.require("refresh", "Account")
    desk.accounts.request_refresh(caller.tenant_id, AccountId(account_id), correlation_id)
    return Response(HTTPStatus.ACCEPTED)


def _connect(wanted: ConnectAccount, desk: Desk, caller: Caller, correlation_id: CorrelationId) -> AccountShape:
    account = desk.accounts.connect(
        caller.tenant_id,
        venue=wanted.venue,
        credential=Credential(wanted.key.get_secret_value(), wanted.secret.get_secret_value()),
        label=wanted.label,
        correlation_id=correlation_id,
    )
    progress = desk.accounts.import_progress(caller.tenant_id, account.account_id)
    return account_shape(account, progress, desk.clock.now())


def _digest(wanted: ConnectAccount) -> str:
    """Of all but the secret, of which nothing may be kept."""
    return hashlib.sha256(f"{wanted.venue}\n{wanted.key.get_secret_value()}\n{wanted.label}".encode()).hexdigest()
