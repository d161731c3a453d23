"""Gives the assets of a fact their identity: by the dated table, by what a person said, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from nightdesk.kernel.assets import AssetId, VenueId, is_unknown, without_mark
from nightdesk.ledger.model import Fact
from nightdesk.markets.assets import identify

Names = Mapping[tuple[VenueId, AssetId], AssetId]
"""What a tenant said that codes nobody knows mean, by venue."""


def venue_of(fact: Fact) -> VenueId:
    """Where the fact happened: its market's venue, or the first word of its source."""
    if fact.instrument is not None:
        return fact.instrument.venue
    return VenueId(fact.source.partition(".")[0])


def identified(fact: Fact, names: Names) -> Fact:
    """The fact with the assets that its codes meant when it happened; its market keeps the name it had."""
    venue = venue_of(fact)

    def asset_of(code: AssetId) -> AssetId:
        if is_unknown(code):
            return names.get((venue, without_mark(code)), code)
        return identify(venue, code, fact.occurred_at)

    return _with_assets(fact, asset_of)


def unknown_codes(fact: Fact) -> frozenset[AssetId]:
    """Codes of the fact's legs, without their mark, that name no asset anybody knows."""
    return frozenset(without_mark(leg.asset) for leg in fact.legs if is_unknown(leg.asset))


def _with_assets(fact: Fact, asset_of: Callable[[AssetId], AssetId]) -> Fact:
    assets = [asset_of(leg.asset) for leg in fact.legs]
    if all(asset == leg.asset for asset, leg in zip(assets, fact.legs, strict=True)):
        return fact
    legs = (replace(leg, asset=asset) for asset, leg in zip(assets, fact.legs, strict=True))
    return replace(fact, legs=tuple(legs))
