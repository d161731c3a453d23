"""What all scopes that rules name are worth, in one pass over arrays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from nightdesk.execution.scope import Scope
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.ids import TenantId
from nightdesk.portfolio.valuation import PriceGraph
from nightdesk.rules.compiled_block import Floats, Places
from nightdesk.rules.holdings import Held

SLACK: Final = 1e-12
ROUNDED: Final = 1e-15
"""What rounding to 18 decimals may add up to."""

Pair = tuple[AssetId, AssetId]


@dataclass(frozen=True, slots=True)
class WorthPlace:
    """A place whose figure is a scope's worth."""

    place: int
    scope: Scope


@dataclass(frozen=True, slots=True)
class _Piece:
    """A tenant's rows: which place, which rate, how much."""

    places: Places
    pairs: Places
    quantities: Floats
    known: Places


class WorthArrays:
    """The worth of scopes of all tenants; each tenant's rows are made anew only when it changed."""

    def __init__(self) -> None:
        self._pairs: dict[Pair, int] = {}
        self._pieces: dict[TenantId, _Piece] = {}
        self._all: _Piece | None = None

    def hold(self, tenant_id: TenantId, held: Held | None, wanted: Iterable[WorthPlace]) -> None:
        """From now on the tenant holds this and these places want to know."""
        self._all = None
        if held is None:
            self._pieces.pop(tenant_id, None)
            return
        base, rows, known = held.books.base_asset, [], []
        for each in wanted:
            known.append(each.place)
            for holding in held.books.holdings:
                if holding.position.quantity and each.scope.covers(holding.account_id, holding.asset):
                    pair = self._pairs.setdefault((holding.asset, base), len(self._pairs))
                    rows.append((each.place, pair, float(holding.position.quantity)))
        places, pairs, quantities = zip(*rows, strict=True) if rows else ((), (), ())
        self._pieces[tenant_id] = _Piece(_ints(places), _ints(pairs), np.array(quantities, dtype=float), _ints(known))

    def write(self, graph: PriceGraph, values: Floats, bounds: Floats) -> None:
        """Put each scope's worth, and how far it may be from the exact one, in its place."""
        rows = self._together()
        if not len(rows.known):
            return
        rates = [graph.rate(asset, into) for asset, into in self._pairs]
        told = np.array([0.0 if rate is None else float(rate.value) for rate in rates], dtype=np.float64)
        worth = rows.quantities * told[rows.pairs] if len(told) else rows.quantities
        count = len(values)
        values[rows.known] = np.bincount(rows.places, weights=worth, minlength=count)[rows.known]
        sizes = np.bincount(rows.places, weights=np.abs(worth), minlength=count)[rows.known]
        lines = np.bincount(rows.places, minlength=count)[rows.known]
        bounds[rows.known] = SLACK * sizes + ROUNDED * (1 + lines)

    def _together(self) -> _Piece:
        if self._all is None:
            pieces = [_NOTHING, *self._pieces.values()]
            self._all = _Piece(
                np.concatenate([piece.places for piece in pieces]),
                np.concatenate([piece.pairs for piece in pieces]),
                np.concatenate([piece.quantities for piece in pieces]),
                np.concatenate([piece.known for piece in pieces]),
            )
        return self._all


def places_by_tenant(
    wanted: Mapping[int, tuple[TenantId, Scope]],
) -> dict[TenantId, list[WorthPlace]]:
    """The places by whose portfolio they are about."""
    found: dict[TenantId, list[WorthPlace]] = {}
    for place, (tenant_id, scope) in wanted.items():
        found.setdefault(tenant_id, []).append(WorthPlace(place, scope))
    return found


def _ints(numbers: Iterable[int]) -> Places:
    return np.array(list(numbers), dtype=np.int64)


_NOTHING: Final = _Piece(_ints(()), _ints(()), np.zeros(0), _ints(()))
