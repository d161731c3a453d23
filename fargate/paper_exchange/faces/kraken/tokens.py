"""Tokens that let a websocket speak for an account; a quarter of an hour each, unless used meanwhile.

Source: https://docs.kraken.com/api/docs/rest-api/get-websockets-token, 2026-11.
"""

from __future__ import annotations

from collections.abc import Callable

from fargate.paper_exchange.faces.keys import token

LIFE_S = 900


class Tokens:
    """Which token stands for which account, until when."""

    def __init__(self, wall_ms: Callable[[], int]) -> None:
        self._wall_ms = wall_ms
        self._known: dict[str, tuple[int, int]] = {}

    def make(self, account_id: int) -> str:
        """A token for the account."""
        now_ms = self._wall_ms()
        self._known = {name: kept for name, kept in self._known.items() if kept[1] > now_ms}
        made = token(43)
        self._known[made] = (account_id, now_ms + LIFE_S * 1000)
        return made

    def account(self, name: str) -> int | None:
        """Whose token it is, if it still counts."""
        account_id, until_ms = self._known.get(name, (0, 0))
        return account_id if until_ms > self._wall_ms() else None
