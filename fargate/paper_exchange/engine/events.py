"""What happened on the engine, told to whoever listens, after it is stored."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from fargate.paper_exchange.engine.model import Fill, Order


class Execution(StrEnum):
    """What changed an order."""

    NEW = "new"
    TRADE = "trade"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class OrderChanged:
    """An order was accepted, filled, cancelled or expired."""

    account_id: int
    execution: Execution
    order: Order
    fill: Fill | None = None
    cancelled_by: str = ""


@dataclass(frozen=True, slots=True)
class BalancesChanged:
    """Balances of these assets changed through an order."""

    account_id: int
    assets: tuple[str, ...]
    at_ms: int


@dataclass(frozen=True, slots=True)
class BalanceMoved:
    """A deposit or withdrawal changed what is free by `delta`."""

    account_id: int
    asset: str
    delta: Decimal
    at_ms: int


Event = OrderChanged | BalancesChanged | BalanceMoved
Listener = Callable[[Event], None]


class EventBus:
    """Calls every listener with every event, in order."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> None:
        """Hear every event from now on."""
        self._listeners.append(listener)

    def publish(self, events: Iterable[Event]) -> None:
        """Tell the listeners."""
        for event in events:
            for listener in self._listeners:
                listener(event)
