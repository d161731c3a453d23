"""The channels that alerts leave by."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from aws_lambda_powertools.event_handler import Response

from functions.api.desk import OurCaller, OurCorrelation, OurDesk
from functions.api.routing import new_router
from nightdesk.alerts.model import ChannelId
from nightdesk.contracts.api.alerts import (
    AddChannel,
    ChangeChannel,
    ChannelList,
    ChannelShape,
    PushKeyShape,
    VerifyChannel,
)
from nightdesk.contracts.api.present_alerts import address_of, channel_shape, wishes_of

router = new_router()


@router.get("/alert-channels", summary="Every channel", tags=["alerts"])
def list_channels(desk: OurDesk, caller: OurCaller) -> ChannelList:
    """Oldest first, each with its canaries of the last day; never what it is reached by."""
    caller.require("read", "AlertChannel")
    canaries = desk.alerting.centre.canaries(caller.tenant_id)
    channels = desk.alerting.channels.list(caller.tenant_id)
    return ChannelList(items=[channel_shape(each, canaries) for each in channels])


@router.post("/alert-channels", summary="Add a channel", tags=["alerts"], status_code=HTTPStatus.CREATED)
def add_channel(wanted: AddChannel, desk: OurDesk, caller: OurCaller, correlation_id: OurCorrelation) -> ChannelShape:
    """Seal its address; it is used once a test message has proven that it arrives."""
    caller.require("create", "AlertChannel")
    made = desk.alerting.channels.add(
        caller.tenant_id,
        wanted.name,
        address_of(wanted),
        wishes=wishes_of(wanted),
        correlation_id=correlation_id,
    )
    return channel_shape(made)


@router.get("/alert-channels/push-key", summary="The key for web push", tags=["alerts"])
def get_push_key(desk: OurDesk, caller: OurCaller, correlation_id: OurCorrelation) -> PushKeyShape:
    """What a browser subscribes with."""
    caller.require("read", "AlertChannel")
    return PushKeyShape(public_key=desk.alerting.channels.push_key(correlation_id))


@router.patch("/alert-channels/<channel_id>", summary="Change a channel", tags=["alerts"])
def change_channel(channel_id: UUID, wanted: ChangeChannel, desk: OurDesk, caller: OurCaller) -> ChannelShape:
    """What is left out stays as it is."""
    caller.require("update", "AlertChannel")
    return channel_shape(desk.alerting.channels.change(caller.tenant_id, ChannelId(channel_id), wishes_of(wanted)))


@router.delete(
    "/alert-channels/<channel_id>", summary="Remove a channel", tags=["alerts"], status_code=HTTPStatus.NO_CONTENT
)
def remove_channel(
    channel_id: UUID, desk: OurDesk, caller: OurCaller, correlation_id: OurCorrelation
) -> Response[None]:
    """Forget what it is reached by; what it delivered stays in the record."""
    caller.require("delete", "AlertChannel")
    desk.alerting.channels.remove(caller.tenant_id, ChannelId(channel_id), correlation_id)
    return Response(HTTPStatus.NO_CONTENT)


@router.post("/alert-channels/<channel_id>/test", summary="Send a test message", tags=["alerts"])
def test_channel(channel_id: UUID, desk: OurDesk, caller: OurCaller, correlation_id: OurCorrelation) -> ChannelShape:
    """It shows a code to verify the channel with; a program that answers with the code verifies itself."""
    caller.require("update", "AlertChannel")
    return channel_shape(desk.alerting.channels.test(caller.tenant_id, ChannelId(channel_id), correlation_id))


@router.post("/alert-channels/<channel_id>/verify", summary="Verify a channel", tags=["alerts"])
def verify_channel(channel_id: UUID, wanted: VerifyChannel, desk: OurDesk, caller: OurCaller) -> ChannelShape:
    """By the code of its last test message; alerts leave by it from now on."""
    caller.require("update", "AlertChannel")
    return channel_shape(desk.alerting.channels.verify(caller.tenant_id, ChannelId(channel_id), wanted.code))
