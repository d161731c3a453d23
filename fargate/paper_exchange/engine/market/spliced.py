"""A model up to a moment, a recording from then on, as one source."""

from __future__ import annotations

from collections.abc import Sequence

from fargate.paper_exchange.engine.market.model_source import ModelSource
from fargate.paper_exchange.engine.market.recorded import RecordedSource
from fargate.paper_exchange.engine.model import Candle, TapeTrade


class SplicedSource:
    """Model before the recording's first day, recording after; the model's ids end where the recording's begin."""

    def __init__(self, model: ModelSource, recorded: RecordedSource, *, seam_ms: int) -> None:
        self._model, self._recorded, self._seam_ms = model, recorded, seam_ms
        before = model.last(seam_ms - 1)
        self._id_shift = recorded.first.trade_id - 1 - (before.trade_id if before else 0)

    def trades(self, after_ms: int, until_ms: int, limit: int | None = None) -> Sequence[TapeTrade]:
        """Trades with `after_ms < at_ms <= until_ms`, oldest first."""
        early = self._model.trades(after_ms, min(until_ms, self._seam_ms - 1), limit)
        left = None if limit is None else limit - len(early)
        return [*map(self._shift, early), *self._recorded.trades(max(after_ms, self._seam_ms - 1), until_ms, left)]

    def trades_from_id(self, trade_id: int, until_ms: int, limit: int) -> Sequence[TapeTrade]:
        """Up to `limit` trades from this id on."""
        early = self._model.trades_from_id(trade_id - self._id_shift, min(until_ms, self._seam_ms - 1), limit)
        later = self._recorded.trades_from_id(trade_id, until_ms, limit - len(early))
        return [*map(self._shift, early), *later]

    def last(self, at_ms: int) -> TapeTrade | None:
        """The latest trade not later than this."""
        recorded = self._recorded.last(at_ms)
        if recorded is not None:
            return recorded
        modelled = self._model.last(min(at_ms, self._seam_ms - 1))
        return self._shift(modelled) if modelled else None

    def candles(self, step_ms: int, from_ms: int, until_ms: int) -> Sequence[Candle]:
        """Bars; the seam lies at the beginning of a day, so that none has a part of each."""
        early = self._model.candles(step_ms, from_ms, min(until_ms, self._seam_ms))
        later = self._recorded.candles(step_ms, max(from_ms, self._seam_ms), until_ms)
        return [*map(self._shift_candle, early), *later]

    def _shift(self, trade: TapeTrade) -> TapeTrade:
        return trade._replace(trade_id=trade.trade_id + self._id_shift)

    def _shift_candle(self, candle: Candle) -> Candle:
        first, last = candle.first_trade_id + self._id_shift, candle.last_trade_id + self._id_shift
        return candle._replace(first_trade_id=first, last_trade_id=last)
