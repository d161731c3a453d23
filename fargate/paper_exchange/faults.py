"""Faults that can be switched on, to see how a client bears them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


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
    SOCKET_DROP = "socket_drop"
    """Every websocket is closed at once, without a closing handshake."""
    SOCKET_HALF_OPEN = "socket_half_open"
    """Websockets stay open and fall silent, pongs included."""
    SOCKET_DUPLICATE = "socket_duplicate"
    """Every websocket event is sent twice."""
    SOCKET_LATE = "socket_late"
    """Every websocket event is sent `delay_ms` late."""
    SOCKET_OUT_OF_ORDER = "socket_out_of_order"
    """Every two websocket events change places."""


@dataclass(slots=True)
class Fault:
    """A fault that is switched on.

    Attributes:
        left: How many times it still strikes; None until it is switched off.
        path: Only requests whose path contains this.
    """

    kind: FaultKind
    left: int | None = None
    delay_ms: int = 1000
    status: int = 503
    retry_after_s: int = 30
    path: str = ""


class FaultBoard:
    """Which faults are on."""

    def __init__(self) -> None:
        self._faults: dict[FaultKind, Fault] = {}

    def switch_on(self, fault: Fault) -> None:
        """Let it strike from now on; the same kind is replaced."""
        self._faults[fault.kind] = fault

    def clear(self) -> None:
        """Switch everything off."""
        self._faults.clear()

    def is_on(self, kind: FaultKind) -> bool:
        """Whether it would strike now."""
        return kind in self._faults

    def strike(self, kind: FaultKind, path: str = "") -> Fault | None:
        """The fault if it strikes here and now; its count goes down."""
        fault = self._faults.get(kind)
        if fault is None or fault.path not in path:
            return None
        if fault.left is not None:
            fault.left -= 1
            if fault.left <= 0:
                del self._faults[kind]
        return fault

    def listing(self) -> list[Mapping[str, Any]]:
        """What is on, for the operator."""
        return [{"kind": fault.kind.value, "left": fault.left, "path": fault.path} for fault in self._faults.values()]
