"""Shows the rule sets of those tenants that somebody looks at."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Mapping
from typing import Final, Protocol

from fargate.portfolio_tracker.rules import RulesService
from nightdesk.contracts.live_rules import rule_sets_message
from nightdesk.kernel.errors import Unavailable
from nightdesk.kernel.ids import TenantId
from nightdesk.kernel.instants import Clock
from nightdesk.rules.showing import show

EVERY_S: Final = 0.5
_log = logging.getLogger(__name__)


class ShowWindow(Protocol):
    """Where rule sets are shown."""

    async def watched(self, now_s: int) -> Collection[TenantId]:
        """Tenants whose rule sets somebody looks at now."""
        ...

    async def publish(self, messages: Mapping[TenantId, str]) -> None:
        """Publish one message for each tenant."""
        ...


class RulesShow:
    """Publishes, twice a second, what changed."""

    def __init__(self, rules: RulesService, window: ShowWindow, clock: Clock) -> None:
        self._rules = rules
        self._window = window
        self._clock = clock
        self._shown: dict[TenantId, str] = {}

    async def run(self, stopping: asyncio.Event) -> None:
        """Show until stopped."""
        while not stopping.is_set():
            try:
                await self.show_now()
            except Unavailable as error:
                _log.warning("rules not shown", extra={"code": error.code})
            try:
                await asyncio.wait_for(stopping.wait(), EVERY_S)
            except TimeoutError:
                continue

    async def show_now(self) -> None:
        """Publish what changed since the last time, and all of it to who began to look."""
        watched = await self._window.watched(int(self._clock.now().timestamp()))
        messages = {tenant_id: message for tenant_id in watched if (message := self._message(tenant_id)) is not None}
        changed = {each: message for each, message in messages.items() if self._shown.get(each) != message}
        self._shown = messages
        if changed:
            await self._window.publish(changed)

    def _message(self, tenant_id: TenantId) -> str | None:
        known = self._rules.board.snapshot
        if known is None:
            return None
        shown = [
            (rule_set, show(rule_set, state, known.instant, known.readings(rule_set)))
            for rule_set, state in self._rules.of(tenant_id)
        ]
        return rule_sets_message(known.instant, shown).model_dump_json()
