"""Signals of TradingView: where they come in, and what came."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Final
from uuid import UUID

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from functions.api.desk import OurCaller, OurDesk
from functions.api.routing import new_router
from nightdesk.alerts.signals import HookId, SignalHook, SignalId
from nightdesk.contracts.api.alerts import HookList, HookShape, MakeHook, SignalPage
from nightdesk.contracts.api.present_alerts import decode_place, hook_shape, made_hook_shape, signal_page
from nightdesk.contracts.tradingview import TEMPLATE
from nightdesk.kernel.instants import EPOCH

Cursor = Annotated[str | None, Query(min_length=1, max_length=400)]
Limit = Annotated[int, Query(ge=1, le=200)]
_PAGE: Final = 50

router = new_router()


@router.get("/signals", summary="Signals, newest first", tags=["signals"])
def list_signals(desk: OurDesk, caller: OurCaller, cursor: Cursor = None, limit: Limit = _PAGE) -> SignalPage:
    """What came in, whether it counts, and whether one before it was lost."""
    caller.require("read", "Signal")
    place = decode_place(cursor)
    before = (place[0], SignalId(place[1])) if place else None
    return signal_page(desk.alerting.signals.signals(caller.tenant_id, limit, before), limit)


@router.get("/signal-hooks", summary="Every hook", tags=["signals"])
def list_hooks(desk: OurDesk, caller: OurCaller) -> HookList:
    """Oldest first, without their addresses; with the message to paste at TradingView."""
    caller.require("read", "Signal")
    hooks = desk.alerting.signals.hooks(caller.tenant_id)
    return HookList(items=[hook_shape(each) for each in hooks], template=TEMPLATE)


@router.post("/signal-hooks", summary="Make a hook", tags=["signals"], status_code=HTTPStatus.CREATED)
def make_hook(wanted: MakeHook, desk: OurDesk, caller: OurCaller) -> HookShape:
    """Its path is shown this once."""
    caller.require("create", "Signal")
    hook = SignalHook(
        tenant_id=caller.tenant_id,
        hook_id=HookId(UUID(int=0)),
        name=wanted.name,
        stale_after_s=wanted.stale_after_s,
        stale_policy=wanted.stale_policy,
        signals_per_minute_max=wanted.signals_per_minute_max,
        created_at=EPOCH,
    )
    return made_hook_shape(desk.alerting.signals.make_hook(caller.tenant_id, hook))


@router.delete("/signal-hooks/<hook_id>", summary="Remove a hook", tags=["signals"], status_code=HTTPStatus.NO_CONTENT)
def remove_hook(hook_id: UUID, desk: OurDesk, caller: OurCaller) -> Response[None]:
    """What is sent to it from now on is refused; its signals stay."""
    caller.require("delete", "Signal")
    desk.alerting.signals.remove_hook(caller.tenant_id, HookId(hook_id))
    return Response(HTTPStatus.NO_CONTENT)
