"""Signals that other programs send us: TradingView alerts at first.

A signal belongs to a hook, whose URL the user pasted at TradingView. It is stored, shown, told as
`signal.received.v1`, and can be read by rules:

* Table `signals` (migration 0013): `latest_signals` is one row for each (tenant, name, instrument), the newest signal
  that counts: neither stale (by the hook's policy) nor a duplicate. Roles `app` and `tracker` may read it.
* Port `SignalReader.latest(tenant_id, name, instrument)`: what an operand `signal(<name>)` or
  `signal(<name>,BINANCE:BTC/USDT)` evaluates. `Signal.value` is a Decimal: the number that the message carries as
  `value`, or 1 for buy/long, -1 for sell/short, 0 for flat/close/exit; None where it says neither.
  `Signal.counted_at` is the instant from which it counts, for "at least N minutes" and for "within N seconds".
  Adapter: `nightdesk.adapters.postgres.alerts_signals.PostgresSignalReader`.
* At once, without asking the database: Valkey publishes `signal.<tenant_id>` with
  `{signal_id, name, instrument, value, counted_at}` (JSON; best effort, the table is the truth).

A rule that is to fire once a signal compares `Signal.signal_id` with the one it last saw.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NewType, Protocol
from uuid import UUID

from nightdesk.kernel.ids import TenantId

HookId = NewType("HookId", UUID)
SignalId = NewType("SignalId", UUID)


class SignalState(StrEnum):
    """Whether a signal counts."""

    COUNTED = "counted"
    STALE = "stale"


class StalePolicy(StrEnum):
    """What becomes of a signal that comes too late."""

    IGNORE = "ignore"
    """It is kept and shown, and no rule sees it."""

    COUNT = "count"
    """It counts all the same, marked as late."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalHook:
    """Where a user's alerts come in; of its token only the hash is kept.

    Attributes:
        name: What its signals are called where they don't say another name themselves.
        stale_after_s: A signal that is older when it arrives is late.
        signals_per_minute_max: More are refused.
    """

    tenant_id: TenantId
    hook_id: HookId
    name: str
    stale_after_s: int = 60
    stale_policy: StalePolicy = StalePolicy.IGNORE
    signals_per_minute_max: int = 60
    created_at: datetime
    last_used_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """What a message says, however it said it.

    Attributes:
        identity: What tells it from others of the same hook; the same identity is the same signal.
        is_exact: The identity comes from an order's id and time, not merely from equal text.
        name: Its own name, if it says one.
        instrument: Series name as we write it, `BINANCE:BTC/USDT`, or the sender's `BINANCE:BTCUSDT` where the
            market can't be told.
        said_at: When the sender made it; None where it doesn't say.
        position: The strategy's position after it, `long`, `short` or `flat`; `previous_position` before it.
        payload: As it came, for people to look at.
    """

    identity: str
    is_exact: bool
    name: str | None = None
    instrument: str | None = None
    action: str | None = None
    value: Decimal | None = None
    price: Decimal | None = None
    quantity: Decimal | None = None
    order_id: str | None = None
    position: str | None = None
    previous_position: str | None = None
    said_at: datetime | None = None
    payload: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """A signal as it is kept.

    Attributes:
        value: What rules compare.
        counted_at: When it came, from which on it counts.
        gap: The position before it is not the one that the last signal left: at least one in between was lost.
        from_known_address: It came from an address that TradingView publishes; a hint, no proof.
    """

    tenant_id: TenantId
    signal_id: SignalId
    hook_id: HookId
    name: str
    incoming: Incoming
    value: Decimal | None
    state: SignalState
    gap: bool = False
    late_s: float | None = None
    from_known_address: bool = False
    counted_at: datetime


class SignalReader(Protocol):
    """What rules read of signals."""

    def latest(self, tenant_id: TenantId, name: str, instrument: str | None = None) -> Signal | None:
        """The newest signal of the name that counts, of one instrument or of any."""
        ...
