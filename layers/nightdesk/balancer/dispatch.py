"""Sends a signed request politely: cache, place, egress, report, failover."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field, replace

from nightdesk.balancer.errors import unknown_outcome
from nightdesk.balancer.gate import Gate
from nightdesk.balancer.model import Ask, EgressName, Grant, KeyPrint, Pin, Priority, Report, Shape
from nightdesk.balancer.reading import read, says_itself
from nightdesk.balancer.request import Request
from nightdesk.balancer.stream_ports import Answer, AnswerLost, Budget, NotSent, Transport
from nightdesk.kernel.errors import Unavailable

ATTEMPTS = 4
STALE_AFTER_MS = 1_000
"""A signature holds a time; after such a wait the request is signed anew before it is sent."""

BROKEN = 500
"""From this status on an answer does not say whether something was done. Source: Binance, rest-api.md, 2026-07-21."""


class SignAgain(Exception):
    """There is a place now, but the signature has grown old; nothing was sent.

    Attributes:
        place: To be handed back with the fresh request.
    """

    def __init__(self, place: Place) -> None:
        super().__init__("sign again")
        self.place = place


@dataclass(frozen=True, slots=True)
class Place:
    """A grant, and how long it was waited for."""

    grant: Grant
    waited_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who sends.

    Attributes:
        tenant: Whose fair share it is.
        only: The one egress that may send, for a forwarder that sends for others.
        skew_ms: How far the venue's clock is ahead of the budget's.
        place: One that is already there, from `SignAgain`.
        signs_again: Whether `SignAgain` is understood; else an old signature is sent as it is.
        signs_last: What is signed before there is a place is never sent: the venue counts nonces.
    """

    tenant: str
    key: KeyPrint = field(default=KeyPrint(""))
    pin: Pin = Pin.FREE
    only: EgressName | None = None
    skew_ms: int = 0
    priority: Priority | None = None
    timeout_s: float = 30.0
    place: Place | None = None
    signs_again: bool = False
    signs_last: bool = False


class Dispatcher:
    """Sends requests over whatever egress the budget names."""

    def __init__(self, budget: Budget, gate: Gate, transport: Transport) -> None:
        self._budget = budget
        self._gate = gate
        self._transport = transport

    async def send(self, request: Request, shape: Shape, body: bytes | None, sender: Sender) -> Answer:
        """The venue's answer.

        A request that never left is moved to another egress. One whose answer was lost is sent again only if
        it changes nothing at the venue.

        Raises:
            OutcomeUnknown: It may have been carried out, or the venue broke over it; it was not sent again.
            RateLimited: No place in time.
            Unavailable: No budget, no egress, or no way to the venue.
            SignAgain: See `Sender.signs_again`.
        """
        ask = _ask(shape, sender)
        lost: Exception | None = None
        place = sender.place
        for _ in range(ATTEMPTS):
            if place is None:
                place = await self._place(ask, _patience_ms(shape, sender))
            grant, waited_ms, place = place.grant, place.waited_ms, None
            try:
                answer = await self._carry(ask, grant, waited_ms, (request, body, sender.timeout_s))
            except NotSent as error:
                lost = error
            except AnswerLost as error:
                if shape.mutates:
                    raise unknown_outcome(shape.venue) from error
                if not error.gone:
                    raise _unreachable(shape) from error
                lost = error
            else:
                await self._answered(ask, grant, waited_ms, answer)
                return _certain(shape, answer)
            ask = _elsewhere(ask, grant)
        raise _unreachable(shape) from lost

    async def _place(self, ask: Ask, patience_ms: int | None) -> Place:
        grant, waited_ms = await self._gate.enter(ask)
        if patience_ms is not None and waited_ms > patience_ms:
            raise SignAgain(Place(grant, waited_ms))
        return Place(grant, waited_ms)

    async def _carry(self, ask: Ask, grant: Grant, waited_ms: int, what: tuple[Request, bytes | None, float]) -> Answer:
        """Send; when no answer comes, settle what was taken before the error goes on."""
        try:
            return await self._transport.send(grant, *what)
        except (NotSent, AnswerLost) as error:
            await self._settle(ask, grant, waited_ms, sent=isinstance(error, AnswerLost), gone=error.gone)
            raise
        except asyncio.CancelledError:
            await asyncio.shield(self._settle(ask, grant, waited_ms, sent=True))
            raise

    async def _settle(self, ask: Ask, grant: Grant, waited_ms: int, *, sent: bool, gone: bool = False) -> None:
        report = Report(
            grant=grant, priority=ask.priority, key=ask.key, sent=sent, waited_ms=waited_ms, skew_ms=ask.skew_ms
        )
        await _surely(self._budget.report(report))
        if gone:
            await _surely(self._budget.release(grant.venue, grant.egress))

    async def _answered(self, ask: Ask, grant: Grant, waited_ms: int, answer: Answer) -> None:
        verdict = read(grant, answer)
        report = Report(
            grant=grant,
            priority=ask.priority,
            key=ask.key,
            used=verdict.used,
            ban_ms=verdict.ban_ms,
            ban_key=verdict.ban_key,
            exhausted=verdict.exhausted,
            waited_ms=waited_ms,
            status=answer.status,
            skew_ms=ask.skew_ms,
        )
        await _surely(self._budget.report(report))


def _patience_ms(shape: Shape, sender: Sender) -> int | None:
    """After how long a wait the request is signed anew; None for never, a negative one for always."""
    if not (shape.signed and sender.signs_again):
        return None
    return -1 if sender.signs_last else STALE_AFTER_MS


async def _surely(done: Awaitable[None]) -> None:
    """Do it; an answer or error that is here already is not replaced because the budget went away meanwhile."""
    try:
        await done
    except Unavailable:
        return


def _certain(shape: Shape, answer: Answer) -> Answer:
    """The answer, if it says whether something was done."""
    if shape.mutates and answer.status >= BROKEN and not says_itself(shape.venue, answer):
        raise unknown_outcome(shape.venue)
    return answer


def _unreachable(shape: Shape) -> Unavailable:
    return Unavailable("venue.unavailable", f"{shape.venue} can't be reached.", retry_after_s=5)


def _ask(shape: Shape, sender: Sender) -> Ask:
    return Ask(
        venue=shape.venue,
        costs=shape.costs,
        priority=shape.priority if sender.priority is None else sender.priority,
        tenant=sender.tenant,
        key=sender.key,
        pin=sender.pin if sender.key else Pin.FREE,
        only=sender.only,
        skew_ms=sender.skew_ms,
    )


def _elsewhere(ask: Ask, grant: Grant) -> Ask:
    """The same question without the egress that failed; a bound key or a lone egress can only wait for it."""
    if ask.only or ask.pin is Pin.HARD:
        return ask
    return replace(ask, exclude=ask.exclude | {grant.egress})
