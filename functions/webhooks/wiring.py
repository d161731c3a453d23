"""What the function is made of."""

from __future__ import annotations

from functools import cache

import boto3

from functions.webhooks.receiving import Receiver
from nightdesk.adapters.aws.errors import QUICK
from nightdesk.adapters.aws.trade_queue import SqsTradeQueue
from nightdesk.alerts.signal_receiving import SignalService
from nightdesk.runtime.clock import SystemClock
from nightdesk.runtime.settings import settings
from nightdesk.wiring import open_database, webhook_service
from nightdesk.wiring_alerts import signal_service


@cache
def wire() -> Receiver:
    """What takes trades; nothing is connected before it is used."""
    here = settings()
    return Receiver(
        webhooks=webhook_service(here, open_database(here)),
        queue=SqsTradeQueue(boto3.client("sqs", config=QUICK), here.require("queue_trades_inbound")),
        clock=SystemClock(),
    )


@cache
def wire_signals() -> SignalService:
    """What takes signals."""
    here = settings()
    return signal_service(here, open_database(here))
