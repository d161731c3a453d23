"""How fast all rules of all users are tested at each tick."""

from __future__ import annotations

import gc
import random
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from time import perf_counter
from uuid import UUID

import numpy as np

from fargate.portfolio_tracker.rules_board import Board
from nightdesk.accounts.model import AccountState
from nightdesk.kernel.assets import AssetId, Instrument, VenueId
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.lots.average_cost import Position
from nightdesk.markets.model import Price
from nightdesk.portfolio.model import Books, Holding, PortfolioAccount
from nightdesk.rules.action_ports import RuleSetId
from nightdesk.rules.compiled import CompiledRules
from nightdesk.rules.compiled_block import Floats, Tick, epoch_s
from nightdesk.rules.holdings import Held
from nightdesk.rules.model import (
    Compare,
    Condition,
    Cross,
    Direction,
    Operand,
    Relation,
    RuleSet,
    TrailingStop,
)
from nightdesk.rules.model import Held as HeldFor
from nightdesk.rules.slots import Present
from nightdesk.rules.state import NOTHING_SEEN, Crossed, RuleSetState, Trail
from nightdesk.rules.watching import RuleWatch
from tests.builders.rules import BEGIN, rule_set
from tests.perf.rows import Row, percentile

RULE_SETS = 10_000
RULES_EACH = 10
MARKETS = 400
HOLDINGS = 20
TICKS = 60
FAR = Operand("99999")
DICE = random.Random(7)


def bench_compiled() -> list[Row]:
    """100,000 rules of 10,000 users over 50,000 figures, everything moving at each tick."""
    compiled, took = CompiledRules(), []
    for number in range(RULE_SETS):
        compiled.put(_mixed(number), NOTHING_SEEN)
    values = _values(compiled)
    bounds, moved = values * 1e-12, np.ones(len(values), dtype=np.bool_)
    compiled.tick(Tick(0, epoch_s(BEGIN), values, bounds, moved))
    for number in range(RULE_SETS):
        _settle(compiled, RuleSetId(UUID(int=number)))
    for number in range(TICKS):
        values *= 1 + 0.0001 * np.sin(np.arange(len(values)) + number)
        tick = Tick(number, epoch_s(BEGIN + timedelta(seconds=number)), values, bounds, moved)
        started = perf_counter()
        compiled.tick(tick)
        took.append(1000 * (perf_counter() - started))
    name = f"rules: {RULE_SETS * RULES_EACH:,} rules tested, one core, p95"
    rows = [Row(name=name, value=percentile(took, 0.95), unit="ms", bar="<= 20")]
    return [*rows, _recompile(compiled)]


def bench_tick() -> list[Row]:
    """A whole tick: prices to figures of portfolios, all rules, and what is looked at exactly.

    1,000 portfolios of 20 assets with a trailing stop and nine other rules each, among 400 markets of which a tenth
    moves at each tick; values wander around their best, so that some stops rise and some are looked at.
    """
    watch = RuleWatch()
    board = Board(watch.compiled.slots)
    tenants = [TenantId(UUID(int=1_000_000 + number)) for number in range(RULE_SETS // 10)]
    for number, tenant_id in enumerate(tenants):
        for part in range(10):
            watch.put(_of_tenant(number * 10 + part, tenant_id), NOTHING_SEEN)
        board.hold(tenant_id, _held(number))
    prices = {market: Decimal(100) for market in _markets()}
    took, candidates, looked = [], 0, BEGIN
    for number in range(TICKS):
        looked += timedelta(seconds=2)
        for market in DICE.sample(list(prices), MARKETS // 10 if number else MARKETS):
            prices[market] *= Decimal(DICE.randint(9990, 10010)).scaleb(-4)
            board.hear(Price(instrument=market, last=prices[market], at=looked))
        gc.collect()
        started = perf_counter()
        ticked = board.tick()
        assert ticked is not None
        candidates += len(watch.tick(*ticked))
        took.append(1000 * (perf_counter() - started))
    name = f"rules: whole tick, {RULE_SETS * RULES_EACH:,} rules, {len(tenants):,} portfolios of {HOLDINGS}, p95"
    return [
        Row(name=name, value=percentile(took[1:], 0.95), unit="ms", bar="<= 100"),
        Row(name="rules: messages of these ticks", value=candidates, unit="candidates"),
    ]


def _recompile(compiled: CompiledRules) -> Row:
    """A rule set is edited: what the tick after it takes longer."""
    took = []
    for number in range(20):
        compiled.put(replace(_mixed(number), version=2), NOTHING_SEEN)
        count = len(compiled.slots)
        tick = Tick(number, epoch_s(BEGIN), _values(compiled), np.zeros(count), np.ones(count, dtype=np.bool_))
        started = perf_counter()
        compiled.tick(tick)
        took.append(1000 * (perf_counter() - started))
    return Row(name="rules: the tick after an edit among 100,000 rules, p95", value=percentile(took, 0.95), unit="ms")


def _values(compiled: CompiledRules) -> Floats:
    """Everything at 100, far from what it is compared with."""
    return np.array([99999.0 if key == Present(FAR) else 100.0 for key in compiled.slots.keys])


def _mixed(number: int) -> RuleSet:
    """Ten rules: seven comparisons, a cross, one held, a trailing stop."""
    compares: list[Condition] = [_compare(number * 7 + part) for part in range(7)]
    cross = Cross(_figure(number), Direction.ABOVE, FAR)
    others: list[Condition] = [cross, HeldFor(_compare(number), timedelta(minutes=5)), _stop()]
    return rule_set(
        *compares, *others, rule_set_id=RuleSetId(UUID(int=number)), portfolio_id=TenantId(UUID(int=10**6 + number))
    )


def _of_tenant(number: int, tenant_id: TenantId) -> RuleSet:
    """Ten rules of one of a tenant's ten rule sets; the first has the trailing stop."""
    conditions: list[Condition] = [_market_compare(number * 10 + part) for part in range(9)]
    conditions.append(_stop() if number % 10 == 0 else _market_compare(number))
    return rule_set(*conditions, rule_set_id=RuleSetId(UUID(int=number)), tenant_id=tenant_id, portfolio_id=tenant_id)


def _stop() -> TrailingStop:
    return TrailingStop(arm_ratio=Decimal(0), trail_ratio=Decimal("0.5"))


def _compare(number: int) -> Compare:
    return Compare(_figure(number), Relation.ABOVE, FAR)


def _figure(number: int) -> Operand:
    return Operand(f"figure {number % 40_000}")


def _market_compare(number: int) -> Compare:
    market = list(_markets())[number % MARKETS]
    return Compare(Operand(f"price({market})"), Relation.ABOVE, Operand(str(1000 + number % 50)))


def _markets() -> list[Instrument]:
    return [Instrument(VenueId("binance"), AssetId(f"A{number}"), AssetId("USDT")) for number in range(MARKETS)]


def _settle(compiled: CompiledRules, rule_set_id: RuleSetId) -> None:
    """As after a first exact look."""
    trail = Trail(started_at=BEGIN, reference=Decimal(100), best=Decimal(100), best_at=BEGIN, armed_at=BEGIN)
    state = RuleSetState(nodes={8: Crossed(beyond=False), 11: trail})
    compiled.take(rule_set_id, state)


def _held(number: int) -> Held:
    account_id = AccountId(UUID(int=2_000_000 + number))
    account = PortfolioAccount(
        account_id=account_id, venue=VenueId("binance"), label="bench", state=AccountState.ACTIVE, refreshed_at=None
    )
    holdings = tuple(_holding(account_id, (number + step * 17) % MARKETS) for step in range(HOLDINGS))
    books = Books(base_asset=AssetId("USDT"), accounts=(account,), holdings=holdings, reported=())
    return Held(books=books, heads={account_id: 1})


def _holding(account_id: AccountId, asset: int) -> Holding:
    return Holding(
        account_id=account_id,
        asset=AssetId(f"A{asset}"),
        position=Position(quantity=Decimal("1.5")),
        folded_at=None,
        folded_sequence=0,
        stale=False,
    )
