"""Who hears an account's own events."""

from __future__ import annotations

from collections.abc import Callable

from fargate.paper_exchange.engine.events import Event, EventBus
from fargate.paper_exchange.faces.connection import Connection

Tell = Callable[[Event], None]


class Subscribers:
    """Connections by account."""

    def __init__(self, bus: EventBus) -> None:
        self._tells: dict[int, dict[tuple[Connection, str], Tell]] = {}
        bus.listen(self._push)

    def join(self, account_id: int, connection: Connection, tell: Tell, channel: str = "") -> None:
        """Hear the account's events from now on."""
        self._tells.setdefault(account_id, {})[(connection, channel)] = tell

    def leave(self, connection: Connection, channel: str) -> None:
        """Hear nothing more on this channel."""
        for tells in self._tells.values():
            tells.pop((connection, channel), None)

    def forget(self, connection: Connection) -> None:
        """The connection is closed."""
        for account_id, tells in list(self._tells.items()):
            kept = {key: tell for key, tell in tells.items() if key[0] is not connection}
            if kept:
                self._tells[account_id] = kept
            else:
                del self._tells[account_id]

    def _push(self, event: Event) -> None:
        for tell in list(self._tells.get(event.account_id, {}).values()):
            tell(event)
