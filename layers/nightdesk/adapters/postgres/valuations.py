"""What valuations rested on, in PostgreSQL: prices once for everybody, what was held for each tenant."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from nightdesk.adapters.postgres.database import Database
from nightdesk.kernel.assets import AssetId, parse_instrument
from nightdesk.kernel.ids import TenantId
from nightdesk.kernel.instants import format_instant, parse_instant
from nightdesk.kernel.money import format_amount
from nightdesk.markets.composite import Composite, Source, Verdict
from nightdesk.portfolio.provenance import PastValuation, Provenance, ValuedExposure
from nightdesk.portfolio.valuation import Explanation

_PUT_PRICES = """
    INSERT INTO valuation_prices (at, asset, into_asset, value, priced_at, verdict, steps)
    SELECT * FROM unnest(%s::timestamptz[], %s::text[], %s::text[], %s::numeric[], %s::timestamptz[], %s::text[],
      %s::text[]::jsonb[])
    ON CONFLICT (at, asset, into_asset) DO UPDATE SET value = excluded.value, priced_at = excluded.priced_at,
      verdict = excluded.verdict, steps = excluded.steps
"""
_PUT_HELD = """
    INSERT INTO portfolio_valuations (tenant_id, at, base_asset, value, quantities)
    SELECT * FROM unnest(%s::uuid[], %s::timestamptz[], %s::text[], %s::numeric[], %s::text[]::jsonb[])
    ON CONFLICT (tenant_id, at) DO UPDATE SET base_asset = excluded.base_asset, value = excluded.value,
      quantities = excluded.quantities
"""
_HELD = """
    SELECT at, base_asset, value, quantities FROM portfolio_valuations
    WHERE tenant_id = %s AND at <= %s ORDER BY at DESC LIMIT 1
"""
_PRICES = """
    SELECT asset, value, priced_at, verdict, steps FROM valuation_prices
    WHERE at = %s AND into_asset = %s AND asset = ANY(%s)
"""


class PostgresValuationLog:
    """Writes as the role `tracker`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def write(self, told: Sequence[Provenance]) -> None:
        """Keep it in the place of what was kept of the same instants; once more changes nothing.

        Raises:
            Unavailable: The database does not answer.
        """
        prices = {(one.at, each.asset, each.into): each for one in told for each in one.prices}
        held = {(each.exposure.portfolio_id, one.at): each for one in told for each in one.portfolios}
        with self._database.transaction() as connection:
            if prices:
                rows = [_price_row(key[0], prices[key]) for key in sorted(prices)]
                connection.execute(_PUT_PRICES, tuple(map(list, zip(*rows, strict=True))))
            if held:
                rows = [_held_row(key[1], held[key]) for key in sorted(held)]
                connection.execute(_PUT_HELD, tuple(map(list, zip(*rows, strict=True))))


class PostgresValuationReads:
    """Reads a tenant's own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def last(self, tenant_id: TenantId, at: datetime) -> PastValuation | None:
        """The tenant's last valuation that was kept up to the instant."""
        with self._database.transaction(tenant_id=tenant_id, snapshot=True) as connection:
            held = connection.execute(_HELD, (tenant_id, at)).fetchone()
            if held is None:
                return None
            found_at, base, value, told = held
            quantities = {AssetId(asset): Decimal(amount) for asset, amount in told.items()}
            rows = connection.execute(_PRICES, (found_at, base, list(quantities))).fetchall()
        prices = {AssetId(row[0]): _explanation(AssetId(base), row) for row in rows}
        return PastValuation(at=found_at, base_asset=AssetId(base), value=value, quantities=quantities, prices=prices)


def _price_row(at: datetime, each: Explanation) -> tuple[Any, ...]:
    steps = json.dumps([_step(step) for step in each.steps], separators=(",", ":"))
    return at, each.asset, each.into, each.value, each.at, each.verdict.value, steps


def _held_row(at: datetime, each: ValuedExposure) -> tuple[Any, ...]:
    exposure = each.exposure
    held = {asset: format_amount(quantity) for asset, quantity in sorted(exposure.quantities.items()) if quantity}
    return exposure.portfolio_id, at, exposure.base_asset, each.value, json.dumps(held, separators=(",", ":"))


def _step(step: Composite) -> dict[str, Any]:
    return {
        "market": f"{step.base}/{step.quote}",
        "value": format_amount(step.value),
        "at": format_instant(step.at),
        "verdict": step.verdict.value,
        "chosen": None if step.chosen is None else str(step.chosen),
        "median": format_amount(step.median),
        "sources": [_source(source) for source in step.sources],
    }


def _source(source: Source) -> list[Any]:
    converted, deviation = source.converted, source.deviation_bp
    return [
        str(source.instrument),
        format_amount(source.price),
        format_instant(source.at),
        None if converted is None else format_amount(converted),
        None if deviation is None else format_amount(deviation),
        source.is_fresh,
    ]


def _explanation(into: AssetId, row: tuple[Any, ...]) -> Explanation:
    asset, value, priced_at, _, steps = row
    return Explanation(asset=AssetId(asset), into=into, value=value, at=priced_at, steps=tuple(map(_read_step, steps)))


def _read_step(told: Mapping[str, Any]) -> Composite:
    base, _, quote = told["market"].partition("/")
    return Composite(
        base=AssetId(base),
        quote=AssetId(quote),
        value=Decimal(told["value"]),
        at=parse_instant(told["at"]),
        verdict=Verdict(told["verdict"]),
        chosen=None if told["chosen"] is None else parse_instrument(told["chosen"]),
        median=Decimal(told["median"]),
        sources=tuple(map(_read_source, told["sources"])),
    )


def _read_source(told: Sequence[Any]) -> Source:
    market, price, at, converted, deviation, is_fresh = told
    return Source(
        instrument=parse_instrument(market),
        price=Decimal(price),
        at=parse_instant(at),
        converted=None if converted is None else Decimal(converted),
        deviation_bp=None if deviation is None else Decimal(deviation),
        is_fresh=is_fresh,
    )
