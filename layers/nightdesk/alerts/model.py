"""Alerts, channels and deliveries.

An alert is raised once under its key and delivered once through each channel that takes it. Every instant on the way is
kept: of the venue (market time), when we received and evaluated what it is about, when it was raised, and for each
delivery when it was queued, taken by a sender, handed to the channel, and taken by the channel (wall time).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, NewType
from uuid import UUID, uuid5

from nightdesk.kernel.ids import CorrelationId, TenantId

AlertId = NewType("AlertId", UUID)
ChannelId = NewType("ChannelId", UUID)
DeliveryId = NewType("DeliveryId", UUID)
CanaryId = NewType("CanaryId", UUID)

TITLE_CHARACTERS_MAX: Final = 120
TEXT_CHARACTERS_MAX: Final = 2000
_NAMESPACE: Final = UUID("0d0a1ac2-5d0c-4c5f-9f5e-2a3c2d3a8f10")


class Severity(StrEnum):
    """How much it matters; only critical alerts pass quiet hours, throttling and the digest."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """Higher matters more."""
        return tuple(Severity).index(self)


class Category(StrEnum):
    """What an alert is about; throttled each by itself."""

    RULE = "rule"
    ORDER = "order"
    RISK = "risk"
    BALANCE = "balance"
    STALENESS = "staleness"
    SIGNAL = "signal"
    SYSTEM = "system"
    TEST = "test"


class ChannelKind(StrEnum):
    """By what an alert leaves."""

    EMAIL = "email"
    TELEGRAM = "telegram"
    DISCORD = "discord"
    WEBHOOK = "webhook"
    WEB_PUSH = "web_push"


class ChannelState(StrEnum):
    """Where a channel stands; only verified and failing ones are sent to."""

    UNVERIFIED = "unverified"
    VERIFIED = "verified"
    FAILING = "failing"
    PAUSED = "paused"
    REMOVED = "removed"


class DeliveryState(StrEnum):
    """Where one alert on one channel stands."""

    WAITING = "waiting"
    SENDING = "sending"
    DELIVERED = "delivered"
    FAILED = "failed"

    @property
    def is_open(self) -> bool:
        """Whether it is still to be delivered."""
        return self in {DeliveryState.WAITING, DeliveryState.SENDING}


class Way(StrEnum):
    """Whether an alert leaves by itself, or with others in a digest (and why)."""

    NOW = "now"
    QUIET = "quiet"
    THROTTLED = "throttled"
    DIGEST = "digest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hops:
    """What happened before an alert was raised.

    Attributes:
        venue_at: What the venue says, in market time, which a replay may accelerate.
        received_at: When we had it.
        evaluated_at: When it was decided that there is something to say.
    """

    venue_at: datetime | None = None
    received_at: datetime | None = None
    evaluated_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """Something to say.

    Attributes:
        key: The same key is the same alert, however often it is raised: `firing:<id>:<step>`.
        title: One line, `BTC/USDT fell below 50,000`.
        facts: Short texts by name, shown beside the text and sent with webhooks; never a secret.
        link: A path of the web app that tells more: `/rules/…`.
        channels: Only these channels; empty for every one that takes the severity and category.
        excluded: Never by these, whatever else is said.
    """

    tenant_id: TenantId
    key: str
    category: Category
    severity: Severity
    title: str
    text: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    link: str | None = None
    hops: Hops = field(default_factory=Hops)
    channels: tuple[ChannelId, ...] = ()
    excluded: frozenset[ChannelId] = frozenset()
    correlation_id: CorrelationId

    @property
    def alert_id(self) -> AlertId:
        """The same for the same key of the same tenant."""
        return AlertId(uuid5(_NAMESPACE, f"{self.tenant_id}:{self.key}"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A way to a person or program.

    Attributes:
        hint: What may be shown of where it leads: `t…@desk.example`, `hooks.example`.
        takes_from: Alerts below this severity don't leave by it.
        categories: Which alerts leave by it; empty for all.
        only_escalated: It gets nothing but what another channel did not deliver, and what names it.
        canary_every_s: How often it is tried out without disturbing anybody; 0 for never.
        failing_since: When its first delivery or canary failed since it last worked.
    """

    tenant_id: TenantId
    channel_id: ChannelId
    kind: ChannelKind
    name: str
    hint: str
    state: ChannelState
    state_code: str | None = None
    takes_from: Severity = Severity.INFO
    categories: frozenset[Category] = frozenset()
    only_escalated: bool = False
    canary_every_s: int = 300
    created_at: datetime
    verified_at: datetime | None = None
    failing_since: datetime | None = None

    @property
    def is_usable(self) -> bool:
        """Whether alerts are sent to it."""
        return self.state in {ChannelState.VERIFIED, ChannelState.FAILING}

    def takes(self, alert: Alert) -> bool:
        """Whether the alert leaves by it; that the desk itself is in trouble, by every one."""
        if not self.is_usable or self.channel_id in alert.excluded:
            return False
        if alert.channels:
            return self.channel_id in alert.channels
        if alert.category is Category.SYSTEM and alert.severity is Severity.CRITICAL:
            return True
        fits = not self.categories or alert.category in self.categories
        return fits and not self.only_escalated and alert.severity.rank >= self.takes_from.rank


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One alert on one channel.

    Attributes:
        due_at: When it is to leave.
        retry_at: Not before this, after an attempt that failed.
        escalated: It is there because another channel did not deliver in time.
        leased_until: While a sender has it.
        queued_at: When it was last handed to the queue.
        taken_at: When a sender last took it.
        sent_at: When it was last handed to the channel.
        delivered_at: When the channel said that it has it.
        receipt: The channel's own name for it.
        lost_at: When its being late was reported.
    """

    tenant_id: TenantId
    delivery_id: DeliveryId
    alert_id: AlertId
    channel_id: ChannelId
    state: DeliveryState = DeliveryState.WAITING
    way: Way = Way.NOW
    due_at: datetime
    retry_at: datetime | None = None
    escalated: bool = False
    attempts: int = 0
    leased_until: datetime | None = None
    queued_at: datetime | None = None
    taken_at: datetime | None = None
    sent_at: datetime | None = None
    delivered_at: datetime | None = None
    receipt: str | None = None
    error_code: str | None = None
    lost_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RaisedAlert:
    """An alert as it is kept, with its deliveries."""

    alert: Alert
    alert_id: AlertId
    raised_at: datetime
    acknowledged_at: datetime | None = None
    deliveries: tuple[Delivery, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """One trial of a channel, without disturbing anybody."""

    tenant_id: TenantId
    canary_id: CanaryId
    channel_id: ChannelId
    due_at: datetime
    queued_at: datetime | None = None
    sent_at: datetime | None = None
    delivered_at: datetime | None = None
    error_code: str | None = None


def delivery_id(alert_id: AlertId, channel_id: ChannelId) -> DeliveryId:
    """One alert is delivered once on one channel."""
    return DeliveryId(uuid5(_NAMESPACE, f"{alert_id}:{channel_id}"))


class WorkKind(StrEnum):
    """What a message on the queue `alerts` asks for."""

    DELIVER = "deliver"
    DIGEST = "digest"
    ESCALATE = "escalate"
    CANARY = "canary"
    LOOK = "look"


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A message on the queue `alerts`.

    Attributes:
        subject: The delivery, the channel (digest), the alert (escalate), the canary; nothing to look.
        delay_s: Not before so many seconds from now.
    """

    kind: WorkKind
    tenant_id: TenantId | None = None
    subject: UUID | None = None
    correlation_id: CorrelationId
    delay_s: int = 0
