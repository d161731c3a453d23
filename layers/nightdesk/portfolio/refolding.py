"""One asset's position folded from the start, from its legs alone: two million legs in seconds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Final

from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.ledger.model import EntryKind, LegRole
from nightdesk.ledger.ports import LedgerStore, Move
from nightdesk.lots.average_cost import EARNED, LOST, Position
from nightdesk.lots.scaled import ScaledPool

_BASE: Final = LegRole.BASE.value
_FEE: Final = LegRole.FEE.value


def refolded(
    ledger: LedgerStore, tenant_id: TenantId, account_id: AccountId, asset: AssetId, kinds: Mapping[int, EntryKind]
) -> tuple[Position, int]:
    """The position, and the sequence of the last entry folded in; 0 if there is none.

    Args:
        ledger: In a transaction in which nobody else appends.
        tenant_id: Whose ledger it is.
        account_id: The account.
        asset: Of which no entry is a conversion or brought its cost along.
        kinds: Of entries that are no trades; reversals and what they took back are both reversals.
    """
    pool, last = ScaledPool(), 0
    others = _Others(ledger.considered(tenant_id, account_id, asset))
    for sequence, moves in groupby(ledger.moves(tenant_id, account_id, asset), key=itemgetter(0)):
        kind = kinds.get(sequence)
        own = list(moves)
        if kind is EntryKind.REVERSAL:
            continue
        last = sequence
        if kind is not None:
            _move(pool, asset, kind, own)
        elif own[0][1] == _BASE:
            pool.trade(own[0][2], sum(move[2] for move in own[1:]), others.of(sequence))
        else:
            pool.pay(asset, sum(move[2] for move in own))
    return pool.position(), last


def _move(pool: ScaledPool, asset: AssetId, kind: EntryKind, own: Sequence[Move]) -> None:
    moved = sum(amount for _, role, amount in own if role != _FEE)
    if moved > 0 and kind in EARNED:
        pool.earn(asset, moved)
    elif moved > 0:
        pool.receive(moved)
    elif moved < 0 and kind in LOST:
        pool.dispose(-moved, {})
    elif moved < 0:
        pool.release(-moved)
    for _, role, amount in own:
        if role == _FEE and amount > 0:
            pool.receive(amount)
        elif role == _FEE:
            pool.dispose(-amount, {})


class _Others:
    """What was given or taken for the asset, in step with the entries in which it is the base."""

    def __init__(self, rows: Iterator[tuple[int, AssetId, int]]) -> None:
        self._groups = groupby(rows, key=itemgetter(0))

    def of(self, sequence: int) -> dict[AssetId, int]:
        found: dict[AssetId, int] = {}
        for place, rows in self._groups:
            for _, asset, amount in rows:
                if place == sequence:
                    found[asset] = found.get(asset, 0) + amount
            if place == sequence:
                break
        return found
