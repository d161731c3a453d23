"""What the function is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import cast

import boto3

from functions.alerts_send.custody import Custody
from nightdesk.adapters.aws.alert_queue import SqsAlertQueue
from nightdesk.adapters.aws.errors import QUICK
from nightdesk.adapters.notify.discord import DiscordSender
from nightdesk.adapters.notify.email_ses import NOT_SET_UP, SesSender
from nightdesk.adapters.notify.outbound import Outbound, OutboundRoute
from nightdesk.adapters.notify.outbound_webhook import SignedWebhook
from nightdesk.adapters.notify.telegram import TelegramSender
from nightdesk.adapters.notify.web_push import PushKey, WebPushSender
from nightdesk.adapters.notify.webhook_channel import WebhookSender
from nightdesk.adapters.postgres.alerts import PostgresAlertUnits
from nightdesk.adapters.postgres.alerts_addresses import PostgresAddressUnits
from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.vault.address_sealing import EnvelopeAddressVault
from nightdesk.alerts.messages import ChannelSender
from nightdesk.alerts.model import ChannelKind
from nightdesk.alerts.sending import SendingService
from nightdesk.runtime.clock import SystemClock
from nightdesk.runtime.secrets import SecretsClient, database_conninfo, secret_text
from nightdesk.runtime.settings import Settings, settings
from nightdesk.wiring_keys import key_wrapper


@dataclass(frozen=True, slots=True)
class Sender:
    """What the entry works with."""

    sending: SendingService
    custody: Custody
    look_again: Callable[[], None]


@cache
def wire() -> Sender:
    """The sender; its role reads the addresses of one tenant at a time."""
    return sender(settings())


def sender(here: Settings) -> Sender:
    """The same for given settings."""
    secrets = cast("SecretsClient", boto3.client("secretsmanager", config=QUICK))
    database = Database(database_conninfo(here, secrets), max_size=4, wait_s=20)
    clock, outbound = SystemClock(), Outbound(OutboundRoute.parse(here.notify_route))
    addresses = PostgresAddressUnits(database)
    vault = EnvelopeAddressVault(key_wrapper(here.require("alerts_key")))
    key = PushKey(secret_text(here.require("push_secret"), secrets))
    senders = _senders(here, outbound, key)
    sending = SendingService(
        units=PostgresAlertUnits(database),
        addresses=addresses,
        vault=vault,
        senders=senders,
        queue=SqsAlertQueue(boto3.client("sqs", config=QUICK), here.require("queue_alerts")),
        clock=clock,
    )
    custody = Custody(
        addresses=addresses,
        vault=vault,
        senders=senders,
        check_url=outbound.check,
        push_key=lambda: key.public,
        clock=clock,
    )
    return Sender(sending, custody, _look(here))


def _senders(here: Settings, outbound: Outbound, key: PushKey) -> Mapping[ChannelKind, ChannelSender]:
    origin = here.allowed_origin or ""
    mail = boto3.client("sesv2", config=QUICK)
    return {
        ChannelKind.EMAIL: SesSender(mail, sender=here.mail_sender, origin=origin),
        ChannelKind.TELEGRAM: TelegramSender(outbound, origin),
        ChannelKind.DISCORD: DiscordSender(outbound, origin),
        ChannelKind.WEBHOOK: WebhookSender(SignedWebhook(outbound, SystemClock())),
        ChannelKind.WEB_PUSH: WebPushSender(outbound, key.signer(_contact(here))),
    }


def _contact(here: Settings) -> str:
    """Whom push services may write to."""
    return "desk@nightdesk.example" if here.mail_sender in NOT_SET_UP else here.mail_sender


def _look(here: Settings) -> Callable[[], None]:
    """What has the watcher look once more."""
    client, name = boto3.client("lambda", config=QUICK), here.require("alerts_watch_function")

    def look() -> None:
        client.invoke(FunctionName=name, InvocationType="Event", Payload=b'{"in_between": true}')

    return look
