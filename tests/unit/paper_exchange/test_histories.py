"""Made account histories: funded, exact, never below zero, the same for the same seed."""

from __future__ import annotations

import gzip
from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING

import orjson
import pytest

from fargate.paper_exchange.engine.errors import HistoryUnusable
from fargate.paper_exchange.engine.history.made import History
from fargate.paper_exchange.engine.history.seeded import SeededHistory, SeededPlan
from fargate.paper_exchange.engine.history.trades_file import history_of
from fargate.paper_exchange.engine.market.catalogue import build_catalogue
from fargate.paper_exchange.engine.market.port import DAY_MS
from fargate.paper_exchange.engine.market.recordings import read_trades
from fargate.paper_exchange.engine.markets import Markets
from fargate.paper_exchange.engine.model import Fill, Side, Transfer, TransferKind

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Desk


def _walk(history: History) -> dict[str, Decimal]:
    """Balances after everything in order of time; fails where one falls below zero."""
    held: dict[str, Decimal] = defaultdict(Decimal)
    moved: list[Transfer | Fill] = sorted([*history.transfers, *history.fills], key=lambda row: row.at_ms)
    for row in moved:
        if isinstance(row, Transfer):
            held[row.asset] += row.amount if row.kind is TransferKind.DEPOSIT else -row.amount - row.fee
        else:
            base, quote = row.symbol.split("/")
            sign = 1 if row.side is Side.BUY else -1
            held[base] += sign * row.quantity
            held[quote] -= sign * row.quote_quantity
            held[row.fee_asset] -= row.fee
            assert row.price * row.quantity == row.quote_quantity
        assert min(held.values()) >= 0
    return dict(held)


def _seeded(desk: Desk, seed: int, trades: int) -> History:
    markets = Markets(build_catalogue(1).views, desk.exchange.clock)
    until_ms = desk.exchange.clock.now_ms()
    symbols = ("BTC/USDT", "XRP/USDT", "XRP/ETH", "ETH/BTC")
    return SeededHistory(7, SeededPlan(seed, trades, symbols, until_ms - 120 * DAY_MS, until_ms), markets).make()


@pytest.mark.parametrize("trades", [1, 37, 2500])
def test_a_seeded_history_adds_up_and_never_falls_below_zero(desk: Desk, trades: int) -> None:
    history = _seeded(desk, 5, trades)
    assert len(history.fills) == trades
    assert _walk(history) == history.balances


def test_a_seeded_history_has_what_importers_stumble_over(desk: Desk) -> None:
    history = _seeded(desk, 5, 2500)
    assert {fill.fee_asset for fill in history.fills} >= {"BNB"}
    assert {row.kind for row in history.transfers} == {TransferKind.DEPOSIT, TransferKind.WITHDRAWAL}
    equal = [(f.order_id, f.at_ms, f.price, f.quantity) for f in history.fills]
    assert len(set(equal)) < len(equal)
    for symbol in {fill.symbol for fill in history.fills}:
        numbers = [fill.trade_id for fill in history.fills if fill.symbol == symbol]
        assert numbers == sorted(set(numbers))


def test_the_same_seed_makes_the_same_history(desk: Desk) -> None:
    assert _seeded(desk, 3, 300).fills == _seeded(desk, 3, 300).fills
    assert _seeded(desk, 3, 300).fills != _seeded(desk, 4, 300).fills


def test_a_recording_becomes_a_history_digit_for_digit(recorded_trades: Path) -> None:
    raw = [row["info"] for row in orjson.loads(gzip.decompress(recorded_trades.read_bytes()))]
    history = history_of(1, read_trades(recorded_trades))
    assert len(history.fills) == 12_477
    for info, fill in zip(raw, history.fills, strict=True):
        assert (fill.trade_id, fill.at_ms) == (info["a"], info["T"])
        assert (f"{fill.price:.8f}", f"{fill.quantity:.8f}") == (info["p"], info["q"])
        assert (fill.side is Side.SELL) == info["m"]
    assert _walk(history) == history.balances


def test_a_recording_may_be_free_of_fees(recorded_trades: Path) -> None:
    assert sum(fill.fee for fill in history_of(1, read_trades(recorded_trades), Decimal(0)).fills) == 0


def test_what_is_no_recording_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "trades.json"
    path.write_text('[{"symbol": "XRP/ETH"}]')
    with pytest.raises(HistoryUnusable):
        read_trades(path)
    with pytest.raises(HistoryUnusable):
        read_trades(tmp_path / "missing.json.gz")
    with pytest.raises(HistoryUnusable):
        history_of(1, [])
