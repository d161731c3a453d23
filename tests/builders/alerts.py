"""A tenant's alerts over real PostgreSQL and the channels' stand-ins, with a clock and a queue that tests decide."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message as Mail
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import psycopg

from functions.alerts_send.custody import Custody, answer
from nightdesk.adapters.notify.discord import DiscordSender
from nightdesk.adapters.notify.email_ses import SesSender
from nightdesk.adapters.notify.outbound import Outbound, OutboundRoute
from nightdesk.adapters.notify.outbound_webhook import SignedWebhook
from nightdesk.adapters.notify.telegram import TelegramSender
from nightdesk.adapters.notify.web_push import PushKey, WebPushSender
from nightdesk.adapters.notify.webhook_channel import WebhookSender
from nightdesk.adapters.postgres.alerts import PostgresAlertUnits
from nightdesk.adapters.postgres.alerts_addresses import PostgresAddressUnits
from nightdesk.adapters.postgres.alerts_desk import PostgresAlertCentre
from nightdesk.adapters.postgres.alerts_watchtower import PostgresWatchtower
from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.vault.address_sealing import EnvelopeAddressVault
from nightdesk.adapters.vault.key_file import FileKeyWrapper, make_key_file
from nightdesk.alerts.centre import AlertCentre
from nightdesk.alerts.channels import ChannelService, Tested, Wishes
from nightdesk.alerts.messages import ChannelSender
from nightdesk.alerts.model import (
    Alert,
    Category,
    Channel,
    ChannelId,
    ChannelKind,
    ChannelState,
    Hops,
    RaisedAlert,
    Severity,
    WorkKind,
)
from nightdesk.alerts.raising import AlertDesk
from nightdesk.alerts.sealing import Address
from nightdesk.alerts.sending import SendingService
from nightdesk.alerts.watching import WatchService
from nightdesk.contracts.failures import error_of
from nightdesk.kernel.ids import CorrelationId, TenantId
from nightdesk.runtime import correlation
from nightdesk.runtime.clock import SystemClock
from tests.fakes.alerts import FakeAlertQueue
from tests.fakes.clock import FakeClock
from tests.servers import Paper, Postgres

ORIGIN = "https://desk.example"
TELEGRAM = Address(ChannelKind.TELEGRAM, {"bot_token": "123456:AAE-secret_token", "chat_id": "998877"})
DISCORD = Address(ChannelKind.DISCORD, {"url": "https://discord.com/api/webhooks/42/discord-secret"})
WEBHOOK = Address(ChannelKind.WEBHOOK, {"url": "https://hooks.nightdesk.test/in", "secret": "webhook-secret"})
EMAIL = Address(ChannelKind.EMAIL, {"address": "anna@mail.example"})


@dataclass(slots=True)
class FakeSes:
    """SES's one call; keeps what it was sent."""

    sent: list[tuple[str, Mail]] = field(default_factory=list)
    error: Exception | None = None

    def send_email(self, **wanted: Any) -> dict[str, str]:
        if self.error is not None:
            raise self.error
        self.sent.append(
            (wanted["Destination"]["ToAddresses"][0], message_from_bytes(wanted["Content"]["Raw"]["Data"]))
        )
        return {"MessageId": f"mail-{len(self.sent)}"}


@dataclass(slots=True)
class LocalGate:
    """`SenderGate` in this process, with what crosses it as JSON."""

    custody: Custody

    def seal(self, tenant_id: TenantId, channel_id: ChannelId, address: Address, correlation_id: CorrelationId) -> None:
        more = {"kind": address.kind.value, "parts": dict(address.parts)}
        self._ask("seal", tenant_id, channel_id, correlation_id, **more)

    def test(self, tenant_id: TenantId, channel_id: ChannelId, code: str, correlation_id: CorrelationId) -> Tested:
        return Tested(self._ask("test", tenant_id, channel_id, correlation_id, code=code)["shows_code"])

    def forget(self, tenant_id: TenantId, channel_id: ChannelId, correlation_id: CorrelationId) -> None:
        self._ask("forget", tenant_id, channel_id, correlation_id)

    def push_key(self, correlation_id: CorrelationId) -> str:
        request = {"operation": "push_key", "correlation_id": correlation_id}
        return str(answer(self.custody, request)["result"]["public_key"])

    def _ask(self, operation: str, *named: Any, **more: Any) -> dict[str, Any]:
        names = ("tenant_id", "channel_id", "correlation_id")
        said = {name: str(value) for name, value in zip(names, named, strict=True)}
        answered = answer(self.custody, {"operation": operation, **said, **more})
        if not answered["ok"]:
            failure = answered["error"]
            raise error_of(failure["kind"], failure["code"], failure["message"], failure["retry_after_s"])
        return cast("dict[str, Any]", answered["result"])


@dataclass(slots=True, kw_only=True)
class AlertRig:
    """Everything that alerts are made of, for one tenant."""

    tenant_id: TenantId
    database: Database
    paper: Paper
    sending: SendingService
    custody: Custody
    channels: ChannelService
    centre: AlertCentre
    watch: WatchService
    queue: FakeAlertQueue
    clock: FakeClock
    ses: FakeSes
    code: str = "123456"

    def add(self, address: Address, name: str = "", **wishes: Any) -> Channel:
        """A verified channel."""
        made = self.channels.add(
            self.tenant_id,
            name or address.kind.value,
            address,
            wishes=Wishes(**wishes),
            correlation_id=correlation.new(),
        )
        self.channels.test(self.tenant_id, made.channel_id, correlation.new())
        verified = self.channels.verify(self.tenant_id, made.channel_id, self.code)
        self.clear()
        return verified

    def clear(self) -> None:
        """Forget what the stand-ins took down, and have them answer as always."""
        self.paper.admin("DELETE", "/channels/sent")
        self.ses.sent.clear()

    def alert(self, key: str = "", severity: Severity = Severity.WARNING, **more: Any) -> Alert:
        """An alert of the tenant."""
        said: dict[str, Any] = {
            "category": Category.RULE,
            "title": "BTC/USDT fell below 50,000",
            "text": "It is at 49,999.",
            "facts": {"price": "49999"},
            "hops": Hops(venue_at=self.clock.now(), received_at=self.clock.now()),
        }
        return Alert(
            tenant_id=self.tenant_id,
            key=key or str(uuid4()),
            severity=severity,
            correlation_id=correlation.new(),
            **(said | more),
        )

    def raise_alert(self, alert: Alert) -> bool:
        """Raise it in a transaction of its own and queue what is to be sent."""
        with PostgresAlertUnits(self.database)(self.tenant_id) as unit:
            desk = AlertDesk(unit.alerts, unit.channels, self.clock)
            made = desk.raise_alert(alert)
        self.queue.send(desk.works)
        return made

    def work(self, *, seconds: float = 0) -> None:
        """Do everything that waits and is not delayed beyond so many seconds, and what comes of it."""
        while ready := [each for each in self.queue.waiting if each.delay_s <= seconds]:
            self.queue.waiting = [each for each in self.queue.waiting if each not in ready]
            for each in ready:
                if each.kind is not WorkKind.LOOK and each.tenant_id == self.tenant_id:
                    self.sending.work(each)

    def get(self, alert: Alert) -> RaisedAlert:
        return self.centre.get(self.tenant_id, alert.alert_id)

    def channel(self, channel: Channel) -> Channel:
        return self.channels.get(self.tenant_id, channel.channel_id)

    def state(self, channel: Channel) -> ChannelState:
        return self.channel(channel).state

    def sent(self, host: str) -> list[dict[str, Any]]:
        """What the stand-in took down."""
        answered = cast("dict[str, Any]", self.paper.admin("GET", "/channels/sent"))
        return [each for each in answered["items"] if each["host"] == host]

    def mood(self, host: str, times: int, **more: Any) -> None:
        self.paper.admin("POST", "/channels/moods", {"host": host, "times": times, **more})


def notify_route(paper: Paper) -> str:
    """What the setting must say to reach the stand-ins."""
    names = "api.telegram.org,discord.com,push.nightdesk.test,hooks.nightdesk.test"
    return f"local:127.0.0.1:{paper.port}:{names}:{paper.ca_file}"


def new_tenant(postgres: Postgres) -> TenantId:
    """A tenant without anything."""
    tenant = TenantId(uuid4())
    with psycopg.connect(postgres.url("superuser")) as connection:
        connection.execute("INSERT INTO tenants VALUES (%s, 'desk', 'USDT', now())", (tenant,))
    return tenant


@contextmanager
def alert_rig(postgres: Postgres, paper: Paper, folder: Path) -> Iterator[AlertRig]:
    """A rig of a new tenant; services connect by their own roles."""
    key_file = folder / "alerts.key"
    make_key_file(key_file)
    clock, queue, ses = FakeClock(SystemClock().now()), FakeAlertQueue(), FakeSes()
    app, sender, across = (Database(postgres.url(role), max_size=2) for role in ("app", "alerts", "outbox"))
    outbound, key = Outbound(OutboundRoute.parse(notify_route(paper))), PushKey("x" * 64)
    senders: dict[ChannelKind, ChannelSender] = {
        ChannelKind.EMAIL: SesSender(cast("Any", ses), sender="alerts@desk.example", origin=ORIGIN),
        ChannelKind.TELEGRAM: TelegramSender(outbound, ORIGIN),
        ChannelKind.DISCORD: DiscordSender(outbound, ORIGIN),
        ChannelKind.WEBHOOK: WebhookSender(SignedWebhook(outbound, SystemClock())),
        ChannelKind.WEB_PUSH: WebPushSender(outbound, key.signer("desk@desk.example")),
    }
    custody = Custody(
        addresses=PostgresAddressUnits(sender),
        vault=EnvelopeAddressVault(FileKeyWrapper(key_file)),
        senders=senders,
        check_url=outbound.check,
        push_key=lambda: key.public,
        clock=clock,
    )
    yield AlertRig(
        tenant_id=new_tenant(postgres),
        database=app,
        paper=paper,
        sending=SendingService(
            units=PostgresAlertUnits(sender),
            addresses=custody.addresses,
            vault=custody.vault,
            senders=senders,
            queue=queue,
            clock=clock,
        ),
        custody=custody,
        channels=ChannelService(
            units=PostgresAlertUnits(app),
            gate=LocalGate(custody),
            clock=clock,
            new_id=uuid4,
            new_code=lambda: "123456",
        ),
        centre=AlertCentre(
            reads=PostgresAlertCentre(app), units=PostgresAlertUnits(app), queue=queue, clock=clock, new_id=uuid4
        ),
        watch=WatchService(
            tower=PostgresWatchtower(across),
            units=PostgresAlertUnits(app),
            queue=queue,
            clock=clock,
            new_correlation=correlation.new,
        ),
        queue=queue,
        clock=clock,
        ses=ses,
    )
    for database in (app, sender, across):
        database.close()
