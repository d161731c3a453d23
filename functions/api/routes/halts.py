"""The kill switch, and the limits that every order is checked against."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from functions.api.desk import OurCaller, OurCorrelation, OurDesk
from functions.api.routing import new_router
from nightdesk.contracts.api.orders import (
    EngageHalt,
    HaltedShape,
    HaltShape,
    HaltsShape,
    LimitsList,
    LimitsShape,
    ReleaseHalt,
    SetLimits,
)

router = new_router()


@router.get("/halts", summary="Whether trading is halted", tags=["halts"])
def get_halts(desk: OurDesk, caller: OurCaller) -> HaltsShape:
    """What stops trading now, of this desk or of the whole platform, and what did before."""
    return desk.orders.halts(caller)


@router.post("/halts", summary="Halt trading", tags=["halts"], status_code=HTTPStatus.CREATED)
def engage_halt(wanted: EngageHalt, desk: OurDesk, caller: OurCaller, correlation_id: OurCorrelation) -> HaltedShape:
    """No order goes out from now on; halting again makes the halt stricter, never looser."""
    return desk.orders.halt(caller, wanted, correlation_id)


@router.post("/halts/<halt_id>/release", summary="Let trading go on", tags=["halts"])
def release_halt(
    halt_id: UUID, wanted: ReleaseHalt, desk: OurDesk, caller: OurCaller, correlation_id: OurCorrelation
) -> HaltShape:
    """Confirmed with the word RESUME."""
    return desk.orders.release(caller, halt_id, wanted.confirm, correlation_id)


@router.get("/limits", summary="Pre-trade limits", tags=["limits"])
def get_limits(desk: OurDesk, caller: OurCaller) -> LimitsList:
    """Of the desk and of accounts, and who changed what may be traded."""
    return desk.orders.limits_list(caller)


@router.put("/limits", summary="Set the desk's limits", tags=["limits"])
def set_limits(wanted: SetLimits, desk: OurDesk, caller: OurCaller, correlation_id: OurCorrelation) -> LimitsShape:
    """Checked before every order of every account; in the place of what was set before."""
    return desk.orders.set_limits(caller, None, wanted, correlation_id)


@router.put("/accounts/<account_id>/limits", summary="Set an account's limits", tags=["limits"])
def set_account_limits(
    account_id: UUID, wanted: SetLimits, desk: OurDesk, caller: OurCaller, correlation_id: OurCorrelation
) -> LimitsShape:
    """Checked besides the desk's before every order of the account."""
    return desk.orders.set_limits(caller, account_id, wanted, correlation_id)
