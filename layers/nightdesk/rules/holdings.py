"""What a tenant holds at one moment of its ledger, and what scopes of it are worth at given prices, exactly."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from nightdesk.execution.scope import Scope
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.ids import AccountId
from nightdesk.kernel.money import ZERO, add, multiply
from nightdesk.portfolio.figures import Valuer
from nightdesk.portfolio.model import Books, Holding
from nightdesk.rules.ports import ScopeReading
from nightdesk.rules.state import Ledgered, Trail


@dataclass(frozen=True, slots=True)
class Move:
    """A leg of the ledger.

    Attributes:
        is_flow: It came from outside or went there: a deposit, withdrawal, transfer, reward, or the fee of one.
    """

    account_id: AccountId
    sequence: int
    asset: AssetId
    amount: Decimal
    occurred_at: datetime
    is_flow: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A tenant's books, and the moves that led to them.

    Attributes:
        heads: The last entry of each account that is in the books.
        moves: Every leg after the entries that any trail of the tenant knows.
    """

    books: Books
    heads: Mapping[AccountId, int]
    moves: Sequence[Move] = ()


def scope_reading(held: Held, scope: Scope, trail: Trail | None, valuer: Valuer) -> ScopeReading:
    """What the scope is worth, and what flowed since the trail was looked at."""
    value, unpriced = _value(_within(held.books.holdings, scope), valuer)
    heads = {account: head for account, head in held.heads.items() if scope.covers_account(account)}
    ledgered = Ledgered(sequences=heads, unpriced=unpriced)
    flow = ZERO if trail is None else _flow(held, scope, trail, valuer, value)
    return ScopeReading(value=value, flow=flow, ledgered=ledgered)


def _flow(held: Held, scope: Scope, trail: Trail, valuer: Valuer, value: Decimal) -> Decimal:
    known = trail.ledgered.sequences
    if not known.keys() <= held.heads.keys():
        return value  # an account is gone: what is left counts as new, so the stop begins anew
    moves = [
        move
        for move in held.moves
        if move.account_id in known
        and move.sequence > known[move.account_id]
        and scope.covers(move.account_id, move.asset)
        and (move.is_flow or scope.asset is not None or move.occurred_at < trail.started_at)
    ]
    flow = _worth(((move.asset, move.amount) for move in moves), valuer)
    come = (each for each in _within(held.books.holdings, scope) if _is_new(each, trail, valuer))
    return add(flow, _worth(((each.asset, each.position.quantity) for each in come), valuer))


def _is_new(holding: Holding, trail: Trail, valuer: Valuer) -> bool:
    """Whether all of the holding counts as come in: its account was connected since, or it had no price before."""
    if holding.account_id not in trail.ledgered.sequences:
        return True
    return holding.asset in trail.ledgered.unpriced and valuer.rate(holding.asset) is not None


def _within(holdings: Iterable[Holding], scope: Scope) -> Iterator[Holding]:
    return (
        holding for holding in holdings if holding.position.quantity and scope.covers(holding.account_id, holding.asset)
    )


def _value(holdings: Iterable[Holding], valuer: Valuer) -> tuple[Decimal, frozenset[AssetId]]:
    """The value of what has a price, and what has none."""
    total, unpriced = ZERO, set()
    for holding in holdings:
        rate = valuer.rate(holding.asset)
        if rate is None:
            unpriced.add(holding.asset)
        else:
            total = add(total, multiply(holding.position.quantity, rate.value))
    return total, frozenset(unpriced)


def _worth(amounts: Iterable[tuple[AssetId, Decimal]], valuer: Valuer) -> Decimal:
    total = ZERO
    for asset, amount in amounts:
        rate = valuer.rate(asset)
        if rate is not None:
            total = add(total, multiply(amount, rate.value))
    return total
