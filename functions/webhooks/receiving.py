"""Takes a reported trade: whose it is, what it says, into the queue."""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, Protocol

import orjson
from pydantic import ValidationError

from nightdesk.accounts.webhooks import WebhookService
from nightdesk.contracts.webhooks import TradeInbound, TradeReported
from nightdesk.kernel.errors import NotFound, Unauthenticated
from nightdesk.kernel.instants import Clock
from nightdesk.runtime import correlation
from nightdesk.runtime.http import Event, Refused, Reply, body_text, header
from nightdesk.runtime.problems import FieldError, Problem

SIGNATURE: Final = "X-Nightdesk-Signature"
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{20,128}")
_ERRORS_TOLD_MAX: Final = 20


class TradeQueue(Protocol):
    """Where reported trades wait to be recorded."""

    def send(self, trade: TradeInbound) -> None:
        """Hand the trade on, once for each event.

        Raises:
            Unavailable: `queue.unavailable`.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """What takes trades."""

    webhooks: WebhookService
    queue: TradeQueue
    clock: Clock


def receive_trade(event: Event, token: str, receiver: Receiver) -> Reply:
    """Queue the trade that the body reports; the signature is checked on the body as it came.

    Raises:
        NotFound: `webhook.not_found`.
        Unauthenticated: `webhook.signature_missing`, `webhook.signature_wrong`.
        TooLarge: `request.too_large`.
        Refused: `request.invalid`, 400.
        Unavailable: `queue.unavailable`, `database.unavailable`: send it again.
    """
    if not _TOKEN.fullmatch(token):
        raise NotFound("webhook.not_found", "There is no such webhook.")
    signature = header(event, SIGNATURE)
    if not signature:
        raise Unauthenticated("webhook.signature_missing", f"Sign the body and send {SIGNATURE}.")
    text = body_text(event)
    target = receiver.webhooks.authenticate(token, text.encode(), signature)
    trade = TradeInbound(
        tenant_id=target.tenant_id,
        account_id=target.account_id,
        venue=target.venue,
        correlation_id=_correlation_id(),
        received_at=receiver.clock.now(),
        report=_parse(text),
    )
    receiver.queue.send(trade)
    return _accepted(trade)


def _parse(text: str) -> TradeReported:
    try:
        return TradeReported.model_validate_json(text)
    except ValidationError as error:
        wrong = error.errors(include_input=False, include_context=False, include_url=False)
        told = [FieldError(".".join(map(str, each["loc"]))[:80], each["msg"]) for each in wrong[:_ERRORS_TOLD_MAX]]
        raise Refused(
            Problem(
                status=HTTPStatus.BAD_REQUEST,
                code="request.invalid",
                detail="This is no report of a trade.",
                correlation_id=_correlation_id(),
                errors=told,
            )
        ) from None


def _accepted(trade: TradeInbound) -> Reply:
    return {
        "statusCode": int(HTTPStatus.ACCEPTED),
        "multiValueHeaders": {"Content-Type": ["application/json"]},
        "body": orjson.dumps({"event_id": trade.report.event_id, "identity": trade.identity}).decode(),
        "isBase64Encoded": False,
    }


def _correlation_id() -> str:
    return correlation.current() or correlation.new()
