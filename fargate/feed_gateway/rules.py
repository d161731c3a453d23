"""Rule sets as they are watched: for each follower the newest state of all of the tenant's, never a queue of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import Any, Final, cast
from uuid import UUID

from fargate.feed_gateway.switchboard import Reader, Signal, Wire
from nightdesk.contracts.graphql.rule_types import RuleSetStates
from nightdesk.contracts.live_rules import RuleSetsMessage, rules_subject
from nightdesk.identity.model import Caller
from nightdesk.kernel.ids import TenantId

EVERY_S: Final = 0.2
WATCH_EVERY_S: Final = 5.0


class RuleBoard:
    """A tenant's rule sets as they are, and who follows them."""

    def __init__(self) -> None:
        self.newest: RuleSetsMessage | None = None
        self.signals: set[Signal] = set()

    def take(self, message: RuleSetsMessage) -> None:
        """Take a newer state."""
        self.newest = message
        for signal in self.signals:
            signal.ring()


class RuleTopic:
    """Boards of the tenants whose rule sets somebody follows.

    Args:
        watch: Has the tracker publish these tenants' rule sets for a while.
    """

    def __init__(self, wire: Wire, watch: Callable[[Sequence[str]], Awaitable[None]]) -> None:
        self._wire = wire
        self._watch = watch
        self._boards: dict[TenantId, RuleBoard] = {}
        self._watching = Reader(self._have_watched)

    async def keep_watched(self, stopping: asyncio.Event) -> None:
        """Have what is followed published for as long as it is followed."""
        while not stopping.is_set():
            self._watching.ask()
            try:
                await asyncio.wait_for(stopping.wait(), WATCH_EVERY_S)
            except TimeoutError:
                continue

    def holds(self, subject: str) -> None:  # noqa: ARG002 all are published again within a second
        """What had them published may be forgotten."""
        self._watching.ask()

    def hear(self, subject: str, message: bytes) -> None:
        """Take a tenant's rule sets."""
        board = self._boards.get(TenantId(UUID(subject.partition(".")[2])))
        if board is not None:
            board.take(RuleSetsMessage.model_validate_json(message))

    async def follow(self, caller: Caller) -> AsyncGenerator[RuleSetStates]:
        """The caller's watched rule sets, again whenever something moved."""
        caller.require("read", "RuleSet")
        signal = Signal(every_s=EVERY_S)
        board = self._joined(caller.tenant_id, signal)
        try:
            while True:
                if board.newest is not None:
                    yield cast("Any", board.newest)
                await signal.wait()
        finally:
            self._leave(caller.tenant_id, signal)

    @property
    def followers(self) -> int:
        """How many subscriptions are open."""
        return sum(len(board.signals) for board in self._boards.values())

    async def _have_watched(self) -> None:
        if self._boards:
            await self._watch([str(tenant_id) for tenant_id in self._boards])

    def _joined(self, tenant_id: TenantId, signal: Signal) -> RuleBoard:
        board = self._boards.get(tenant_id)
        if board is None:
            board = self._boards[tenant_id] = RuleBoard()
            self._wire.want(rules_subject(tenant_id))
            self._watching.ask()
        board.signals.add(signal)
        return board

    def _leave(self, tenant_id: TenantId, signal: Signal) -> None:
        board = self._boards[tenant_id]
        board.signals.discard(signal)
        if not board.signals:
            del self._boards[tenant_id]
            self._wire.leave(rules_subject(tenant_id))
