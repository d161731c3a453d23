"""Sending what was raised: each delivery by one sender at a time, again with growing pauses, elsewhere if it must.

A delivery is leased before its channel is spoken to and saved after, in two transactions: a sender that dies in between
leaves a lease that ends, and the delivery is sent again under the same identity. Webhooks and web push drop the second
one by that identity; e-mail, Telegram and Discord can't, so there a person may read the same alert twice after a crash.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from nightdesk.alerts.messages import ChannelSender, Message, Receipt, of_alert, of_digest
from nightdesk.alerts.model import (
    AlertId,
    CanaryId,
    Channel,
    ChannelId,
    ChannelKind,
    ChannelState,
    Delivery,
    DeliveryId,
    DeliveryState,
    RaisedAlert,
    Way,
    Work,
    WorkKind,
    delivery_id,
)
from nightdesk.alerts.ports import AlertQueue, AlertUnit, AlertUnits
from nightdesk.alerts.sealing import Address, AddressUnits, AddressVault
from nightdesk.kernel.errors import NightdeskError, NotFound, OutcomeUnknown, Unavailable
from nightdesk.kernel.ids import CorrelationId, TenantId
from nightdesk.kernel.instants import Clock

LEASE: Final = timedelta(seconds=30)
ATTEMPTS_MAX: Final = 12
PAUSES_S: Final = (1, 2, 4, 8, 15, 30, 60, 120, 300, 600, 900)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Taken:
    """Leased deliveries of one channel with the message they become; more than one is a digest."""

    deliveries: tuple[Delivery, ...]
    channel: Channel
    message: Message


class SendingService:
    """What the function `alerts_send` does with a message of the queue."""

    def __init__(
        self,
        *,
        units: AlertUnits,
        addresses: AddressUnits,
        vault: AddressVault,
        senders: Mapping[ChannelKind, ChannelSender],
        queue: AlertQueue,
        clock: Clock,
    ) -> None:
        self._units = units
        self._addresses = addresses
        self._vault = vault
        self._senders = senders
        self._queue = queue
        self._clock = clock

    def work(self, work: Work) -> None:
        """Do what the message asks; what was done before is not done again."""
        if work.tenant_id is None or work.subject is None:
            return
        match work.kind:
            case WorkKind.DELIVER:
                self._deliver(work.tenant_id, DeliveryId(work.subject), work.correlation_id)
            case WorkKind.DIGEST:
                self._digest(work.tenant_id, ChannelId(work.subject), work.correlation_id)
            case WorkKind.ESCALATE:
                self._escalate(work.tenant_id, AlertId(work.subject), work.correlation_id)
            case WorkKind.CANARY:
                self._canary(work.tenant_id, CanaryId(work.subject))
            case _:
                return

    def _deliver(self, tenant_id: TenantId, wanted: DeliveryId, correlation_id: CorrelationId) -> None:
        now = self._clock.now()
        with self._units(tenant_id) as unit:
            delivery = unit.alerts.take(tenant_id, wanted, now, now + LEASE)
            taken = _with_message(unit, delivery) if delivery else None
        if taken is not None:
            self._send(taken, correlation_id)

    def _digest(self, tenant_id: TenantId, channel_id: ChannelId, correlation_id: CorrelationId) -> None:
        now = self._clock.now()
        with self._units(tenant_id) as unit:
            deliveries = unit.alerts.take_digest(tenant_id, channel_id, now, now + LEASE)
            taken = _with_digest(unit, deliveries, now) if deliveries else None
        if taken is not None:
            self._send(taken, correlation_id)

    def _send(self, taken: Taken, correlation_id: CorrelationId) -> None:
        sent_at = self._clock.now()
        try:
            if not taken.channel.is_usable:
                raise NotFound("channel.paused", "The channel is paused or removed.")
            sender, address = self._reach(taken.channel)
            receipt = sender.send(address, taken.message)
        except NightdeskError as error:
            self._failed(taken, error, sent_at, correlation_id)
        else:
            self._delivered(taken, receipt, sent_at)

    def _reach(self, channel: Channel) -> tuple[ChannelSender, Address]:
        with self._addresses(channel.tenant_id) as store:
            sealed = store.get(channel.tenant_id, channel.channel_id)
        if sealed is None:
            raise NotFound("channel.gone", "The channel's address is not known any more.")
        return self._senders[channel.kind], self._vault.open(channel.tenant_id, channel.channel_id, sealed)

    def _delivered(self, taken: Taken, receipt: Receipt, sent_at: datetime) -> None:
        now, channel = self._clock.now(), taken.channel
        with self._units(channel.tenant_id) as unit:
            for each in taken.deliveries:
                unit.alerts.save(
                    replace(
                        each,
                        state=DeliveryState.DELIVERED,
                        leased_until=None,
                        sent_at=sent_at,
                        delivered_at=now,
                        receipt=receipt.name,
                        error_code=None,
                    )
                )
            if channel.state is ChannelState.FAILING:
                _set_state(unit, channel, ChannelState.VERIFIED, None, now)

    def _failed(self, taken: Taken, error: NightdeskError, sent_at: datetime, correlation_id: CorrelationId) -> None:
        now, channel = self._clock.now(), taken.channel
        attempts = max(each.attempts for each in taken.deliveries)
        again = attempts < ATTEMPTS_MAX and (error.retryable or isinstance(error, OutcomeUnknown))
        pause = timedelta(seconds=error.retry_after_s or PAUSES_S[min(attempts, len(PAUSES_S)) - 1])
        state = DeliveryState.WAITING if again else DeliveryState.FAILED
        _log.warning("not delivered", extra={"error_code": error.code, "channel_id": str(channel.channel_id)})
        with self._units(channel.tenant_id) as unit:
            for each in taken.deliveries:
                unit.alerts.save(
                    replace(
                        each,
                        state=state,
                        leased_until=None,
                        retry_at=now + pause,
                        queued_at=now + pause,
                        sent_at=sent_at,
                        error_code=error.code,
                    )
                )
            if channel.is_usable:
                _set_state(unit, channel, ChannelState.FAILING, error.code, now)
        works = [_again(each, pause, correlation_id) for each in taken.deliveries if again and each.way is Way.NOW]
        works += [] if again else [_escalation(each, correlation_id) for each in taken.deliveries]
        self._queue.send(works)

    def _escalate(self, tenant_id: TenantId, alert_id: AlertId, correlation_id: CorrelationId) -> None:
        now = self._clock.now()
        with self._units(tenant_id) as unit:
            added = escalate(unit, tenant_id, alert_id, now)
        if added is not None:
            self._queue.send([_work(WorkKind.DELIVER, tenant_id, added.delivery_id, correlation_id)])

    def _canary(self, tenant_id: TenantId, canary_id: CanaryId) -> None:
        with self._units(tenant_id) as unit:
            canary = unit.channels.canary(tenant_id, canary_id)
            channel = unit.channels.channel(tenant_id, canary.channel_id) if canary else None
        if canary is None or channel is None or canary.delivered_at or not channel.is_usable:
            return
        sent_at, code = self._clock.now(), None
        try:
            sender, address = self._reach(channel)
            sender.probe(address, str(canary_id))
        except NightdeskError as error:
            code = error.code
        now = self._clock.now()
        with self._units(tenant_id) as unit:
            arrived = now if code is None else None
            unit.channels.save_canary(replace(canary, sent_at=sent_at, delivered_at=arrived, error_code=code))
            if code is not None or channel.state is ChannelState.FAILING:
                state = ChannelState.VERIFIED if code is None else ChannelState.FAILING
                _set_state(unit, channel, state, code, now)


def escalate(unit: AlertUnit, tenant_id: TenantId, alert_id: AlertId, now: datetime) -> Delivery | None:
    """One more delivery, by the channel chosen for it, of an alert that reached nobody; None if it needs none."""
    target = unit.channels.preferences(tenant_id).escalate_to
    raised = unit.alerts.get(tenant_id, alert_id)
    if target is None or raised is None or _has_arrived(raised):
        return None
    channel = unit.channels.channel(tenant_id, target)
    if channel is None or not channel.is_usable:
        return None
    delivery = Delivery(
        tenant_id=tenant_id,
        delivery_id=delivery_id(alert_id, target),
        alert_id=alert_id,
        channel_id=target,
        due_at=now,
        queued_at=now,
        escalated=True,
    )
    return delivery if unit.alerts.add_delivery(delivery) else None


def _has_arrived(raised: RaisedAlert) -> bool:
    return any(each.state is DeliveryState.DELIVERED for each in raised.deliveries)


def _with_message(unit: AlertUnit, delivery: Delivery) -> Taken:
    raised = unit.alerts.get(delivery.tenant_id, delivery.alert_id)
    channel = unit.channels.channel(delivery.tenant_id, delivery.channel_id)
    if raised is None or channel is None:
        raise Unavailable("alerts.not_there", "The alert or its channel can't be read.")
    return Taken((delivery,), channel, of_alert(str(delivery.delivery_id), raised))


def _with_digest(unit: AlertUnit, deliveries: Sequence[Delivery], now: datetime) -> Taken:
    first = deliveries[0]
    channel = unit.channels.channel(first.tenant_id, first.channel_id)
    if channel is None:
        raise Unavailable("alerts.not_there", "The channel can't be read.")
    found = [unit.alerts.get(each.tenant_id, each.alert_id) for each in deliveries]
    message = of_digest(str(first.delivery_id), [raised for raised in found if raised is not None], now)
    return Taken(tuple(deliveries), channel, message)


def _set_state(unit: AlertUnit, channel: Channel, state: ChannelState, code: str | None, now: datetime) -> None:
    unit.channels.set_channel_state(channel.tenant_id, channel.channel_id, state, code=code, at=now)


def _again(delivery: Delivery, pause: timedelta, correlation_id: CorrelationId) -> Work:
    work = _work(WorkKind.DELIVER, delivery.tenant_id, delivery.delivery_id, correlation_id)
    return replace(work, delay_s=-(-int(pause / timedelta(milliseconds=1)) // 1000))


def _escalation(delivery: Delivery, correlation_id: CorrelationId) -> Work:
    return _work(WorkKind.ESCALATE, delivery.tenant_id, delivery.alert_id, correlation_id)


def _work(kind: WorkKind, tenant_id: TenantId, subject: DeliveryId | AlertId, correlation_id: CorrelationId) -> Work:
    return Work(kind=kind, tenant_id=tenant_id, subject=subject, correlation_id=correlation_id)
