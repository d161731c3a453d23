"""Deposits and withdrawals."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256

from fargate.paper_exchange.engine.clock import MarketClock
from fargate.paper_exchange.engine.errors import UnknownTransfer
from fargate.paper_exchange.engine.events import BalanceMoved, EventBus
from fargate.paper_exchange.engine.model import Transfer, TransferKind
from fargate.paper_exchange.engine.store import Store
from nightdesk.kernel.money import ZERO, add


@dataclass(frozen=True, slots=True)
class Movement:
    """An amount of an asset that goes in or out; the fee of a withdrawal is on top."""

    kind: TransferKind
    asset: str
    amount: Decimal
    fee: Decimal = ZERO


class Funding:
    """Moves assets over the exchange's border."""

    def __init__(self, store: Store, clock: MarketClock, bus: EventBus) -> None:
        self._store, self._clock, self._bus = store, clock, bus

    def transfer(self, account_id: int, movement: Movement) -> Transfer:
        """Carry out a deposit or withdrawal now.

        Raises:
            InsufficientBalance: A withdrawal takes more than is free.
        """
        number = self._store.settings.next_number("transfer", at_least=1)
        transfer = make_transfer(account_id, movement, number=number, at_ms=self._clock.now_ms())
        delta = movement.amount if movement.kind is TransferKind.DEPOSIT else -add(movement.amount, movement.fee)
        with self._store.database.transaction():
            self._store.accounts.move(account_id, movement.asset, free=delta)
            self._store.history.add_transfers([transfer])
        self._bus.publish([BalanceMoved(account_id, movement.asset, delta, transfer.at_ms)])
        return transfer

    def strike(self, account_id: int, transfer_id: str) -> Transfer:
        """Undo a transfer as if it had never been: the venue tells of it no more, and what is free moves back.

        Raises:
            UnknownTransfer: The account has no such transfer.
            InsufficientBalance: What a deposit had brought is no longer free.
        """
        with self._store.database.transaction():
            struck = self._store.history.strike_transfer(account_id, transfer_id)
            if struck is None:
                raise UnknownTransfer(f"There is no transfer {transfer_id!r} of this account.")
            gone = struck.amount if struck.kind is TransferKind.DEPOSIT else -add(struck.amount, struck.fee)
            self._store.accounts.move(account_id, struck.asset, free=-gone)
        self._bus.publish([BalanceMoved(account_id, struck.asset, -gone, self._clock.now_ms())])
        return struck


def make_transfer(account_id: int, movement: Movement, *, number: int, at_ms: int) -> Transfer:
    """The record of a movement, with an id, a transaction hash and an address of its own."""
    digest = sha256(f"{account_id}:{movement.kind}:{number}:{at_ms}".encode()).hexdigest()
    return Transfer(
        digest[:32], account_id, movement.kind, movement.asset, movement.amount, movement.fee, at_ms,
        f"0x{digest}", f"0x{digest[-40:]}",
    )  # fmt: skip
