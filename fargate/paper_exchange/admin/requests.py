"""Reads what the operator asks for."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
from aiohttp import web

from fargate.paper_exchange.engine.accounts import EmptyHistory, MadeHistory, RecordedHistory, WantedHistory
from fargate.paper_exchange.engine.history.seeded import DEFAULT_SYMBOLS
from fargate.paper_exchange.engine.model import OrderRequest, OrderType, Permissions, Side
from fargate.paper_exchange.faults import Fault, FaultKind
from nightdesk.kernel.errors import InvalidInput
from nightdesk.kernel.money import parse_amount

Json = Mapping[str, Any]


class Unreadable(ValueError):
    """The operator asked for something that can't be meant; the message says what."""


def permissions(body: Json) -> Permissions:
    """`{read, trade, withdraw}`."""
    asked = body.get("permissions") or {}
    return Permissions(
        read=bool(asked.get("read", True)), trade=bool(asked.get("trade", True)), withdraw=bool(asked.get("withdraw"))
    )


def past(body: Json) -> WantedHistory:
    """`history: {kind, …}`.

    Raises:
        Unreadable: There is no such kind, or a part of it is missing.
    """
    asked = body.get("history") or {}
    kind = asked.get("kind", "empty")
    if kind == "empty":
        balances = asked.get("balances", {"USDT": "10000"})
        return EmptyHistory({asset: amount(value) for asset, value in balances.items()})
    if kind == "seeded":
        symbols = tuple(asked.get("symbols") or DEFAULT_SYMBOLS)
        return MadeHistory(_whole(asked, "seed", 1), _whole(asked, "trades", 200), symbols, _whole(asked, "days", 180))
    if kind == "trades_file":
        return RecordedHistory(Path(text(asked, "path")), Decimal(amount(asked.get("fee_ratio", "0.001"), least=0)))
    raise Unreadable(f"There is no history kind {kind!r}; there are empty, seeded, trades_file.")


def fault(body: Json) -> Fault:
    """`{kind, count?, delay_ms?, status?, retry_after_s?, path?, venue?, ratio?}`.

    Raises:
        Unreadable: There is no such kind.
    """
    kind = text(body, "kind")
    if kind not in {known.value for known in FaultKind}:
        raise Unreadable(f"There is no fault {kind!r}; there are {', '.join(known.value for known in FaultKind)}.")
    count = body.get("count")
    return Fault(
        FaultKind(kind),
        int(count) if count is not None else None,
        _whole(body, "delay_ms", 1000),
        _whole(body, "status", 503),
        _whole(body, "retry_after_s", 30),
        str(body.get("path", "")),
        str(body.get("venue", "")),
        amount(body.get("ratio", "1.5")),
    )


def fill(body: Json) -> tuple[OrderRequest, int]:
    """`{symbol, side, quantity, price?, count?}`.

    Raises:
        Unreadable: A part is missing or of another form.
    """
    side = text(body, "side").lower()
    if side not in {"buy", "sell"}:
        raise Unreadable("A side is buy or sell.")
    count = _whole(body, "count", 1)
    if not 1 <= count <= 1000:  # noqa: PLR2004
        raise Unreadable("A count lies between 1 and 1000.")
    price = amount(body["price"]) if "price" in body else None
    request = OrderRequest(text(body, "symbol"), Side(side), OrderType.LIMIT, amount(body.get("quantity")), price)
    return request, count


def amount(value: object, *, least: int | None = None) -> Decimal:
    """A positive decimal, given as a string or whole number.

    Raises:
        Unreadable: It is something else.
    """
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise Unreadable("Amounts are decimal strings.")
    try:
        found = parse_amount(value)
    except InvalidInput as error:
        raise Unreadable(error.message) from None
    if found < (0 if least is None else least) or (least is None and found == 0):
        raise Unreadable("An amount is positive.")
    return found


def text(body: Json, name: str) -> str:
    """A part that must be there.

    Raises:
        Unreadable: It is missing, or no text.
    """
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise Unreadable(f"{name} is missing.")
    return value


async def read_body(request: web.Request) -> Json:
    """The object that was sent.

    Raises:
        Unreadable: It is none.
    """
    try:
        body = orjson.loads(await request.read() or b"{}")
    except orjson.JSONDecodeError:
        raise Unreadable("The body is no JSON.") from None
    if not isinstance(body, dict):
        raise Unreadable("The body is no JSON object.")
    return body


def _whole(body: Json, name: str, default: int) -> int:
    value = body.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int):
        raise Unreadable(f"{name} is a whole number.")
    return value
