"""Alerts with every hop of their way, and when the user wants to hear of what."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Final
from uuid import UUID

from aws_lambda_powertools.event_handler.openapi.params import Query

from functions.api.desk import OurCaller, OurCorrelation, OurDesk
from functions.api.routing import new_router
from nightdesk.alerts.centre import AlertFilter
from nightdesk.alerts.model import AlertId, Category, ChannelId, Severity
from nightdesk.contracts.api.alerts import Acknowledged, AlertPage, AlertShape, PreferencesShape, TestAlert
from nightdesk.contracts.api.present_alerts import (
    alert_page,
    alert_shape,
    decode_place,
    preferences_of,
    preferences_shape,
)

Cursor = Annotated[str | None, Query(min_length=1, max_length=400)]
Limit = Annotated[int, Query(ge=1, le=200)]
_PAGE: Final = 50

router = new_router()


@router.get("/alerts", summary="Alerts, newest first", tags=["alerts"])
def list_alerts(
    *,
    desk: OurDesk,
    caller: OurCaller,
    category: Category | None = None,
    severity: Severity | None = None,
    unacknowledged: bool = False,
    cursor: Cursor = None,
    limit: Limit = _PAGE,
) -> AlertPage:
    """Each with its deliveries and the instant of every hop."""
    caller.require("read", "Alert")
    place = decode_place(cursor)
    wanted = AlertFilter(
        category=category,
        severity=severity,
        is_open=unacknowledged,
        before=(place[0], AlertId(place[1])) if place else None,
        limit=limit,
    )
    centre = desk.alerting.centre
    return alert_page(centre.page(caller.tenant_id, wanted), limit, centre.unacknowledged(caller.tenant_id))


@router.post("/alerts/test", summary="Send a test alert", tags=["alerts"], status_code=HTTPStatus.CREATED)
def send_test(wanted: TestAlert, desk: OurDesk, caller: OurCaller, correlation_id: OurCorrelation) -> AlertShape:
    """It goes the whole way that every alert goes; ask for it again to see how long each hop took."""
    caller.require("create", "Alert")
    channels = tuple(ChannelId(each) for each in wanted.channel_ids)
    return alert_shape(desk.alerting.centre.raise_test(caller.tenant_id, wanted.severity, channels, correlation_id))


@router.post("/alerts/acknowledge", summary="Acknowledge all alerts", tags=["alerts"])
def acknowledge_all(desk: OurDesk, caller: OurCaller) -> Acknowledged:
    """All that were raised until now."""
    caller.require("read", "Alert")
    return Acknowledged(acknowledged=desk.alerting.centre.acknowledge(caller.tenant_id))


@router.get("/alerts/<alert_id>", summary="One alert", tags=["alerts"])
def get_alert(alert_id: UUID, desk: OurDesk, caller: OurCaller) -> AlertShape:
    """The alert with its deliveries."""
    caller.require("read", "Alert")
    return alert_shape(desk.alerting.centre.get(caller.tenant_id, AlertId(alert_id)))


@router.post("/alerts/<alert_id>/acknowledge", summary="Acknowledge an alert", tags=["alerts"])
def acknowledge_alert(alert_id: UUID, desk: OurDesk, caller: OurCaller) -> AlertShape:
    """Say that somebody has seen it."""
    caller.require("read", "Alert")
    centre = desk.alerting.centre
    centre.acknowledge(caller.tenant_id, AlertId(alert_id))
    return alert_shape(centre.get(caller.tenant_id, AlertId(alert_id)))


@router.get("/alert-preferences", summary="When to hear of what", tags=["alerts"])
def get_preferences(desk: OurDesk, caller: OurCaller) -> PreferencesShape:
    """Quiet hours, throttling, digest, escalation."""
    caller.require("read", "Alert")
    return preferences_shape(desk.alerting.centre.preferences(caller.tenant_id))


@router.put("/alert-preferences", summary="Choose when to hear of what", tags=["alerts"])
def put_preferences(wanted: PreferencesShape, desk: OurDesk, caller: OurCaller) -> PreferencesShape:
    """What is left out is as at the beginning."""
    caller.require("update", "AlertChannel")
    return preferences_shape(desk.alerting.centre.choose(caller.tenant_id, preferences_of(wanted)))
