"""Markets, portfolios and rule sets that are replayed in tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

import numpy as np

from nightdesk.candles.model import SeriesName
from nightdesk.candles.resolutions import Resolution
from nightdesk.indicators.bars import Bars, bar_index
from nightdesk.indicators.batch import BarsBySeries, Clock
from nightdesk.kernel.assets import AssetId, Instrument, parse_instrument
from nightdesk.kernel.errors import NotFound
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.lots.average_cost import Position
from nightdesk.markets.caps_history import NEVER_LISTED, CapHistory
from nightdesk.portfolio.model import Books, Holding
from nightdesk.rules.action_ports import RuleSetId
from nightdesk.rules.actions import Action, Notify
from nightdesk.rules.model import Condition, Mode, Rule, RuleSet
from nightdesk.rules.replay_account import Key, SimulatedAccount
from nightdesk.rules.replay_tape import Tape
from tests.builders.bars import START

TENANT = TenantId(UUID(int=7))
ACCOUNT = AccountId(UUID(int=9))
BTC, ETH = parse_instrument("BINANCE:BTC/USDT"), parse_instrument("BINANCE:ETH/USDT")
USDT = AssetId("USDT")
MINUTE = Resolution.MINUTE


def wave(count: int, seed: int = 1, *, price: float = 100.0, first: datetime = START) -> Bars:
    """So many minutes of a market that swings: enough to make strategies trade."""
    random = np.random.default_rng(seed)
    swing = 0.05 * np.sin(np.arange(count) / 90) + np.cumsum(random.normal(0, 0.001, count))
    close = np.round(price * np.exp(swing), 2)
    opened = np.concatenate([[price], close[:-1]])
    high, low = np.maximum(opened, close) + 0.01, np.minimum(opened, close) - 0.01
    return Bars(MINUTE, bar_index(first, MINUTE), np.ascontiguousarray([opened, high, low, close, np.ones(count)]))


def rolled(bars: Bars, resolution: Resolution) -> Bars:
    """The whole longer bars that minutes make."""
    size = int(resolution.span / MINUTE.span)
    first = -(-bars.first // size)
    skipped = first * size - bars.first
    count = (bars.columns.shape[1] - skipped) // size
    parts = bars.columns[:, skipped : skipped + count * size].reshape(5, count, size)
    opened, close = parts[0, :, 0], parts[3, :, -1]
    columns = [opened, parts[1].max(axis=1), parts[2].min(axis=1), close, parts[4].sum(axis=1)]
    return Bars(resolution, first, np.ascontiguousarray(columns))


class FakeBars:
    """`BarSource` over minutes."""

    def __init__(self, minutes: Mapping[SeriesName, Bars]) -> None:
        self._minutes = minutes

    def exists(self, tenant_id: TenantId, instrument: Instrument) -> bool:
        del tenant_id
        return instrument in self._minutes

    def bars(
        self, tenant_id: TenantId, name: SeriesName, resolution: Resolution, span: tuple[datetime | None, datetime]
    ) -> Bars:
        del tenant_id
        if name not in self._minutes:
            raise NotFound("candles.series_not_found", f"There is no series {name}.")
        bars = self._minutes[name] if resolution is MINUTE else rolled(self._minutes[name], resolution)
        first = bars.first if span[0] is None else bar_index(span[0], resolution)
        return bars.cut(first, bar_index(span[1], resolution))


def books(**quantities: str) -> Books:
    """What the tenant holds, in one account."""
    holdings = tuple(
        Holding(
            account_id=ACCOUNT,
            asset=AssetId(asset),
            position=Position(Decimal(quantity), Decimal(quantity), {}, {}),
            folded_at=None,
            folded_sequence=0,
            stale=False,
        )
        for asset, quantity in quantities.items()
    )
    return Books(base_asset=USDT, accounts=(), holdings=holdings, reported=())


def watching(name: str, condition: Condition, *actions: Action, **given: object) -> RuleSet:
    """A rule set that fires again and again."""
    made: dict[str, object] = {
        "rule_set_id": RuleSetId(UUID(int=sum(name.encode()))),
        "tenant_id": TENANT,
        "portfolio_id": TENANT,
        "name": name,
        "version": 1,
        "mode": Mode.SHADOW,
        "rules": (Rule(name, condition),),
        "actions": actions or (Notify(),),
        "repeating": True,
    }
    return RuleSet(**{**made, **given})  # type: ignore[arg-type]


def tape_of(
    bars: BarsBySeries,
    resolution: Resolution,
    skip: int,
    instruments: Sequence[Instrument],
    *,
    lead: int = 0,
    caps: CapHistory = NEVER_LISTED,
) -> Tape:
    """The bars of the first instrument from so many on, some of those before known."""
    own = bars[instruments[0], resolution]
    return Tape(bars, Clock(resolution=resolution, first=own.first + skip, end=own.end), instruments, lead, caps=caps)


def account_of(tape: Tape, **quantities: str) -> SimulatedAccount:
    """A portfolio that begins with this."""
    balances: dict[Key, Decimal] = {(ACCOUNT, AssetId(each)): Decimal(much) for each, much in quantities.items()}
    return SimulatedAccount(TENANT, USDT, balances, tape.instant(0) - timedelta(minutes=1))
