"""The series of candles: made when their first bar comes, locked while bars of them are written."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from nightdesk.adapters.postgres.database import Connection
from nightdesk.candles.model import PortfolioSeries, parse_series
from nightdesk.candles.resolutions import Resolution
from nightdesk.kernel.assets import Instrument

_LOCK_SERIES: Final = """
    SELECT name, series_id, base_resolution FROM series WHERE name = ANY(%s) ORDER BY series_id FOR NO KEY UPDATE
"""
_ADD_MARKETS: Final = """
    INSERT INTO series (name, unit, base_resolution, created_at)
    SELECT name, unit, base_resolution, now() FROM unnest(%s::text[], %s::text[], %s::text[])
      AS made (name, unit, base_resolution)
    ON CONFLICT (name) DO NOTHING
"""
_ADD_PORTFOLIOS: Final = """
    INSERT INTO series (name, tenant_id, unit, base_resolution, created_at)
    SELECT made.name, tenants.tenant_id, tenants.base_asset, made.base_resolution, now()
    FROM unnest(%s::text[], %s::uuid[], %s::text[]) AS made (name, tenant_id, base_resolution)
    JOIN tenants USING (tenant_id)
    ON CONFLICT (name) DO NOTHING
"""
_REFINE: Final = "UPDATE series SET base_resolution = %s WHERE series_id = ANY(%s)"


@dataclass(frozen=True, slots=True)
class KnownSeries:
    """A series that is locked until the transaction ends.

    Attributes:
        base: The shortest resolution that it has bars of.
    """

    series_id: int
    base: Resolution


def lock_series(connection: Connection, wanted: Mapping[str, Resolution]) -> dict[str, KnownSeries]:
    """Lock the series, those that are missing made; portfolios of nobody are left out.

    A market that had only longer bars so far is from now on one of the shorter ones.

    Args:
        connection: Within the transaction that writes the bars.
        wanted: By name the shortest resolution that is to be written.
    """
    known = _select(connection, wanted)
    if missing := [name for name in wanted if name not in known]:
        _add(connection, {name: wanted[name] for name in missing})
        known = _select(connection, wanted)
    for resolution in set(wanted.values()):
        names = [name for name in wanted if wanted[name] is resolution and _is_finer(name, resolution, known)]
        if names:
            connection.execute(_REFINE, (resolution.value, [known[name].series_id for name in names]))
            known |= {name: KnownSeries(known[name].series_id, resolution) for name in names}
    return known


def _is_finer(name: str, resolution: Resolution, known: Mapping[str, KnownSeries]) -> bool:
    """Whether a market gets shorter bars than it had; portfolios have one base for ever."""
    return name in known and resolution.span < known[name].base.span and isinstance(parse_series(name), Instrument)


def _select(connection: Connection, wanted: Collection[str]) -> dict[str, KnownSeries]:
    rows = connection.execute(_LOCK_SERIES, (sorted(wanted),)).fetchall()
    return {name: KnownSeries(series_id, Resolution(base)) for name, series_id, base in rows}


def _add(connection: Connection, wanted: Mapping[str, Resolution]) -> None:
    parsed = [(name, parse_series(name), base.value) for name, base in sorted(wanted.items())]
    markets = [(name, series.quote, base) for name, series, base in parsed if isinstance(series, Instrument)]
    portfolios = [
        (name, series.portfolio_id, base) for name, series, base in parsed if isinstance(series, PortfolioSeries)
    ]
    for statement, rows in ((_ADD_MARKETS, markets), (_ADD_PORTFOLIOS, portfolios)):
        if rows:
            connection.execute(statement, [list(column) for column in zip(*rows, strict=True)])
