"""Faults that can be switched on, to see how a client bears them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from fargate.paper_exchange.engine.lies import Lie, Lying


class FaultKind(StrEnum):
    """What can go wrong on purpose."""

    REST_DOWN = "rest_down"
    """Every REST request is answered 503."""
    REFUSE = "refuse"
    """The port is closed: connections are refused and open ones cut."""
    REST_LATENCY = "rest_latency"
    """Every REST answer comes `delay_ms` late."""
    RATE_LIMITED = "rate_limited"
    """Every REST request is answered 429 with `retry_after_s`."""
    BANNED = "banned"
    """Every REST request is answered 418 with `retry_after_s`."""
    ORDER_UNKNOWN = "order_unknown"
    """An order is accepted and then answered with `status` (a 5xx)."""
    ORDER_LOST = "order_lost"
    """An order is answered with `status` (a 5xx) and was never accepted."""
    ORDER_CUT = "order_cut"
    """An order is accepted, and the connection breaks before the answer."""
    ORDER_REJECTED = "order_rejected"
    """An order is refused: the market is closed."""
    BOOK_FROZEN = "book_frozen"
    """Nobody stands in the books and nothing fills: market orders expire, the others rest."""
    SOCKET_DROP = "socket_drop"
    """Every websocket is closed at once, without a closing handshake."""
    SOCKET_HALF_OPEN = "socket_half_open"
    """Websockets stay open and fall silent, pongs included."""
    SOCKET_DUPLICATE = "socket_duplicate"
    """Every websocket event is sent twice."""
    SOCKET_LATE = "socket_late"
    """Every websocket event is sent `delay_ms` late."""
    SOCKET_LOST = "socket_lost"
    """A websocket event is never sent."""
    SOCKET_OUT_OF_ORDER = "socket_out_of_order"
    """Every two websocket events change places."""
    PRICE_OFF = "price_off"
    """Trades and quotes are told `ratio` times as high; orders still meet the true book."""
    PRICE_STUCK = "price_stuck"
    """The last price is told for ever, at ever new instants."""
    QUOTE_CROSSED = "quote_crossed"
    """The bid is told as the ask, and the ask as the bid."""
    TIME_WRONG = "time_wrong"
    """Trades are told as made `delay_ms` later than they were."""


LIES: Final = (FaultKind.PRICE_OFF, FaultKind.PRICE_STUCK, FaultKind.QUOTE_CROSSED, FaultKind.TIME_WRONG)
"""What is told of markets instead of the truth, where `path` is in the symbol."""


@dataclass(slots=True)
class Fault:
    """A fault that is switched on.

    Attributes:
        left: How many times it still strikes; None until it is switched off.
        path: Only requests whose path contains this; of lies, only symbols that do.
        venue: Only this venue's face; empty strikes all.
    """

    kind: FaultKind
    left: int | None = None
    delay_ms: int = 1000
    status: int = 503
    retry_after_s: int = 30
    path: str = ""
    venue: str = ""
    ratio: Decimal = Decimal("1.5")


class FaultBoard:
    """Which faults are on."""

    def __init__(self) -> None:
        self._faults: dict[tuple[FaultKind, str], Fault] = {}
        self._venue = ""

    def of(self, venue: str) -> FaultBoard:
        """The same board as this venue's face sees it."""
        seen = FaultBoard()
        seen._faults, seen._venue = self._faults, venue
        return seen

    def switch_on(self, fault: Fault) -> None:
        """Let it strike from now on; the same kind is replaced."""
        self._faults[fault.kind, fault.venue] = fault

    def clear(self) -> None:
        """Switch everything off."""
        self._faults.clear()

    def is_on(self, kind: FaultKind) -> bool:
        """Whether it would strike now."""
        return self._found(kind) is not None

    def strike(self, kind: FaultKind, path: str = "") -> Fault | None:
        """The fault if it strikes here and now; its count goes down."""
        fault = self._found(kind)
        if fault is None or fault.path not in path:
            return None
        if fault.left is not None:
            fault.left -= 1
            if fault.left <= 0:
                del self._faults[kind, fault.venue]
        return fault

    def lying(self, now_ms: Callable[[], int]) -> Lying:
        """What is told of symbols instead of the truth, each lie from the moment it is first told on."""
        since: dict[FaultKind, int] = {}

        def lie(symbol: str) -> Lie | None:
            for kind in [kind for kind in since if not self._found(kind)]:
                del since[kind]
            told = {kind: fault for kind in LIES if (fault := self._found(kind)) and fault.path in symbol}
            if not told:
                return None  # the usual case
            off, ahead = told.get(FaultKind.PRICE_OFF), told.get(FaultKind.TIME_WRONG)
            return Lie(
                since_ms=min(since.setdefault(kind, now_ms()) for kind in told),
                ratio=off.ratio if off else Decimal(1),
                is_stuck=FaultKind.PRICE_STUCK in told,
                is_crossed=FaultKind.QUOTE_CROSSED in told,
                ahead_ms=ahead.delay_ms if ahead else 0,
            )

        return lie

    def listing(self) -> list[Mapping[str, Any]]:
        """What is on, for the operator."""
        return [
            {"kind": fault.kind.value, "left": fault.left, "path": fault.path, "venue": fault.venue}
            for fault in self._faults.values()
        ]

    def _found(self, kind: FaultKind) -> Fault | None:
        own = self._faults.get((kind, self._venue)) if self._venue else None
        return own or self._faults.get((kind, ""))
