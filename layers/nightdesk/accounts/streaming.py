"""What an account's private stream tells, and what its venue's balances say about what the stream did not tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from nightdesk.accounts.model import Account, ReportedBalance, StreamPosition
from nightdesk.kernel.assets import AssetId, Wallet
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.kernel.money import add, subtract
from nightdesk.ledger.model import Fact
from nightdesk.markets.orders import VenueOrder

SILENT: Final = "venue.silent"
"""The code of a connection that is open although nothing comes through it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamedAccount:
    """An account with a key.

    Attributes:
        sealed_at: When the key was connected; another instant is another key.
    """

    tenant_id: TenantId
    account_id: AccountId
    sealed_at: datetime


@dataclass(frozen=True, slots=True)
class FactTold:
    """Something that belongs in the ledger happened."""

    fact: Fact


@dataclass(frozen=True, slots=True)
class BalancesTold:
    """What the account holds now of some assets.

    Attributes:
        version: The venue's own time of the change; of two tellings the greater is the newer.
    """

    balances: tuple[ReportedBalance, ...]
    version: int


@dataclass(frozen=True, slots=True)
class OrderTold:
    """An order is new, was filled, or ended."""

    order: VenueOrder


@dataclass(frozen=True, slots=True)
class LookAgain:
    """Something happened that the stream does not tell whole: ask for the history.

    Attributes:
        reason: Stable; one of trades only begins with `trade`.
    """

    reason: str

    @property
    def is_of_trades(self) -> bool:
        """Whether nothing need be looked for among deposits, withdrawals and the like."""
        return self.reason.startswith("trade")


StreamEvent = FactTold | BalancesTold | OrderTold | LookAgain


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownAccount:
    """What our own books say of an account.

    Attributes:
        quantities: By the ledger.
        traded: Symbols of markets that the ledger names.
        positions: How far each stream of the history has been read.
        earliest_at: When the ledger begins.
    """

    account: Account
    quantities: Mapping[AssetId, Decimal]
    traded: frozenset[str]
    positions: tuple[StreamPosition, ...]
    earliest_at: datetime | None


class NewestBalances:
    """Keeps late tellings of a balance from taking the place of newer ones."""

    def __init__(self) -> None:
        self._versions: dict[tuple[Wallet, AssetId], int] = {}

    def take(self, told: BalancesTold) -> tuple[ReportedBalance, ...]:
        """Those of the balances that nothing newer was told of."""
        fresh = tuple(each for each in told.balances if told.version >= self._versions.get(_place(each), 0))
        self._versions.update((_place(each), told.version) for each in fresh)
        return fresh


def _place(balance: ReportedBalance) -> tuple[Wallet, AssetId]:
    return balance.wallet, balance.asset


def differences(
    reported: Iterable[ReportedBalance], quantities: Mapping[AssetId, Decimal]
) -> Mapping[AssetId, Decimal]:
    """By how much the venue's balance of each asset, in all wallets, exceeds the ledger's; what agrees is left out."""
    held: dict[AssetId, Decimal] = {}
    for balance in reported:
        held[balance.asset] = add(held.get(balance.asset, Decimal(0)), add(balance.free, balance.locked))
    found = {
        asset: subtract(held.get(asset, Decimal(0)), quantities.get(asset, Decimal(0)))
        for asset in held.keys() | quantities.keys()
    }
    return {asset: difference for asset, difference in found.items() if difference}


def suspects(now: Mapping[AssetId, Decimal], before: Mapping[AssetId, Decimal]) -> frozenset[AssetId]:
    """Assets whose difference is another than before: something moved them that the ledger does not know."""
    return frozenset(asset for asset in now.keys() | before.keys() if now.get(asset) != before.get(asset))
