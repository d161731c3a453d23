"""A portfolio's totals as intervals, for as long as findings are open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.money import ZERO, Money, add, multiply, parse_amount, subtract
from nightdesk.ledger.inbox import Cause, InboxRow
from nightdesk.ledger.inbox_desk import Worth
from nightdesk.portfolio.model import Portfolio, PriceVerdict, ValuedAsset

_OF_BALANCES: Final = frozenset({Cause.DIFFERENCE, Cause.NEGATIVE_BALANCE, Cause.HISTORY_HORIZON})

WIDENING: Final = _OF_BALANCES | {Cause.MISSING_ACQUISITION}
"""Causes whose findings widen a total."""


@dataclass(frozen=True, slots=True)
class Range:
    """The least and the most that a total can be."""

    low: Decimal
    high: Decimal

    def wider(self, low: Decimal, high: Decimal) -> Range:
        """The range if besides something between the two may have to be added."""
        return Range(add(self.low, min(low, high)), add(self.high, max(low, high)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncertainty:
    """What is not proven about a portfolio, in its base asset.

    Attributes:
        findings: The open ones that widen a total.
        prices: Assets that only one source prices, or two that contradict each other.
    """

    base_asset: AssetId
    value: Range
    realised: Range
    findings: tuple[InboxRow, ...]
    prices: tuple[AssetId, ...] = ()

    @property
    def is_proven(self) -> bool:
        """Whether nothing that is open could change a total."""
        return not self.findings and not self.prices


def uncertainty(portfolio: Portfolio, rows: Sequence[InboxRow], worth: Worth) -> Uncertainty:
    """The totals, widened by what is open; what no price values widens nothing, but is told.

    What only one source prices is in the most and not in the least: nobody says that anyone else would pay for it.
    Where two sources contradict each other, the total lies between both, and so it does once a third has spoken.
    """
    value = Range(portfolio.total.value, portfolio.total.value)
    total = ZERO
    for holding in portfolio.holdings:
        total = add(total, holding.realised_pnl_value or ZERO)
    realised = Range(total, total)
    told: list[InboxRow] = []
    for row in rows:
        if row.finding.cause in _OF_BALANCES:
            missing = _missing(row, worth)
            value = value.wider(min(missing, ZERO), max(missing, ZERO))
            told.append(row)
        elif row.finding.cause is Cause.MISSING_ACQUISITION:
            realised = realised.wider(_valued(row, "delta_low", worth), _valued(row, "delta_high", worth))
            told.append(row)
    doubted = [each for each in portfolio.assets if _is_doubted(portfolio, each)]
    for each in doubted:
        value = value.wider(*_off(portfolio.verdicts[each.asset], each))
    prices = tuple(each.asset for each in doubted)
    return Uncertainty(
        base_asset=portfolio.base_asset, value=value, realised=realised, findings=tuple(told), prices=prices
    )


def _is_doubted(portfolio: Portfolio, asset: ValuedAsset) -> bool:
    verdict = portfolio.verdicts.get(asset.asset)
    return verdict is not None and verdict.low != verdict.high


def _off(verdict: PriceVerdict, asset: ValuedAsset) -> tuple[Decimal, Decimal]:
    """How far its value may be from what it is told as."""
    told = asset.value or ZERO
    low, high = multiply(asset.quantity, verdict.low), multiply(asset.quantity, verdict.high)
    return subtract(low, told), subtract(high, told)


def _missing(row: InboxRow, worth: Worth) -> Decimal:
    """What would have to be added to the derived balance, as the venue says or as history lacks."""
    finding = row.finding
    told = finding.details.get("difference") or finding.details.get("lacking")
    if finding.asset is None or not isinstance(told, str):
        return ZERO
    return worth(Money(parse_amount(told), finding.asset)) or ZERO


def _valued(row: InboxRow, name: str, worth: Worth) -> Decimal:
    told = row.finding.details.get(name)
    return _sum(told.items(), worth) if isinstance(told, Mapping) else ZERO


def _sum(amounts: Iterable[tuple[object, object]], worth: Worth) -> Decimal:
    total = ZERO
    for currency, amount in amounts:
        total = add(total, worth(Money(parse_amount(str(amount)), AssetId(str(currency)))) or ZERO)
    return total
