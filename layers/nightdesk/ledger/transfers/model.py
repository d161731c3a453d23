"""Movements of money in and out of accounts, and the links between them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final, NewType
from uuid import UUID

from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.errors import InvalidInput
from nightdesk.kernel.ids import AccountId
from nightdesk.kernel.money import ZERO

MovementId = NewType("MovementId", str)
"""`<account>/<identity of its entry>`."""

LinkId = NewType("LinkId", UUID)

_NETWORKS: Final = {
    "btc": ("btc", "bitcoin", "bitcoin mainnet"),
    "eth": ("eth", "erc20", "ethereum", "usdterc20", "usdcerc20", "ether"),
    "trx": ("trx", "trc20", "tron", "usdttrc20", "trc20usdt", "tether usd (trc20)"),
    "bsc": ("bsc", "bep20", "bnb smart chain", "bep20usdt"),
    "sol": ("sol", "solana"),
    "xrp": ("xrp", "ripple", "xrp ledger"),
    "matic": ("matic", "polygon", "polygon pos"),
    "arb": ("arb", "arbitrum", "arbitrum one", "arbitrumone"),
    "op": ("op", "optimism"),
    "ltc": ("ltc", "litecoin"),
    "doge": ("doge", "dogecoin"),
    "ada": ("ada", "cardano"),
    "dot": ("dot", "polkadot"),
    "atom": ("atom", "cosmos"),
}
_PLAIN_NETWORKS: Final = {name: plain for plain, names in _NETWORKS.items() for name in names}
_MOVEMENT: Final = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/(.{1,200})", re.DOTALL)
_OUTPUT: Final = re.compile(r"[:#-]\d{1,4}$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """A deposit or a withdrawal, with what its venue tells of the way it took.

    Attributes:
        amount: Signed: what was credited, or what was sent without the fee told beside it.
        fee: Told beside it, of the same asset; never negative.
        address: Where it was sent to, for either direction.
    """

    movement_id: MovementId
    account_id: AccountId
    asset: AssetId
    amount: Decimal
    at: datetime
    fee: Decimal = ZERO
    tx_hash: str | None = None
    address: str | None = None
    network: str | None = None

    @property
    def is_out(self) -> bool:
        """Whether it left its account."""
        return self.amount < 0

    @property
    def size(self) -> Decimal:
        """How much, without its sign."""
        return self.amount.copy_abs()


class Evidence(StrEnum):
    """Why two sides are held to be one transfer."""

    TX_HASH = "tx_hash"
    ADDRESS = "address"
    KNOWN_ADDRESS = "known_address"
    AMOUNT = "amount"
    AMOUNT_LESS_FEE = "amount_less_fee"
    TIME = "time"
    PERSON = "person"


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Withdrawals and the deposits that they arrived as.

    Attributes:
        score: 0 to 100; what a person says has 100.
        evidence: What speaks for it, the strongest first.
    """

    outs: frozenset[MovementId]
    ins: frozenset[MovementId]
    score: int
    evidence: tuple[Evidence, ...]

    @property
    def movements(self) -> frozenset[MovementId]:
        """Both sides."""
        return self.outs | self.ins


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Movements that are one transfer, or were held to be one.

    Attributes:
        linked_by: `desk` for the matcher, else `user:<id>`.
        unlinked_by: Whose word it is that they don't belong together; they are never matched again.
    """

    link_id: LinkId
    outs: tuple[Movement, ...]
    ins: tuple[Movement, ...]
    score: int
    evidence: tuple[Evidence, ...]
    linked_by: str
    linked_at: datetime
    unlinked_by: str | None = None
    unlinked_at: datetime | None = None

    @property
    def movements(self) -> tuple[Movement, ...]:
        """Both sides."""
        return self.outs + self.ins


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkFilter:
    """Which links are asked for; what is None is not asked."""

    linked: bool | None = True
    account_id: AccountId | None = None
    asset: AssetId | None = None


def movement_id(account_id: AccountId, identity: str) -> MovementId:
    """The id of an entry's movement."""
    return MovementId(f"{account_id}/{identity}")


def place_of(movement_id: MovementId) -> tuple[AccountId, str]:
    """The account and the identity that a movement's id names.

    Raises:
        InvalidInput: It names none.
    """
    named = _MOVEMENT.fullmatch(movement_id)
    if named is None:
        raise InvalidInput("transfers.movement_malformed", "There is no movement of this id.")
    return AccountId(UUID(named[1])), named[2]


def plain_hash(text: str | None) -> str | None:
    """The hash as every venue could have written it: without `0x`, capitals and the number of an output."""
    if not text:
        return None
    spelled = _OUTPUT.sub("", text.strip())
    return spelled.lower().removeprefix("0x") or None


def plain_network(text: str | None) -> str | None:
    """The network by one name, whichever a venue gives it; None for one that is not known well enough to compare."""
    return _PLAIN_NETWORKS.get((text or "").strip().lower())
