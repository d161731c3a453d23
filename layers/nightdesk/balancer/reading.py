"""What an answer says about budgets: used weight, bans, counters that are full."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from nightdesk.balancer.model import Charge, EgressName, Grant, Limit, LimitId, LimitKind
from nightdesk.balancer.request import Request
from nightdesk.balancer.stream_ports import Answer
from nightdesk.kernel.assets import VenueId

TOO_MANY = 429
TEAPOT = 418
"""Binance answers so while an address is banned."""

BANNED_MS = 120_000
"""The shortest ban of Binance, taken where a 418 names no end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What an answer changes in the budget."""

    used: Mapping[LimitId, int]
    ban_ms: int = 0
    ban_key: bool = False
    exhausted: tuple[LimitId, ...] = ()


def read(grant: Grant, answer: Answer) -> Verdict:
    """What the answer says."""
    used = {charge.limit.id: int(told) for charge, told in _told(grant, answer) if told.isdigit()}
    refused = _refused(grant, answer)
    return (
        Verdict(used=used)
        if refused is None
        else Verdict(
            used={**used, **refused.used}, ban_ms=refused.ban_ms, ban_key=refused.ban_key, exhausted=refused.exhausted
        )
    )


def address_ban_ms(request: Request, answer: Answer) -> int:
    """How long the address that sent must keep away from the venue; 0 where the answer shuts nobody out."""
    if answer.status not in (TOO_MANY, TEAPOT) or request.path.startswith("/sapi/"):
        return 0
    verdict = read(Grant(venue=request.venue, egress=EgressName(""), url="", charges=()), answer)
    return 0 if verdict.ban_key else verdict.ban_ms


def says_itself(venue: VenueId, answer: Answer) -> bool:
    """Whether the venue tells in its own words what became of a request, although its status says that it broke."""
    return venue == "bitfinex" and answer.body.lstrip().startswith(b'["error"')


def _told(grant: Grant, answer: Answer) -> Iterator[tuple[Charge, str]]:
    for charge in grant.charges:
        told = answer.headers.get(charge.limit.header) if charge.limit.header else None
        if told is not None:
            yield charge, told


def _refused(grant: Grant, answer: Answer) -> Verdict | None:
    said = _SAYS.get(grant.venue)
    verdict = said(grant, answer) if said else None
    if verdict is not None:
        return verdict
    if answer.status == TEAPOT:
        return Verdict(used={}, ban_ms=_retry_after_ms(answer) or BANNED_MS)
    if answer.status == TOO_MANY:
        return _too_many(grant, answer)
    return None


def _too_many(grant: Grant, answer: Answer) -> Verdict:
    retry_ms = _retry_after_ms(answer)
    flows = tuple(charge.limit.id for charge in grant.charges if charge.limit.kind is not LimitKind.WINDOW)
    if retry_ms or not flows:
        return Verdict(used={}, ban_ms=retry_ms or _longest_ms(grant), exhausted=flows)
    return Verdict(used={}, exhausted=flows)


def _binance(grant: Grant, answer: Answer) -> Verdict | None:
    if answer.status != TOO_MANY:
        return None
    if b"-1015" in answer.body[:200]:
        return Verdict(used={}, ban_ms=_retry_after_ms(answer) or 10_000, ban_key=True)
    own = {c.limit.id: c.limit.limit for c in grant.charges if c.limit.id.startswith("sapi")}
    return Verdict(used=own) if own else None


def _kraken(grant: Grant, answer: Answer) -> Verdict | None:
    head = answer.body[:300]
    if b"Rate limit exceeded" in head or b"EService:Throttled" in head:
        return Verdict(used={}, exhausted=tuple(charge.limit.id for charge in grant.charges))
    return Verdict(used={}, ban_ms=60_000, ban_key=True) if b"Temporary lockout" in head else None


def _bitfinex(grant: Grant, answer: Answer) -> Verdict | None:
    if b"ERR_RATE_LIMIT" not in answer.body[:200] and b"ratelimit" not in answer.body[:200]:
        return None
    return Verdict(used={}, exhausted=tuple(charge.limit.id for charge in grant.charges))


_SAYS: Mapping[VenueId, Callable[[Grant, Answer], Verdict | None]] = {
    VenueId("binance"): _binance,
    VenueId("kraken"): _kraken,
    VenueId("bitfinex"): _bitfinex,
}


def _retry_after_ms(answer: Answer) -> int:
    text = answer.headers.get("retry-after", "")
    return int(float(text) * 1000) + 1 if text.replace(".", "", 1).isdigit() else 0


def _longest_ms(grant: Grant) -> int:
    pooled: list[Limit] = [charge.limit for charge in grant.charges if charge.limit.pooled]
    return max((limit.period_ms for limit in pooled), default=1_000)
