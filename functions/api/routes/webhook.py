"""An account's webhook, where the user's own bots report trades."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from aws_lambda_powertools.event_handler import Response

from functions.api.desk import OurCaller, OurDesk
from functions.api.routing import new_router
from nightdesk.contracts.api.accounts import WebhookShape
from nightdesk.contracts.api.present import made_webhook_shape, webhook_shape
from nightdesk.kernel.ids import AccountId

router = new_router()


@router.get("/accounts/<account_id>/webhook", summary="The account's webhook", tags=["accounts"])
def get_webhook(account_id: UUID, desk: OurDesk, caller: OurCaller) -> WebhookShape:
    """When it was made and last used; never its address or secret."""
    caller.require("read", "Account")
    return webhook_shape(desk.webhooks.get(caller.tenant_id, AccountId(account_id)))


@router.post(
    "/accounts/<account_id>/webhook", summary="Make a webhook", tags=["accounts"], status_code=HTTPStatus.CREATED
)
def make_webhook(account_id: UUID, desk: OurDesk, caller: OurCaller) -> WebhookShape:
    """Its path and signing secret are shown this once; a former one works no more."""
    caller.require("create", "Account")
    return made_webhook_shape(desk.webhooks.make(caller.tenant_id, AccountId(account_id)))


@router.delete(
    "/accounts/<account_id>/webhook", summary="Remove the webhook", tags=["accounts"], status_code=HTTPStatus.NO_CONTENT
)
def remove_webhook(account_id: UUID, desk: OurDesk, caller: OurCaller) -> Response[None]:
    """What is sent to it from now on is refused."""
    caller.require("delete", "Account")
    desk.webhooks.remove(caller.tenant_id, AccountId(account_id))
    return Response(HTTPStatus.NO_CONTENT)
