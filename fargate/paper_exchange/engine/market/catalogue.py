"""Builds the markets: every listed instrument from the seeded model, one of them from a recording if asked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from fargate.paper_exchange.engine.errors import HistoryUnusable
from fargate.paper_exchange.engine.market.model_source import ModelSource
from fargate.paper_exchange.engine.market.port import DAY_MS
from fargate.paper_exchange.engine.market.recorded import RecordedSource
from fargate.paper_exchange.engine.market.recordings import read_candles, read_trades
from fargate.paper_exchange.engine.market.spliced import SplicedSource
from fargate.paper_exchange.engine.market.universe import DOLLAR, PIVOT, PROFILES, list_instruments
from fargate.paper_exchange.engine.market.view import MarketView
from fargate.paper_exchange.engine.market.walk import CrossWalk, DirectWalk
from fargate.paper_exchange.engine.model import Instrument


@dataclass(frozen=True, slots=True)
class Replay:
    """A recording to play.

    Attributes:
        path: Trades (`.json`, `.json.gz`) or candles (`.csv`).
        symbol: The instrument that candles are of; trades say it themselves.
    """

    path: Path
    symbol: str | None = None


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The markets, and where the recording begins if there is one."""

    views: dict[str, MarketView]
    replay_from_ms: int | None


def build_catalogue(seed: int, replay: Replay | None = None) -> Catalogue:
    """All markets.

    Raises:
        HistoryUnusable: The recording can't be used.
    """
    instruments = list_instruments()
    profiles = {**PROFILES, "USD": DOLLAR}
    walks = {
        asset: DirectWalk(instruments[f"{asset}/{PIVOT}"], profile, seed)
        for asset, profile in profiles.items()
        if asset != PIVOT
    }
    walks[PIVOT] = _standing_still(instruments[f"USD/{PIVOT}"], seed)
    sources = {symbol: _model(instrument, walks, seed) for symbol, instrument in instruments.items()}
    views = {symbol: MarketView(instruments[symbol], source) for symbol, source in sources.items()}
    if replay is None:
        return Catalogue(views, None)
    symbol, recorded = _recorded(replay, instruments, sources)
    seam_ms = recorded.first.at_ms // DAY_MS * DAY_MS
    spliced = SplicedSource(sources[symbol], recorded, seam_ms=seam_ms)
    views[symbol] = MarketView(instruments[symbol], spliced)
    return Catalogue(views, recorded.first.at_ms)


def _standing_still(instrument: Instrument, seed: int) -> DirectWalk:
    """The pivot against itself."""
    return DirectWalk(instrument, replace(PROFILES[PIVOT], spread_ratio=1e-9), seed)


def _model(instrument: Instrument, walks: dict[str, DirectWalk], seed: int) -> ModelSource:
    if instrument.quote == PIVOT:
        return ModelSource(instrument, walks[instrument.base], seed)
    cross = CrossWalk(instrument, base=walks[instrument.base], quote=walks[instrument.quote], seed=seed)
    return ModelSource(instrument, cross, seed)


def _recorded(
    replay: Replay, instruments: dict[str, Instrument], sources: dict[str, ModelSource]
) -> tuple[str, RecordedSource]:
    if replay.path.suffix == ".csv":
        return _recorded_candles(replay, instruments, sources)
    rows = read_trades(replay.path)
    symbols = {row.symbol for row in rows}
    if len(symbols) != 1 or not symbols <= instruments.keys():
        raise HistoryUnusable(f"{replay.path.name} must hold trades of one listed instrument.")
    return symbols.pop(), RecordedSource(row.trade for row in rows)


def _recorded_candles(
    replay: Replay, instruments: dict[str, Instrument], sources: dict[str, ModelSource]
) -> tuple[str, RecordedSource]:
    symbol = replay.symbol or ""
    if symbol not in instruments:
        raise HistoryUnusable("Candles need the listed instrument that they are of.")
    first = next(iter(read_candles(replay.path, instruments[symbol], first_id=1)))
    before = sources[symbol].last(first.at_ms)
    first_id = before.trade_id + 1 if before else 1
    return symbol, RecordedSource(read_candles(replay.path, instruments[symbol], first_id=first_id))
