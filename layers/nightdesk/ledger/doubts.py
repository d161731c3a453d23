"""When a source tells of an event that the ledger holds, but tells it differently."""

from __future__ import annotations

from decimal import Decimal

from nightdesk.kernel.assets import AssetId, Wallet
from nightdesk.ledger.model import Fact, Leg, LegRole

CONTRADICTED = "ledger.contradicted"
"""The code under which it is logged."""


def contradicts(told: Fact, known: Fact) -> bool:
    """Whether two facts of one identity can't both be true.

    Which way it came and whether the order is named may differ; what happened, when, where, and every leg may not.
    """
    orders_differ = None not in (told.order_id, known.order_id) and told.order_id != known.order_id
    return orders_differ or _essence(told) != _essence(known)


def _essence(fact: Fact) -> tuple[object, ...]:
    return fact.kind, fact.instrument, fact.occurred_at, sorted(map(_leg, fact.legs))


def _leg(leg: Leg) -> tuple[LegRole, AssetId, Decimal, Wallet]:
    return leg.role, leg.asset, leg.amount, leg.wallet
