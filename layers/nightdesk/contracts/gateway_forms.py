"""Turns what the gateway says into the domain's words, and back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from nightdesk.accounts.model import HistoryPage, KeyPermissions, KnownHistory, ReportedBalance, Skip, StreamStart
from nightdesk.contracts.gateway import (
    BalanceShape,
    FactShape,
    GatewayFailure,
    HistoryPageShape,
    PermissionsShape,
    StreamShape,
    StreamsRequest,
    TickerShape,
)
from nightdesk.kernel import errors
from nightdesk.kernel.assets import AssetId, Instrument, VenueId, Wallet, parse_instrument
from nightdesk.kernel.errors import NightdeskError
from nightdesk.kernel.instants import format_instant
from nightdesk.kernel.money import format_amount, parse_amount
from nightdesk.ledger.model import EntryKind, Fact, Leg, LegRole, Route
from nightdesk.markets.model import Price

_BY_KIND: dict[str, type[NightdeskError]] = {
    kind.kind.value: kind
    for kind in (
        errors.InvalidInput,
        errors.Unauthenticated,
        errors.Forbidden,
        errors.NotFound,
        errors.Conflict,
        errors.TooLarge,
        errors.RateLimited,
        errors.Unavailable,
        errors.OutcomeUnknown,
    )
}


def failure_answer(error: NightdeskError) -> dict[str, Any]:
    """The answer that an error is."""
    failure = {"code": error.code, "kind": error.kind.value, "message": error.message}
    return {"ok": False, "error": {**failure, "retry_after_s": error.retry_after_s}}


def error_of(failure: GatewayFailure) -> NightdeskError:
    """The error that an answer tells of; a kind nobody knows is broken."""
    kind = _BY_KIND.get(failure.kind, errors.Broken)
    return kind(failure.code, failure.message, retry_after_s=failure.retry_after_s)


def permissions_result(permissions: KeyPermissions) -> dict[str, Any]:
    """A key's permissions as JSON."""
    return {
        "may_read": permissions.may_read,
        "may_trade": permissions.may_trade,
        "may_withdraw": permissions.may_withdraw,
        "ip_bound": permissions.ip_bound,
        "checked_at": format_instant(permissions.checked_at),
    }


def permissions_of(shape: PermissionsShape) -> KeyPermissions:
    """A key's permissions."""
    return KeyPermissions(
        may_read=shape.may_read,
        may_trade=shape.may_trade,
        may_withdraw=shape.may_withdraw,
        ip_bound=shape.ip_bound,
        checked_at=shape.checked_at,
    )


def balances_result(balances: Iterable[ReportedBalance]) -> list[dict[str, str]]:
    """Reported balances as JSON."""
    return [
        {
            "asset": balance.asset,
            "free": format_amount(balance.free),
            "locked": format_amount(balance.locked),
            "wallet": balance.wallet,
        }
        for balance in balances
    ]


def balances_of(shapes: Iterable[BalanceShape]) -> tuple[ReportedBalance, ...]:
    """Reported balances."""
    return tuple(
        ReportedBalance(
            asset=AssetId(shape.asset),
            free=parse_amount(shape.free),
            locked=parse_amount(shape.locked),
            wallet=Wallet(shape.wallet),
        )
        for shape in shapes
    )


def known_request(known: KnownHistory) -> dict[str, Any]:
    """What is known of a history, as the fields of a request."""
    return {
        "assets": sorted(known.assets),
        "streams": sorted(known.streams),
        "earliest_at": None if known.earliest_at is None else format_instant(known.earliest_at),
    }


def known_of(request: StreamsRequest) -> KnownHistory:
    """What is known of a history."""
    return KnownHistory(
        assets=frozenset(AssetId(asset) for asset in request.assets),
        streams=frozenset(request.streams),
        earliest_at=request.earliest_at,
    )


def streams_result(starts: Iterable[StreamStart]) -> list[dict[str, Any]]:
    """Streams as JSON."""
    return [{"stream": start.stream, "cursor": dict(start.cursor)} for start in starts]


def streams_of(shapes: Iterable[StreamShape]) -> tuple[StreamStart, ...]:
    """Streams."""
    return tuple(StreamStart(stream=shape.stream, cursor=shape.cursor) for shape in shapes)


def page_result(page: HistoryPage) -> dict[str, Any]:
    """A page of history as JSON."""
    return {
        "facts": [_fact_result(fact) for fact in page.facts],
        "skips": [
            {"identity": skip.identity, "reason": skip.reason, "payload": dict(skip.payload)} for skip in page.skips
        ],
        "cursor": dict(page.cursor),
        "finished": page.finished,
        "done_ratio": page.done_ratio,
    }


def page_of(shape: HistoryPageShape) -> HistoryPage:
    """A page of history."""
    instruments: dict[str, Instrument] = {}
    return HistoryPage(
        facts=tuple(_fact(fact, instruments) for fact in shape.facts),
        skips=tuple(Skip(identity=skip.identity, reason=skip.reason, payload=skip.payload) for skip in shape.skips),
        cursor=shape.cursor,
        finished=shape.finished,
        done_ratio=shape.done_ratio,
    )


def tickers_result(prices: Iterable[Price]) -> list[dict[str, str]]:
    """Last prices as JSON."""
    return [
        {"symbol": price.instrument.symbol, "last": format_amount(price.last), "at": format_instant(price.at)}
        for price in prices
    ]


def tickers_of(venue: VenueId, shapes: Iterable[TickerShape]) -> tuple[Price, ...]:
    """Last prices at the venue."""
    return tuple(
        Price(instrument=parse_instrument(f"{venue}:{shape.symbol}"), last=parse_amount(shape.last), at=shape.at)
        for shape in shapes
    )


def _fact_result(fact: Fact) -> dict[str, Any]:
    return {
        "kind": fact.kind.value,
        "identity": fact.identity,
        "source": fact.source,
        "occurred_at": format_instant(fact.occurred_at),
        "legs": [
            {"role": leg.role.value, "asset": leg.asset, "amount": format_amount(leg.amount), "wallet": leg.wallet}
            for leg in fact.legs
        ],
        "instrument": None if fact.instrument is None else str(fact.instrument),
        "order_id": fact.order_id,
        "route": None if fact.route is None else asdict(fact.route),
    }


def _fact(shape: FactShape, instruments: dict[str, Instrument]) -> Fact:
    legs = tuple(
        Leg(role=LegRole(leg.role), asset=AssetId(leg.asset), amount=Decimal(leg.amount), wallet=Wallet(leg.wallet))
        for leg in shape.legs
    )
    name = shape.instrument
    if name is not None and name not in instruments:
        instruments[name] = parse_instrument(name)
    return Fact(
        kind=EntryKind(shape.kind),
        identity=shape.identity,
        source=shape.source,
        occurred_at=shape.occurred_at,
        legs=legs,
        instrument=None if name is None else instruments[name],
        order_id=shape.order_id,
        route=None if shape.route is None else Route(**shape.route.model_dump()),
    )
