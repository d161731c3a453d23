"""Messages of live values over Valkey, versioned; amounts are decimal strings, instants RFC 3339."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from nightdesk.contracts.api.portfolio import PortfolioShape

VERSION: Final = 1
WATCHED: Final = "portfolios:watched"
"""Sorted set of portfolio ids that somebody looks at, each scored with the Unix second until when."""

Row = dict[str, Any]
_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "accounts": ("account_id",),
    "assets": ("asset",),
    "holdings": ("account_id", "asset"),
}
_OF_TOTAL: Final = frozenset({"share_ratio"})  # moves with everything else: the reader divides by the total


def portfolio_subject(portfolio_id: object) -> str:
    """Where a portfolio's changes are published."""
    return f"portfolio.{portfolio_id}"


def ledger_subject(tenant_id: object) -> str:
    """Where it is published that a tenant's ledger grew."""
    return f"ledger.{tenant_id}"


def orders_subject(tenant_id: object) -> str:
    """Where it is published that a tenant's orders changed."""
    return f"orders.{tenant_id}"


@dataclass(slots=True)
class PortfolioChanges:
    """Turns one portfolio after another into what changed between them.

    A message holds `v, portfolio_id, number, whole, as_of, base_asset, total, unpriced, rates` and the rows of
    `accounts`, `assets` and `holdings` that changed, each complete. The first, and one after a row went away, is
    `whole`: its rows are all there are. `number` rises by one.
    """

    _number: int = 0
    _known: dict[str, dict[tuple[str, ...], Row]] = field(default_factory=dict)

    def message(self, portfolio: PortfolioShape) -> str | None:
        """The next message; None when no row changed."""
        told = portfolio.model_dump(mode="json")
        fresh = {name: _by_key(told.pop(name), parts) for name, parts in _KEYS.items()}
        is_whole = any(self._known.get(name, {}).keys() - fresh[name].keys() for name in _KEYS) or not self._known
        known = {} if is_whole else self._known
        changed = {name: _changed(rows, known.get(name, {})) for name, rows in fresh.items()}
        if not is_whole and not any(changed.values()):
            return None
        self._known = fresh
        self._number += 1
        head = {"v": VERSION, "number": self._number, "whole": is_whole}
        return json.dumps({**head, **told, **changed}, separators=(",", ":"))


def _by_key(rows: list[Row], parts: tuple[str, ...]) -> dict[tuple[str, ...], Row]:
    return {tuple(str(row[part]) for part in parts): row for row in rows}


def _changed(rows: Mapping[tuple[str, ...], Row], known: Mapping[tuple[str, ...], Row]) -> list[Row]:
    return [row for key, row in rows.items() if key not in known or _differs(row, known[key])]


def _differs(row: Row, known: Row) -> bool:
    return any(value != known[name] for name, value in row.items() if name not in _OF_TOTAL)
