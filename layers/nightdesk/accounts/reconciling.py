"""Compare what the ledger derives with what the venue reports, at each sync, until they agree or a person is asked.

Two numbers always: derived and reported, per account, wallet and asset. What is under way is no difference: a balance
agrees if it equals what the ledger says as of the report or as of now. A difference that stands for some reports is a
finding; one that closes is none. The ledger itself is never changed here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Final, Protocol

from nightdesk.accounts.proving import TOLERANCE, Checkpoint, Move, Stretch, prove
from nightdesk.kernel.assets import AssetId, Wallet
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.kernel.instants import Clock, format_instant
from nightdesk.kernel.money import ZERO, Money, format_amount, subtract
from nightdesk.ledger.inbox import Cause, Finding, InboxStore

CYCLES: Final = 3
"""After so many reports in a row a difference is a finding."""

OWED: Final = ("margin", "debt", "isolated:", "futures")
"""Wallets that may owe: a negative balance there is no sign of missing history."""


@dataclass(frozen=True, slots=True, order=True)
class BalanceKey:
    """One balance of an account."""

    wallet: Wallet
    asset: AssetId


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """What the ledger says of one balance.

    Attributes:
        then: As of the report.
        now: With everything that was booked since.
        moved_at: When it last changed.
    """

    then: Decimal = ZERO
    now: Decimal = ZERO
    moved_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """How one balance compares.

    Attributes:
        as_of: The instant that the report was true of, as far as the ledger knows: events that it holds may have
            happened after it was asked for.
        cycles_open: In how many reports in a row it has differed; 0 when they agree.
        open_since: The first of those reports.
        proven_since: Start of the longest stretch whose checkpoints all agree; None where nothing is proven.
    """

    key: BalanceKey
    derived: Decimal
    reported: Decimal
    reported_at: datetime
    as_of: datetime
    cycles_open: int = 0
    open_since: datetime | None = None
    proven_since: datetime | None = None
    proven_until: datetime | None = None

    @property
    def difference(self) -> Decimal:
        """Reported less derived."""
        return subtract(self.reported, self.derived)


@dataclass(frozen=True, slots=True, kw_only=True)
class Low:
    """The first time that a balance fell under zero.

    Attributes:
        identity: Of the entry that took more than there was.
        balance: After that instant.
        lowest: The least it ever was: so much is missing.
    """

    key: BalanceKey
    at: datetime
    identity: str
    balance: Decimal
    lowest: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporting:
    """An account as far as comparing it needs to know.

    Attributes:
        reported: Balances that the venue told; what it left out is zero.
        reported_at: When it was asked; None before the first answer.
        is_importing: History is still on its way: nothing is judged.
        failing: The code of what keeps the key from working.
        history_from: The venue tells nothing older; None where it tells all.
    """

    reported: Mapping[BalanceKey, Decimal]
    reported_at: datetime | None
    is_importing: bool
    failing: str | None
    history_from: datetime | None = None


class ReconciliationStore(Protocol):
    """What comparing reads and keeps, within one transaction of one tenant."""

    def reporting(self, tenant_id: TenantId, account_id: AccountId) -> Reporting | None:
        """What the venue reported last, with the account's row locked; None if there is no such account."""
        ...

    def derived(self, tenant_id: TenantId, account_id: AccountId, at: datetime) -> Mapping[BalanceKey, Derived]:
        """Every balance of the account by its ledger."""
        ...

    def checks(self, tenant_id: TenantId, account_id: AccountId) -> Mapping[BalanceKey, Check]:
        """How the balances compared the last time."""
        ...

    def put_checks(self, tenant_id: TenantId, account_id: AccountId, checks: Sequence[Check]) -> None:
        """Keep how they compare now."""
        ...

    def keep_checkpoints(self, tenant_id: TenantId, account_id: AccountId, checks: Sequence[Check]) -> None:
        """Keep what was reported, with what was derived then."""
        ...

    def trace(self, tenant_id: TenantId, account_id: AccountId, agreeing: Sequence[Check]) -> None:
        """Keep the running balance at each event of balances that the venue agrees with, up to its report."""
        ...

    def history(
        self, tenant_id: TenantId, account_id: AccountId, key: BalanceKey
    ) -> tuple[Sequence[Move], Sequence[Checkpoint]]:
        """All that moved a balance, and its checkpoints, each by instant."""
        ...

    def lows(self, tenant_id: TenantId, account_id: AccountId) -> Sequence[Low]:
        """Balances that fell under zero."""
        ...


@dataclass(frozen=True, slots=True)
class ReconciliationUnit:
    """Stores that share one transaction."""

    balances: ReconciliationStore
    inbox: InboxStore


class ReconciliationUnits(Protocol):
    """Opens transactions of a tenant."""

    def __call__(self, tenant_id: TenantId) -> AbstractContextManager[ReconciliationUnit]:
        """A transaction: committed at its end, rolled back when an error leaves it."""
        ...


class ReconciliationService:
    """Compares the balances of one account at a time."""

    def __init__(self, units: ReconciliationUnits, clock: Clock) -> None:
        self._units = units
        self._clock = clock

    def run(self, tenant_id: TenantId, account_id: AccountId) -> tuple[Check, ...]:
        """Compare the account with its latest report; running it again without a new report changes nothing."""
        now = self._clock.now()
        with self._units(tenant_id) as unit:
            reporting = unit.balances.reporting(tenant_id, account_id)
            if reporting is None:
                return ()
            _tell_key(unit, tenant_id, account_id, reporting.failing, now)
            if reporting.is_importing or reporting.reported_at is None:
                return ()
            checks, is_news = self._compare(unit, tenant_id, account_id, reporting)
            if is_news or any(check.cycles_open >= CYCLES for check in checks):
                lows = unit.balances.lows(tenant_id, account_id)
                owning = [low for low in lows if not low.key.wallet.startswith(OWED)]
                sold = unit.inbox.standing(tenant_id, f"missing_acquisition:{account_id}:")
                _tell(
                    unit,
                    tenant_id,
                    account_id,
                    _findings(account_id, checks, owning, reporting.history_from, sold),
                    now,
                )
        return checks

    def _compare(
        self, unit: ReconciliationUnit, tenant_id: TenantId, account_id: AccountId, reporting: Reporting
    ) -> tuple[tuple[Check, ...], bool]:
        assert reporting.reported_at is not None  # noqa: S101 - the caller has looked
        known = unit.balances.checks(tenant_id, account_id)
        derived = unit.balances.derived(tenant_id, account_id, reporting.reported_at)
        keys = sorted(known.keys() | derived.keys() | reporting.reported.keys())
        checks = [
            compare(
                known.get(key),
                key,
                derived.get(key, Derived()),
                reporting.reported.get(key, ZERO),
                reporting.reported_at,
            )
            for key in keys
        ]
        news = [check for check in checks if _is_news(known.get(check.key), check)]
        unit.balances.keep_checkpoints(tenant_id, account_id, news)
        unit.balances.trace(tenant_id, account_id, [check for check in news if not check.cycles_open])
        told = {check.key for check in news}
        proven = [
            self._proven(unit, tenant_id, account_id, check, reporting.history_from) if check.key in told else check
            for check in checks
        ]
        unit.balances.put_checks(tenant_id, account_id, proven)
        return tuple(proven), bool(news)

    def _proven(
        self,
        unit: ReconciliationUnit,
        tenant_id: TenantId,
        account_id: AccountId,
        check: Check,
        history_from: datetime | None,
    ) -> Check:
        moves, checkpoints = unit.balances.history(tenant_id, account_id, check.key)
        return with_stretch(check, prove(moves, checkpoints, is_complete=history_from is None))


def compare(known: Check | None, key: BalanceKey, derived: Derived, reported: Decimal, reported_at: datetime) -> Check:
    """How a balance compares with a report, given how it did with the one before."""
    agrees_now, agrees_then = _equal(derived.now, reported), _equal(derived.then, reported)
    check = Check(
        key=key,
        derived=derived.now if agrees_now else derived.then,
        reported=reported,
        reported_at=reported_at,
        as_of=reported_at if agrees_then else max(reported_at, derived.moved_at or reported_at),
        proven_since=known.proven_since if known else None,
        proven_until=known.proven_until if known else None,
    )
    if agrees_now or agrees_then:
        return replace(check, proven_until=check.as_of) if known and _reaches_its_report(known) else check
    if known is None or not known.cycles_open:
        return replace(check, cycles_open=1, open_since=reported_at)
    cycles = known.cycles_open + (1 if reported_at > known.reported_at else 0)
    return replace(check, cycles_open=cycles, open_since=known.open_since)


def _reaches_its_report(known: Check) -> bool:
    return known.proven_until is not None and known.proven_until >= known.reported_at and not known.cycles_open


def with_stretch(check: Check, stretch: Stretch | None) -> Check:
    """The check with what is proven."""
    if stretch is None:
        return replace(check, proven_since=None, proven_until=None)
    return replace(check, proven_since=stretch.since, proven_until=stretch.until)


def difference_of(account_id: AccountId, check: Check, history_from: datetime | None = None) -> Finding:
    """A difference that no further report has closed; where nothing was ever proven, it is older than history."""
    before_history = history_from if check.proven_until is None else None
    return Finding(
        cause=Cause.HISTORY_HORIZON if before_history else Cause.DIFFERENCE,
        identity=_identity("difference", account_id, check.key),
        account_id=account_id,
        asset=check.key.asset,
        wallet=check.key.wallet,
        occurred_at=before_history or check.proven_until or check.open_since,
        at_stake=Money(check.difference.copy_abs(), check.key.asset),
        details={
            "derived": format_amount(check.derived),
            "reported": format_amount(check.reported),
            "difference": format_amount(check.difference),
            "open_since": None if check.open_since is None else format_instant(check.open_since),
            "proven_until": None if check.proven_until is None else format_instant(check.proven_until),
        },
    )


def low_of(account_id: AccountId, low: Low, check: Check | None) -> Finding:
    """More went out than had come in: something before is missing."""
    return Finding(
        cause=Cause.NEGATIVE_BALANCE,
        identity=_identity("negative_balance", account_id, low.key),
        account_id=account_id,
        asset=low.key.asset,
        wallet=low.key.wallet,
        occurred_at=low.at,
        at_stake=Money(low.lowest.copy_abs(), low.key.asset),
        details={
            "identity": low.identity,
            "balance": format_amount(low.balance),
            "lacking": format_amount(low.lowest.copy_abs()),
            "difference": None if check is None else format_amount(check.difference),
        },
    )


def _findings(
    account_id: AccountId,
    checks: Sequence[Check],
    lows: Sequence[Low],
    history_from: datetime | None,
    sold: Collection[str],
) -> list[Finding]:
    """One row for each balance: what fell under zero explains its difference, a sale of what was never bought both."""
    by_key = {check.key: check for check in checks}
    fallen = {low.key for low in lows}
    standing = [check for check in checks if check.cycles_open >= CYCLES and check.key not in fallen]
    return [
        *(
            low_of(account_id, low, by_key.get(low.key))
            for low in lows
            if f"missing_acquisition:{account_id}:{low.key.asset}" not in sold
        ),
        *(difference_of(account_id, check, history_from) for check in standing),
    ]


def _tell(
    unit: ReconciliationUnit, tenant_id: TenantId, account_id: AccountId, findings: Sequence[Finding], now: datetime
) -> None:
    told = {finding.identity for finding in findings}
    for kind in ("difference", "negative_balance"):
        unit.inbox.vanish(tenant_id, unit.inbox.standing(tenant_id, f"{kind}:{account_id}:") - told, now)
    unit.inbox.raise_(tenant_id, findings, now)


def _tell_key(
    unit: ReconciliationUnit, tenant_id: TenantId, account_id: AccountId, failing: str | None, now: datetime
) -> None:
    identity = f"key_failing:{account_id}"
    if failing is None:
        unit.inbox.vanish(tenant_id, [identity], now)
        return
    finding = Finding(cause=Cause.KEY_FAILING, identity=identity, account_id=account_id, details={"code": failing})
    unit.inbox.raise_(tenant_id, [finding], now)


def _identity(kind: str, account_id: AccountId, key: BalanceKey) -> str:
    return f"{kind}:{account_id}:{key.wallet}:{key.asset}"


def _equal(derived: Decimal, reported: Decimal) -> bool:
    return subtract(reported, derived).copy_abs() < TOLERANCE


def _is_news(known: Check | None, check: Check) -> bool:
    """Whether a comparison is worth keeping as a checkpoint: it differs from the last, and not just for the moment."""
    if 0 < check.cycles_open < CYCLES:
        return False
    if known is None or check.cycles_open == CYCLES:
        return True
    now = (check.derived, check.reported, bool(check.cycles_open))
    return now != (known.derived, known.reported, bool(known.cycles_open))
