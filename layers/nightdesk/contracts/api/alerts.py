"""Alerts, the channels they leave by, preferences, signals."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, SecretStr, StringConstraints, WithJsonSchema

from nightdesk.alerts.model import Category, ChannelKind, ChannelState, DeliveryState, Severity, Way
from nightdesk.alerts.signals import SignalState, StalePolicy
from nightdesk.contracts.api.common import DecimalText, InstantText, RequestShape, Shape

Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]+$")
]
Clock = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Code = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^\s*[0-9]{6}\s*$", max_length=20)]


def _secret(pattern: str) -> Any:
    """What a secret must look like; pydantic knows no patterns of secrets, and the message must not show it."""

    def check(value: SecretStr) -> SecretStr:
        if not re.fullmatch(pattern, value.get_secret_value()):
            raise ValueError("it does not have the form that it must have")
        return value

    shape = {"type": "string", "format": "password", "writeOnly": True, "pattern": f"^{pattern}$"}
    return AfterValidator(check), WithJsonSchema(shape)


BotToken = Annotated[SecretStr, *_secret(r"[0-9]{3,20}:[A-Za-z0-9_-]{5,80}")]
DiscordUrl = Annotated[SecretStr, *_secret(r"https://discord(app)?\.com/api/webhooks/[0-9]{1,24}/[A-Za-z0-9_-]{1,100}")]
PointText = Annotated[SecretStr, *_secret(r"[A-Za-z0-9_-]{80,100}={0,2}")]
AuthText = Annotated[SecretStr, *_secret(r"[A-Za-z0-9_-]{16,40}={0,2}")]
_MAILBOX = r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,180}$"
Url = Annotated[SecretStr, Field(min_length=10, max_length=2048)]
Key = Annotated[SecretStr, Field(min_length=8, max_length=512)]


class DeliveryShape(Shape):
    """One alert on one channel, with each hop's instant."""

    delivery_id: UUID
    channel_id: UUID
    state: DeliveryState
    way: Way
    due_at: InstantText
    escalated: bool
    attempts: int
    queued_at: InstantText | None
    taken_at: InstantText | None
    sent_at: InstantText | None
    delivered_at: InstantText | None
    lost_at: InstantText | None
    error_code: str | None


class AlertShape(Shape):
    """An alert; `venue_at` is market time, every other instant wall time."""

    alert_id: UUID
    category: Category
    severity: Severity
    title: str
    text: str
    facts: dict[str, str]
    link: str | None
    correlation_id: str
    venue_at: InstantText | None
    received_at: InstantText | None
    evaluated_at: InstantText | None
    raised_at: InstantText
    acknowledged_at: InstantText | None
    deliveries: list[DeliveryShape]


class AlertPage(Shape):
    """Alerts, the newest first; `unacknowledged` counts those of all pages."""

    items: list[AlertShape]
    next_cursor: str | None
    unacknowledged: int


class Acknowledged(Shape):
    """How many were not acknowledged before."""

    acknowledged: int


class TestAlert(RequestShape):
    """A test that goes the whole way of every alert."""

    __test__ = False

    severity: Severity = Severity.INFO
    channel_ids: Annotated[list[UUID], Field(max_length=20, default_factory=list)]


class EmailAddress(RequestShape):
    """E-mail."""

    kind: Literal["email"]
    address: Annotated[str, StringConstraints(strip_whitespace=True, max_length=254, pattern=_MAILBOX)]


class TelegramAddress(RequestShape):
    """A bot of the user's own, and the chat that it writes to."""

    kind: Literal["telegram"]
    bot_token: BotToken
    chat_id: Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^(-?[0-9]{1,20}|@[A-Za-z0-9_]{3,40})$")]


class DiscordAddress(RequestShape):
    """A webhook of a channel there."""

    kind: Literal["discord"]
    url: DiscordUrl


class WebhookAddress(RequestShape):
    """A program of the user's own; both sides know the secret that signs."""

    kind: Literal["webhook"]
    url: Url
    secret: Key


class PushKeys(RequestShape):
    """A browser's keys."""

    p256dh: PointText
    auth: AuthText


class PushAddress(RequestShape):
    """A browser's subscription, as `PushSubscription.toJSON()` says it."""

    kind: Literal["web_push"]
    endpoint: Url
    keys: PushKeys


AddressShape = Annotated[
    EmailAddress | TelegramAddress | DiscordAddress | WebhookAddress | PushAddress, Field(discriminator="kind")
]


class AddChannel(RequestShape):
    """A new channel; its address is sealed at once and never answered."""

    name: Name
    address: AddressShape
    takes_from: Severity = Severity.INFO
    categories: Annotated[list[Category], Field(max_length=20, default_factory=list)]
    only_escalated: bool = False
    canary_every_s: Annotated[int, Field(ge=0, le=86_400)] = 300


class ChangeChannel(RequestShape):
    """What is left out stays as it is."""

    name: Name | None = None
    takes_from: Severity | None = None
    categories: Annotated[list[Category], Field(max_length=20)] | None = None
    only_escalated: bool | None = None
    canary_every_s: Annotated[int, Field(ge=0, le=86_400)] | None = None
    paused: bool | None = None


class VerifyChannel(RequestShape):
    """The code that the test message showed."""

    code: Code


class CanaryShape(Shape):
    """One trial of a channel."""

    due_at: InstantText
    queued_at: InstantText | None
    sent_at: InstantText | None
    delivered_at: InstantText | None
    error_code: str | None


class ChannelShape(Shape):
    """A channel, with its canaries of the last day, the newest first."""

    channel_id: UUID
    kind: ChannelKind
    name: str
    hint: str
    state: ChannelState
    state_code: str | None
    takes_from: Severity
    categories: list[Category]
    only_escalated: bool
    canary_every_s: int
    created_at: InstantText
    verified_at: InstantText | None
    failing_since: InstantText | None
    canaries: list[CanaryShape]


class ChannelList(Shape):
    """Every channel, the oldest first."""

    items: list[ChannelShape]


class PushKeyShape(Shape):
    """What a browser subscribes with."""

    public_key: str


class ThrottleShape(RequestShape):
    """So many alerts of a category within a span."""

    alerts_max: Annotated[int, Field(ge=1, le=1000)]
    span_s: Annotated[int, Field(ge=10, le=86_400)]


class QuietShape(RequestShape):
    """A part of each day; it may go over midnight."""

    begins: Clock
    ends: Clock


class PreferencesShape(RequestShape):
    """When to hear of what."""

    zone: Annotated[str, StringConstraints(min_length=1, max_length=60)]
    quiet: QuietShape | None = None
    digest_up_to: Literal["info", "warning"] | None = None
    digest_every_min: Annotated[int, Field(ge=5, le=1440)] = 60
    throttle: ThrottleShape = ThrottleShape(alerts_max=20, span_s=600)
    throttles: dict[Category, ThrottleShape] = Field(default_factory=dict)
    escalate_to: UUID | None = None
    escalate_after_s: Annotated[int, Field(ge=5, le=900)] = 30


class MakeHook(RequestShape):
    """Where alerts of TradingView are to come in."""

    name: Name
    stale_after_s: Annotated[int, Field(ge=1, le=86_400)] = 60
    stale_policy: StalePolicy = StalePolicy.IGNORE
    signals_per_minute_max: Annotated[int, Field(ge=1, le=1000)] = 60


class HookShape(Shape):
    """A hook; `path` is answered once, when it is made."""

    hook_id: UUID
    name: str
    path: str | None
    stale_after_s: int
    stale_policy: StalePolicy
    signals_per_minute_max: int
    created_at: InstantText
    last_used_at: InstantText | None


class HookList(Shape):
    """Every hook, and the message to paste at TradingView."""

    items: list[HookShape]
    template: str


class SignalShape(Shape):
    """A signal that came in."""

    signal_id: UUID
    hook_id: UUID
    name: str
    instrument: str | None
    action: str | None
    value: DecimalText | None
    price: DecimalText | None
    quantity: DecimalText | None
    order_id: str | None
    position: str | None
    previous_position: str | None
    said_at: InstantText | None
    received_at: InstantText
    late_s: float | None
    state: SignalState
    gap: bool
    from_known_address: bool
    payload: str


class SignalPage(Shape):
    """Signals, the newest first."""

    items: list[SignalShape]
    next_cursor: str | None
