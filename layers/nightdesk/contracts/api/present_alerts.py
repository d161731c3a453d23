"""Turns what alerts know into the API's shapes, and back."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import datetime, time
from typing import Any, Final
from uuid import UUID

from nightdesk.alerts.channels import Wishes
from nightdesk.alerts.model import Canary, Channel, ChannelId, ChannelKind, Delivery, RaisedAlert, Severity
from nightdesk.alerts.preferences import Preferences, QuietHours, Throttle
from nightdesk.alerts.sealing import Address
from nightdesk.alerts.signal_receiving import MadeHook
from nightdesk.alerts.signals import Signal, SignalHook
from nightdesk.contracts.api.alerts import (
    AddChannel,
    AlertPage,
    AlertShape,
    CanaryShape,
    ChangeChannel,
    ChannelShape,
    DeliveryShape,
    EmailAddress,
    HookShape,
    PreferencesShape,
    PushAddress,
    QuietShape,
    SignalPage,
    SignalShape,
    TelegramAddress,
    ThrottleShape,
    WebhookAddress,
)
from nightdesk.contracts.api.present import instant
from nightdesk.kernel.errors import InvalidInput
from nightdesk.kernel.instants import format_instant, parse_instant
from nightdesk.kernel.money import format_amount

HOOK_PATH: Final = "/hooks/tradingview/{token}"
_CANARIES_A_CHANNEL: Final = 288


def alert_shape(raised: RaisedAlert) -> AlertShape:
    """An alert with its deliveries."""
    alert, hops = raised.alert, raised.alert.hops
    return AlertShape(
        alert_id=raised.alert_id,
        category=alert.category,
        severity=alert.severity,
        title=alert.title,
        text=alert.text,
        facts=dict(alert.facts),
        link=alert.link,
        correlation_id=alert.correlation_id,
        venue_at=instant(hops.venue_at),
        received_at=instant(hops.received_at),
        evaluated_at=instant(hops.evaluated_at),
        raised_at=format_instant(raised.raised_at),
        acknowledged_at=instant(raised.acknowledged_at),
        deliveries=[_delivery_shape(each) for each in raised.deliveries],
    )


def alert_page(alerts: Sequence[RaisedAlert], limit: int, unacknowledged: int) -> AlertPage:
    """A page of alerts."""
    last = alerts[-1] if len(alerts) == limit else None
    return AlertPage(
        items=[alert_shape(each) for each in alerts],
        next_cursor=encode_place(last.raised_at, last.alert_id) if last else None,
        unacknowledged=unacknowledged,
    )


def _delivery_shape(delivery: Delivery) -> DeliveryShape:
    return DeliveryShape(
        delivery_id=delivery.delivery_id,
        channel_id=delivery.channel_id,
        state=delivery.state,
        way=delivery.way,
        due_at=format_instant(delivery.due_at),
        escalated=delivery.escalated,
        attempts=delivery.attempts,
        queued_at=instant(delivery.queued_at),
        taken_at=instant(delivery.taken_at),
        sent_at=instant(delivery.sent_at),
        delivered_at=instant(delivery.delivered_at),
        lost_at=instant(delivery.lost_at),
        error_code=delivery.error_code,
    )


def channel_shape(channel: Channel, canaries: Sequence[Canary] = ()) -> ChannelShape:
    """A channel with its own canaries among these."""
    own = [each for each in canaries if each.channel_id == channel.channel_id][:_CANARIES_A_CHANNEL]
    return ChannelShape(
        channel_id=channel.channel_id,
        kind=channel.kind,
        name=channel.name,
        hint=channel.hint,
        state=channel.state,
        state_code=channel.state_code,
        takes_from=channel.takes_from,
        categories=sorted(channel.categories),
        only_escalated=channel.only_escalated,
        canary_every_s=channel.canary_every_s,
        created_at=format_instant(channel.created_at),
        verified_at=instant(channel.verified_at),
        failing_since=instant(channel.failing_since),
        canaries=[_canary_shape(each) for each in own],
    )


def _canary_shape(canary: Canary) -> CanaryShape:
    return CanaryShape(
        due_at=format_instant(canary.due_at),
        queued_at=instant(canary.queued_at),
        sent_at=instant(canary.sent_at),
        delivered_at=instant(canary.delivered_at),
        error_code=canary.error_code,
    )


def address_of(wanted: AddChannel) -> Address:
    """The channel's address, in clear."""
    said, parts = wanted.address, dict[str, str]()
    match said:
        case EmailAddress():
            parts = {"address": said.address}
        case TelegramAddress():
            parts = {"bot_token": said.bot_token.get_secret_value(), "chat_id": said.chat_id}
        case WebhookAddress():
            parts = {"url": said.url.get_secret_value(), "secret": said.secret.get_secret_value()}
        case PushAddress():
            keys = {"p256dh": said.keys.p256dh.get_secret_value(), "auth": said.keys.auth.get_secret_value()}
            parts = {"endpoint": said.endpoint.get_secret_value(), **keys}
        case _:
            parts = {"url": said.url.get_secret_value()}
    return Address(ChannelKind(said.kind), parts)


def wishes_of(wanted: AddChannel | ChangeChannel) -> Wishes:
    """What is wished for a channel."""
    categories = wanted.categories
    return Wishes(
        name=wanted.name,
        takes_from=wanted.takes_from,
        categories=None if categories is None else frozenset(categories),
        only_escalated=wanted.only_escalated,
        canary_every_s=wanted.canary_every_s,
        paused=wanted.paused if isinstance(wanted, ChangeChannel) else None,
    )


def preferences_shape(preferences: Preferences) -> PreferencesShape:
    """What was chosen."""
    quiet, digest = preferences.quiet, preferences.digest_up_to
    return PreferencesShape.model_validate(
        {
            "zone": preferences.zone,
            "quiet": QuietShape(begins=f"{quiet.begins:%H:%M}", ends=f"{quiet.ends:%H:%M}") if quiet else None,
            "digest_up_to": digest.value if digest else None,
            "digest_every_min": preferences.digest_every_min,
            "throttle": _throttle_shape(preferences.throttle),
            "throttles": {name: _throttle_shape(each) for name, each in preferences.throttles.items()},
            "escalate_to": preferences.escalate_to,
            "escalate_after_s": preferences.escalate_after_s,
        }
    )


def preferences_of(shape: PreferencesShape) -> Preferences:
    """What is to be chosen.

    Raises:
        InvalidInput: `alerts.quiet_empty`.
    """
    quiet = shape.quiet
    if quiet is not None and quiet.begins == quiet.ends:
        raise InvalidInput("alerts.quiet_empty", "Quiet hours must end at another time than they begin.")
    return Preferences(
        zone=shape.zone,
        quiet=QuietHours(begins=time.fromisoformat(quiet.begins), ends=time.fromisoformat(quiet.ends))
        if quiet
        else None,
        digest_up_to=Severity(shape.digest_up_to) if shape.digest_up_to else None,
        digest_every_min=shape.digest_every_min,
        throttle=_throttle(shape.throttle),
        throttles={name: _throttle(each) for name, each in shape.throttles.items()},
        escalate_to=ChannelId(shape.escalate_to) if shape.escalate_to else None,
        escalate_after_s=shape.escalate_after_s,
    )


def hook_shape(hook: SignalHook) -> HookShape:
    """A hook without its path."""
    return HookShape(
        hook_id=hook.hook_id,
        name=hook.name,
        path=None,
        stale_after_s=hook.stale_after_s,
        stale_policy=hook.stale_policy,
        signals_per_minute_max=hook.signals_per_minute_max,
        created_at=format_instant(hook.created_at),
        last_used_at=instant(hook.last_used_at),
    )


def made_hook_shape(made: MadeHook) -> HookShape:
    """A new hook with its path, this once."""
    return hook_shape(made.hook).model_copy(update={"path": HOOK_PATH.format(token=made.token)})


def signal_page(signals: Sequence[Signal], limit: int) -> SignalPage:
    """A page of signals."""
    last = signals[-1] if len(signals) == limit else None
    return SignalPage(
        items=[_signal_shape(each) for each in signals],
        next_cursor=encode_place(last.counted_at, last.signal_id) if last else None,
    )


def _signal_shape(signal: Signal) -> SignalShape:
    said = signal.incoming
    amounts: dict[str, Any] = {"value": signal.value, "price": said.price, "quantity": said.quantity}
    return SignalShape(
        signal_id=signal.signal_id,
        hook_id=signal.hook_id,
        name=signal.name,
        instrument=said.instrument,
        action=said.action,
        order_id=said.order_id,
        position=said.position,
        previous_position=said.previous_position,
        said_at=instant(said.said_at),
        received_at=format_instant(signal.counted_at),
        late_s=signal.late_s,
        state=signal.state,
        gap=signal.gap,
        from_known_address=signal.from_known_address,
        payload=said.payload,
        **{name: None if amount is None else format_amount(amount) for name, amount in amounts.items()},
    )


def encode_place(at: datetime, identity: UUID) -> str:
    """A place in a list, newest first, as opaque text."""
    return urlsafe_b64encode(json.dumps([format_instant(at), str(identity)]).encode()).decode().rstrip("=")


def decode_place(cursor: str | None) -> tuple[datetime, UUID] | None:
    """The place that a cursor means.

    Raises:
        InvalidInput: `alerts.cursor_malformed`.
    """
    if cursor is None:
        return None
    try:
        at, identity = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return parse_instant(at), UUID(identity)
    except (ValueError, TypeError, AttributeError, RecursionError, InvalidInput):
        raise InvalidInput("alerts.cursor_malformed", "The cursor is not one of ours.") from None


def _throttle_shape(throttle: Throttle) -> ThrottleShape:
    return ThrottleShape(alerts_max=throttle.alerts_max, span_s=throttle.span_s)


def _throttle(shape: ThrottleShape) -> Throttle:
    return Throttle(alerts_max=shape.alerts_max, span_s=shape.span_s)
