"""Taking signals in: whose hook, seen before, late, anything lost before it; kept and told in one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from ipaddress import ip_address, ip_network
from typing import Final, Protocol
from uuid import UUID, uuid5

from nightdesk.alerts.model import Alert, Category, Hops, Severity, Work
from nightdesk.alerts.ports import AlertQueue
from nightdesk.alerts.raising import AlertDesk
from nightdesk.alerts.signals import HookId, Incoming, Signal, SignalHook, SignalId, SignalState, StalePolicy
from nightdesk.kernel.errors import NotFound, RateLimited
from nightdesk.kernel.ids import CorrelationId, TenantId
from nightdesk.kernel.instants import Clock

RECEIVED: Final = "signal.received.v1"
SAME_TEXT_WITHIN: Final = timedelta(seconds=15)
HOOKS_MAX: Final = 50
KNOWN_ADDRESSES: Final = ("52.89.214.238", "34.212.75.30", "54.218.53.128", "52.32.178.7")
"""Where TradingView says its alerts come from; anybody can make TradingView send to us, so it proves nothing.

Source: TradingView, How to configure webhook alerts, 2026-11.
"""
_NAMESPACE: Final = UUID("2b7a4f0e-7c39-4c53-9a38-6c2f8a1d9a60")
_VALUES: Final[Mapping[str, Decimal]] = {
    **dict.fromkeys(("buy", "long", "enter_long"), Decimal(1)),
    **dict.fromkeys(("sell", "short", "enter_short"), Decimal(-1)),
    **dict.fromkeys(("flat", "close", "exit", "exit_long", "exit_short"), Decimal(0)),
}


Known = tuple[SignalId, SignalState]


class SignalStore(Protocol):
    """Hooks and signals, within one transaction; before a token is known, of nobody."""

    def used(self, token_hash: bytes, at: datetime) -> SignalHook | None:
        """The token's hook, its row locked, and that it was used; the transaction then acts for its tenant."""
        ...

    def find(self, hook: SignalHook, identity: str) -> Known | None:
        """The signal of that identity."""
        ...

    def find_text(self, hook: SignalHook, identity: str, since: datetime) -> Known | None:
        """A signal since then whose identity begins so."""
        ...

    def count_since(self, hook: SignalHook, since: datetime) -> int:
        """How many signals came by the hook since then."""
        ...

    def last_position(self, hook: SignalHook, name: str, instrument: str) -> tuple[str, datetime] | None:
        """The position that the newest signal with one left, and when that was made or came."""
        ...

    def add(self, signal: Signal) -> None:
        """Keep it, and as the latest of its name if it counts."""
        ...

    def hooks(self, tenant_id: TenantId) -> tuple[SignalHook, ...]:
        """Every hook, the oldest first."""
        ...

    def put_hook(self, hook: SignalHook, token_hash: bytes | None) -> None:
        """Keep a new hook with its token, or what changed of one."""
        ...

    def remove_hook(self, tenant_id: TenantId, hook_id: HookId) -> None:
        """Forget it; there being none is no error."""
        ...

    def signals(self, tenant_id: TenantId, limit: int, before: tuple[datetime, SignalId] | None) -> Sequence[Signal]:
        """Signals, the newest first, from a place on."""
        ...


class SignalEvents(Protocol):
    """Events that leave with the transaction that made them."""

    def add(
        self,
        tenant_id: TenantId,
        name: str,
        payload: Mapping[str, str | int | None],
        *,
        correlation_id: CorrelationId,
        at: datetime,
    ) -> None:
        """Keep the event until it is published."""
        ...


@dataclass(frozen=True, slots=True)
class SignalUnit:
    """What shares one transaction."""

    signals: SignalStore
    events: SignalEvents
    desk: AlertDesk


class SignalUnits(Protocol):
    """Opens transactions of a tenant, or of nobody until a token says whose."""

    def __call__(self, tenant_id: TenantId | None) -> AbstractContextManager[SignalUnit]:
        """A transaction: committed at its end, rolled back when an error leaves it."""
        ...


class SignalNews(Protocol):
    """Tells those who watch now; missing one is harmless."""

    def tell(self, signal: Signal) -> None:
        """Send it on."""
        ...


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a message."""

    signal_id: SignalId
    is_new: bool
    state: SignalState


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeHook:
    """A new hook with what is shown only once."""

    hook: SignalHook
    token: str = field(repr=False)


class SignalService:
    """Makes hooks and takes what comes by them."""

    def __init__(
        self,
        *,
        units: SignalUnits,
        queue: AlertQueue,
        news: SignalNews,
        clock: Clock,
        new_id: Callable[[], UUID],
        new_token: Callable[[], str],
    ) -> None:
        self._units = units
        self._queue = queue
        self._news = news
        self._clock = clock
        self._new_id = new_id
        self._new_token = new_token

    def receive(self, token: str, incoming: Incoming, source: str, correlation_id: CorrelationId) -> Taken:
        """Keep the signal before anything else is done with it; the same one again changes nothing.

        Args:
            token: From the path.
            incoming: What the message says.
            source: The address that it came from.
            correlation_id: Names all that follows.

        Raises:
            NotFound: `signal.hook_not_found`.
            RateLimited: `signal.too_many`.
            Unavailable: `database.unavailable`: send it again.
        """
        now = self._clock.now()
        with self._units(None) as unit:
            hook = unit.signals.used(hash_of(token), now)
            if hook is None:
                raise NotFound("signal.hook_not_found", "There is no such hook.")
            if unit.signals.count_since(hook, now - timedelta(minutes=1)) >= hook.signals_per_minute_max:
                raise RateLimited("signal.too_many", "This hook takes no more signals this minute.", retry_after_s=60)
            known = _known(unit.signals, hook, incoming, now)
            if known is not None:
                return Taken(known[0], is_new=False, state=known[1])
            signal = self._keep(unit, hook, incoming, source, correlation_id)
        self._tell(signal, unit.desk.works)
        return Taken(signal.signal_id, is_new=True, state=signal.state)

    def _keep(
        self, unit: SignalUnit, hook: SignalHook, incoming: Incoming, source: str, correlation_id: CorrelationId
    ) -> Signal:
        now = self._clock.now()
        signal = _signal(hook, incoming, now)
        last = unit.signals.last_position(hook, signal.name, incoming.instrument or "")
        signal = replace(signal, gap=_is_gap(incoming, last), from_known_address=is_known(source))
        unit.signals.add(signal)
        unit.events.add(hook.tenant_id, RECEIVED, _payload(signal), correlation_id=correlation_id, at=now)
        for alert in _alerts(signal, last, correlation_id, now):
            unit.desk.raise_alert(alert)
        return signal

    def _tell(self, signal: Signal, works: Sequence[Work]) -> None:
        if signal.state is SignalState.COUNTED:
            self._news.tell(signal)
        self._queue.send(works)

    def hooks(self, tenant_id: TenantId) -> tuple[SignalHook, ...]:
        """Every hook, the oldest first."""
        with self._units(tenant_id) as unit:
            return unit.signals.hooks(tenant_id)

    def make_hook(self, tenant_id: TenantId, hook: SignalHook) -> MadeHook:
        """A new hook; its token is known only to the one who asked.

        Raises:
            RateLimited: `signal.too_many_hooks`.
        """
        token = self._new_token()
        made = replace(hook, tenant_id=tenant_id, hook_id=HookId(self._new_id()), created_at=self._clock.now())
        with self._units(tenant_id) as unit:
            if len(unit.signals.hooks(tenant_id)) >= HOOKS_MAX:
                raise RateLimited("signal.too_many_hooks", f"There may be {HOOKS_MAX} hooks at most.")
            unit.signals.put_hook(made, hash_of(token))
        return MadeHook(hook=made, token=token)

    def change_hook(self, changed: SignalHook) -> SignalHook:
        """Keep what changed of a hook."""
        with self._units(changed.tenant_id) as unit:
            unit.signals.put_hook(changed, None)
        return changed

    def remove_hook(self, tenant_id: TenantId, hook_id: HookId) -> None:
        """What is sent to it from now on is refused; its signals stay."""
        with self._units(tenant_id) as unit:
            unit.signals.remove_hook(tenant_id, hook_id)

    def signals(
        self, tenant_id: TenantId, limit: int, before: tuple[datetime, SignalId] | None = None
    ) -> Sequence[Signal]:
        """Signals, the newest first."""
        with self._units(tenant_id) as unit:
            return unit.signals.signals(tenant_id, limit, before)


def hash_of(token: str) -> bytes:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).digest()


def is_known(source: str) -> bool:
    """Whether TradingView lists the address."""
    try:
        return any(ip_address(source) in ip_network(known) for known in KNOWN_ADDRESSES)
    except ValueError:
        return False


def _known(store: SignalStore, hook: SignalHook, incoming: Incoming, now: datetime) -> Known | None:
    """The same message, kept before.

    A text without order and time may rightly come again, so only one that follows at once is the same.
    """
    if incoming.is_exact:
        return store.find(hook, incoming.identity)
    return store.find_text(hook, incoming.identity, now - SAME_TEXT_WITHIN)


def _signal(hook: SignalHook, incoming: Incoming, now: datetime) -> Signal:
    identity = incoming.identity if incoming.is_exact else f"{incoming.identity}:{now.isoformat()}"
    late_s = (now - incoming.said_at) / timedelta(seconds=1) if incoming.said_at else None
    is_stale = late_s is not None and late_s > hook.stale_after_s and hook.stale_policy is StalePolicy.IGNORE
    said = (incoming.action or incoming.position or "").lower()
    return Signal(
        tenant_id=hook.tenant_id,
        signal_id=SignalId(uuid5(_NAMESPACE, f"{hook.hook_id}:{identity}")),
        hook_id=hook.hook_id,
        name=incoming.name or hook.name,
        incoming=replace(incoming, identity=identity),
        value=incoming.value if incoming.value is not None else _VALUES.get(said),
        state=SignalState.STALE if is_stale else SignalState.COUNTED,
        late_s=late_s,
        counted_at=now,
    )


def _is_gap(incoming: Incoming, last: tuple[str, datetime] | None) -> bool:
    """Whether the position before it is not what the last signal left; what arrives out of order tells nothing."""
    if last is None or incoming.previous_position is None:
        return False
    position, at = last
    return incoming.previous_position != position and (incoming.said_at is None or incoming.said_at >= at)


def _payload(signal: Signal) -> dict[str, str | int | None]:
    return {
        "signal_id": str(signal.signal_id),
        "hook_id": str(signal.hook_id),
        "name": signal.name,
        "instrument": signal.incoming.instrument,
        "action": signal.incoming.action,
        "value": None if signal.value is None else str(signal.value),
        "state": signal.state.value,
    }


def _alerts(
    signal: Signal, last: tuple[str, datetime] | None, correlation_id: CorrelationId, now: datetime
) -> Sequence[Alert]:
    told = []
    if signal.gap and last is not None:
        text = f"It says the position before was {signal.incoming.previous_position}; the last one left {last[0]}."
        told.append(("gap", Severity.CRITICAL, f"A signal before this one of {signal.name} was lost", text))
    if signal.state is SignalState.STALE:
        text = f"It came {signal.late_s:.0f} s after it was made and does not count."
        told.append(("stale", Severity.WARNING, f"A signal of {signal.name} came too late", text))
    return [
        Alert(
            tenant_id=signal.tenant_id,
            key=f"signal.{what}:{signal.signal_id}",
            category=Category.SIGNAL,
            severity=severity,
            title=title,
            text=text,
            facts={"signal": signal.name, "instrument": signal.incoming.instrument or ""},
            link="/alerts?tab=signals",
            hops=Hops(venue_at=signal.incoming.said_at, received_at=now, evaluated_at=now),
            correlation_id=correlation_id,
        )
        for what, severity, title, text in told
    ]
