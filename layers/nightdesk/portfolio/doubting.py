"""Sales of what nobody knows the cost of: each account's asset is one finding, with its realised PnL as an interval."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.kernel.money import ZERO, Money, format_amount, subtract
from nightdesk.ledger.inbox import Cause, Finding, InboxStore
from nightdesk.ledger.inbox_findings import fact_document
from nightdesk.ledger.model import Fact, LegRole
from nightdesk.ledger.ports import LedgerStore
from nightdesk.lots.average_cost import Amounts
from nightdesk.lots.intervals import Interval, Known, interval
from nightdesk.portfolio.ports import HoldingStore

MISSING: Final = "missing_acquisition:"
ENTRIES_MAX: Final = 300_000
"""Longer ledgers are not read whole for this: their totals say no interval."""

CASH: Final = frozenset(
    map(AssetId, ("USDT", "USDC", "BUSD", "FDUSD", "TUSD", "DAI", "USD", "EUR", "GBP", "CHF", "TRY"))
)
"""Money is worth its face: what it cost when it came is no question."""

_TOLD_MAX: Final = 20
_log = logging.getLogger(__name__)


class AcquisitionDoubts:
    """Keeps the findings of missing acquisitions equal to what the ledger says."""

    def __init__(self, ledger: LedgerStore, holdings: HoldingStore, inbox: InboxStore) -> None:
        self._ledger = ledger
        self._holdings = holdings
        self._inbox = inbox

    def look(self, tenant_id: TenantId, account_id: AccountId, at: datetime) -> None:
        """Look through one account's ledger; done again it changes nothing."""
        if self._ledger.head(tenant_id, account_id).sequence > ENTRIES_MAX:
            _log.warning("a long ledger is not looked through", extra={"account_id": str(account_id)})
            return
        by_asset = self._facts(tenant_id, account_id)
        known = self._holdings.brought(tenant_id, account_id, by_asset.keys())
        held = self._holdings.get(tenant_id, account_id, by_asset.keys())
        findings = []
        for asset, facts in sorted(by_asset.items()):
            mine = {name: (each.proven, each.cost) for (of, name), each in known.items() if of == asset}
            realised = held[asset].position.realised if asset in held else {}
            findings += _findings(account_id, asset, facts, mine, realised)
        prefix = f"{MISSING}{account_id}:"
        gone = self._inbox.standing(tenant_id, prefix) - {finding.identity for finding in findings}
        self._inbox.vanish(tenant_id, gone, at)
        self._inbox.raise_(tenant_id, findings, at)

    def _facts(self, tenant_id: TenantId, account_id: AccountId) -> dict[AssetId, list[Fact]]:
        assets = self._holdings.assets(tenant_id, account_id) - CASH
        by_asset: dict[AssetId, list[Fact]] = defaultdict(list)
        for entry in self._ledger.history(tenant_id, account_id, assets) if assets else ():
            for asset in {leg.asset for leg in entry.fact.legs} & assets:
                by_asset[asset].append(entry.fact)
        return by_asset


def _findings(
    account_id: AccountId, asset: AssetId, facts: Sequence[Fact], known: Known, realised: Amounts
) -> list[Finding]:
    found = interval(facts, asset, known)
    if found.is_point or not found.events:
        return []
    by_identity = {fact.identity: fact for fact in facts}
    first = by_identity[found.events[0]]
    arrival = by_identity[found.arrivals[0]] if found.arrivals else None
    return [
        Finding(
            cause=Cause.MISSING_ACQUISITION,
            identity=f"{MISSING}{account_id}:{asset}",
            account_id=account_id,
            asset=asset,
            occurred_at=first.occurred_at,
            at_stake=_stake(found),
            details={
                "identity": first.identity,
                "arrival": None if arrival is None else {"identity": arrival.identity, **fact_document(arrival)},
                "quantity": format_amount(_quantity(arrival, asset) if arrival else found.lacking),
                "events": list(found.events[:_TOLD_MAX]),
                "count": len(found.events),
                "realised_low": _texts(found.low),
                "realised_high": _texts(found.high),
                "delta_low": _texts(_less(found.low, realised)),
                "delta_high": _texts(_less(found.high, realised)),
            },
        )
    ]


def _quantity(arrival: Fact, asset: AssetId) -> Decimal:
    return next(leg.amount for leg in arrival.legs if leg.asset == asset and leg.role is LegRole.MOVEMENT)


def _stake(found: Interval) -> Money | None:
    """How wide the interval is, in the currency in which it is widest."""
    wide = _less(found.high, found.low)
    currency = max(wide, key=lambda each: wide[each].copy_abs())
    return Money(wide[currency].copy_abs(), currency)


def _less(amounts: Amounts, taken: Amounts) -> dict[AssetId, Decimal]:
    currencies = amounts.keys() | taken.keys()
    differences = {each: subtract(amounts.get(each, ZERO), taken.get(each, ZERO)) for each in sorted(currencies)}
    return {currency: amount for currency, amount in differences.items() if amount}


def _texts(amounts: Mapping[AssetId, Decimal]) -> dict[str, str]:
    return {currency: format_amount(amount) for currency, amount in sorted(amounts.items())}
