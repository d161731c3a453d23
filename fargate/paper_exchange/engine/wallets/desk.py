"""Moves assets between wallets and turns them into others: transfers, conversions, dust, dividends, earning."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_DOWN, Decimal
from typing import Final

from fargate.paper_exchange.engine.clock import MarketClock
from fargate.paper_exchange.engine.errors import OrderRejected
from fargate.paper_exchange.engine.events import BalanceMoved, EventBus
from fargate.paper_exchange.engine.markets import Markets
from fargate.paper_exchange.engine.store import Store
from fargate.paper_exchange.engine.wallets.model import (
    Conversion,
    Dividend,
    DividendKind,
    DustSweep,
    EarnEvent,
    EarnKind,
    Income,
    IncomeKind,
    Wallet,
    WalletTransfer,
)
from fargate.paper_exchange.engine.wallets.store import WalletStore
from nightdesk.kernel.money import multiply, subtract

QUANTUM: Final = Decimal("0.00000001")
DUST_ASSET: Final = "BNB"
DUST_CHARGE_RATIO: Final = Decimal("0.02")
SPREAD_RATIO: Final = Decimal("0.001")
"""What the venue keeps of a conversion, inside the quoted rate."""


class WalletDesk:
    """Every movement is exact, recorded, and makes no balance negative."""

    def __init__(self, store: Store, kept: WalletStore, markets: Markets, clock: MarketClock, bus: EventBus) -> None:
        self._database, self._settings = store.database, store.settings
        self._kept, self._markets, self._clock, self._bus = kept, markets, clock, bus

    def transfer(self, account_id: int, wallets: tuple[Wallet, Wallet], asset: str, amount: Decimal) -> WalletTransfer:
        """Move an asset from the first wallet to the second.

        Raises:
            InsufficientBalance: The first has less.
        """
        source, target = wallets
        at_ms = self._clock.now_ms()
        with self._database.transaction():
            self._kept.move(account_id, source, asset, -amount)
            self._kept.move(account_id, target, asset, amount)
            moved = WalletTransfer(
                account_id=account_id, at_ms=at_ms, key=f"{source}:{target}", source=source, target=target,
                asset=asset, amount=amount,
            )  # fmt: skip
            kept = self._kept.keep(moved)
            self._tell_futures(kept)
        self._tell_spot(account_id, asset, {source: -amount, target: amount}.get(Wallet.SPOT))
        return kept

    def convert(self, account_id: int, asset: str, amount: Decimal, into: str) -> Conversion:
        """Give an asset for another at the present rate less the spread.

        Raises:
            InsufficientBalance: There is less of it.
            OrderRejected: No market leads from one to the other.
        """
        received = self._worth(multiply(amount, 1 - SPREAD_RATIO), asset, into)
        at_ms = self._clock.now_ms()
        made = Conversion(
            account_id=account_id, at_ms=at_ms, key=asset, from_asset=asset, from_amount=amount, to_asset=into,
            to_amount=received,
        )  # fmt: skip
        with self._database.transaction():
            self._kept.move(account_id, Wallet.SPOT, asset, -amount)
            self._kept.move(account_id, Wallet.SPOT, into, received)
            kept = self._kept.keep(made)
        self._tell_spot(account_id, asset, -amount)
        self._tell_spot(account_id, into, received)
        return kept

    def sweep_dust(self, account_id: int, assets: Sequence[str]) -> list[DustSweep]:
        """Turn all that is free of these assets into the fee asset, less a charge; all of them or none.

        Raises:
            OrderRejected: There is nothing of one of them, or no market for it.
        """
        operation = self._settings.next_number("dust", at_least=1)
        with self._database.transaction():
            swept = [self._sweep(account_id, asset, operation) for asset in assets]
        for row in swept:
            self._tell_spot(account_id, row.key, -row.amount)
            self._tell_spot(account_id, DUST_ASSET, row.received)
        return swept

    def pay(self, account_id: int, kind: DividendKind, asset: str, amount: Decimal, note: str) -> Dividend:
        """Hand an asset out."""
        made = Dividend(
            account_id=account_id, at_ms=self._clock.now_ms(), key=asset, kind=kind, amount=amount, note=note
        )
        with self._database.transaction():
            self._kept.move(account_id, Wallet.SPOT, asset, amount)
            kept = self._kept.keep(made)
        self._tell_spot(account_id, asset, amount)
        return kept

    def earn(self, account_id: int, kind: EarnKind, asset: str, amount: Decimal) -> EarnEvent:
        """Put an asset to earn, take it back, or let it earn so much.

        Raises:
            InsufficientBalance: There is less of it.
        """
        made = EarnEvent(account_id=account_id, at_ms=self._clock.now_ms(), key=asset, kind=kind, amount=amount)
        earning = -amount if kind is EarnKind.REDEMPTION else amount
        with self._database.transaction():
            if kind is not EarnKind.REWARD:
                self._kept.move(account_id, Wallet.SPOT, asset, -earning)
            self._kept.move(account_id, Wallet.EARN, asset, earning)
            kept = self._kept.keep(made)
        self._tell_spot(account_id, asset, None if kind is EarnKind.REWARD else -earning)
        return kept

    def _sweep(self, account_id: int, asset: str, operation: int) -> DustSweep:
        amount = self._kept.balance(account_id, Wallet.SPOT, asset)
        if not amount or asset == DUST_ASSET:
            raise OrderRejected(f"There is no dust of {asset}.")
        worth = self._worth(amount, asset, DUST_ASSET)
        charge = multiply(worth, DUST_CHARGE_RATIO).quantize(QUANTUM, ROUND_DOWN)
        received = subtract(worth, charge)
        self._kept.move(account_id, Wallet.SPOT, asset, -amount)
        self._kept.move(account_id, Wallet.SPOT, DUST_ASSET, received)
        return self._kept.keep(DustSweep(
            account_id=account_id, at_ms=self._clock.now_ms(), key=asset, operation=operation, amount=amount,
            received=received, charge=charge, to_asset=DUST_ASSET,
        ))  # fmt: skip

    def _worth(self, amount: Decimal, asset: str, into: str) -> Decimal:
        worth = self._markets.convert(amount, asset, into)
        quantized = worth.quantize(QUANTUM, ROUND_DOWN) if worth is not None else None
        if not quantized or asset == into:
            raise OrderRejected(f"{asset} can't be turned into {into}.")
        return quantized

    def _tell_futures(self, moved: WalletTransfer) -> None:
        """A futures wallet's own history tells of what came in and went out."""
        if Wallet.FUTURES not in {moved.source, moved.target}:
            return
        amount = moved.amount if moved.target is Wallet.FUTURES else -moved.amount
        self._kept.keep(Income(
            account_id=moved.account_id, at_ms=moved.at_ms, key="", kind=IncomeKind.TRANSFER, asset=moved.asset,
            amount=amount, number=moved.number,
        ))  # fmt: skip

    def _tell_spot(self, account_id: int, asset: str, delta: Decimal | None) -> None:
        if delta is not None:
            self._bus.publish([BalanceMoved(account_id, asset, delta, self._clock.now_ms())])
