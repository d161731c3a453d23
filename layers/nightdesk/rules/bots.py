"""The user's bots at other services: none can be connected yet, and every action on one says so."""

from __future__ import annotations

from decimal import Decimal

from nightdesk.kernel.errors import Conflict
from nightdesk.kernel.ids import TenantId
from nightdesk.rules.actions import BotPart


class NoBots:
    """`BotPort` of a desk without bots."""

    def reduce_buy_amount(self, tenant_id: TenantId, bot_id: str, ratio: Decimal) -> None:
        """Refuse: there is no bot.

        Raises:
            Conflict: `bots.none_connected`.
        """
        raise _none(tenant_id, bot_id, f"reduce its buy amount by {ratio}")

    def switch(self, tenant_id: TenantId, bot_id: str, part: BotPart, *, on: bool) -> None:
        """Refuse: there is no bot.

        Raises:
            Conflict: `bots.none_connected`.
        """
        raise _none(tenant_id, bot_id, f"switch {part.value} {'on' if on else 'off'}")


def _none(tenant_id: TenantId, bot_id: str, wish: str) -> Conflict:
    del tenant_id
    return Conflict("bots.none_connected", f"No bot is connected: {bot_id[:40]} can't be told to {wish}.")
