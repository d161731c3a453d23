"""GraphQL types of the API's shapes: the same members, in camelCase.

Resolvers answer the shapes themselves; strawberry reads their members by name.
"""

from __future__ import annotations

import strawberry
from strawberry.scalars import JSON


@strawberry.type(description="So much of an asset.")
class Amount:
    """So much of an asset."""

    amount: str
    asset: str


@strawberry.type(description="An exchange that can be connected, and what it needs.")
class Venue:
    """An exchange that can be connected, and what it needs."""

    venue: str
    name: str
    needs: list[str]


@strawberry.type(description="The user who is signed in.")
class User:
    """The user who is signed in."""

    user_id: strawberry.ID
    email: str
    tenant_id: strawberry.ID
    role: str
    base_asset: str
    display_asset: str
    time_zone: str
    permissions: list[JSON]


@strawberry.type(description="What the venue lets the key do.")
class Permissions:
    """What the venue lets the key do."""

    may_read: bool
    may_trade: bool
    may_withdraw: bool
    ip_bound: bool | None
    checked_at: str | None


@strawberry.type(description="How far the import of an account's history is.")
class ImportProgress:
    """How far the import of an account's history is."""

    import_id: strawberry.ID
    account_id: strawberry.ID
    state: str
    stage: str | None
    rows_recorded: int
    rows_duplicate: int
    rows_skipped: int
    streams_done: int
    streams_total: int
    progress_ratio: float
    eta_s: float | None
    queued_at: str
    started_at: str | None
    finished_at: str | None
    error_code: str | None
    error_message: str | None


@strawberry.type(description="The range that no venue tells and no file has told yet.")
class MissingHistory:
    """The range that no venue tells and no file has told yet."""

    begins_at: str
    ends_at: str


@strawberry.type(description="An account at a venue.")
class Account:
    """An account at a venue."""

    account_id: strawberry.ID
    venue: str
    label: str
    state: str
    state_code: str | None
    key_hint: str | None
    permissions: Permissions | None
    created_at: str
    refreshed_at: str | None
    history_since: str | None
    history_missing: MissingHistory | None
    import_: ImportProgress | None = strawberry.field(name="import")


@strawberry.type(description="The value of everything.")
class Total:
    """The value of everything."""

    value: str
    complete: bool
    priced_at: str | None


@strawberry.type(description="The value of one account.")
class AccountValue:
    """The value of one account."""

    account_id: strawberry.ID
    label: str
    venue: str
    state: str
    value: str | None
    refreshed_at: str | None


@strawberry.type(description="One asset over all accounts; figures in the base asset, null when not known.")
class AssetValue:
    """One asset over all accounts; figures in the base asset, null when not known."""

    asset: str
    quantity: str
    unproven: str
    value: str | None
    price: str | None
    priced_at: str | None
    price_verdict: str | None
    price_sources: int | None
    average_cost: str | None
    realised_pnl: str | None
    unrealised_pnl: str | None
    share_ratio: str | None


@strawberry.type(description="One asset in one account.")
class Holding:
    """One asset in one account."""

    account_id: strawberry.ID
    asset: str
    quantity: str
    reported_quantity: str | None
    reported_at: str | None
    difference: str | None
    unproven: str
    average_cost: list[Amount]
    average_cost_value: str | None
    realised_pnl: list[Amount]
    realised_pnl_value: str | None
    unrealised_pnl_value: str | None
    price: str | None
    priced_at: str | None
    price_verdict: str | None
    price_sources: int | None
    value: str | None
    folded_at: str | None
    stale: bool


@strawberry.type(description="The portfolio of a tenant.")
class Portfolio:
    """The portfolio of a tenant."""

    portfolio_id: strawberry.ID
    base_asset: str
    as_of: str
    total: Total
    accounts: list[AccountValue]
    assets: list[AssetValue]
    holdings: list[Holding]
    unpriced: list[str]
    rates: JSON


@strawberry.type(description="One change of one asset's balance; a negative amount went out.")
class Leg:
    """One change of one asset's balance; a negative amount went out."""

    role: str
    asset: str
    amount: str
    wallet: str


@strawberry.type(description="An entry in the chain of its account.")
class Entry:
    """An entry in the chain of its account."""

    entry_id: strawberry.ID
    account_id: strawberry.ID
    sequence: int
    kind: str
    identity: str
    source: str
    instrument: str | None
    order_id: str | None
    occurred_at: str
    recorded_at: str
    correlation_id: str
    legs: list[Leg]
    previous_hash: str
    hash: str


@strawberry.type(description="Entries, newest first.")
class EntryPage:
    """Entries, newest first."""

    items: list[Entry]
    next_cursor: str | None


@strawberry.type(description="What verifying one account's chain found.")
class ChainReport:
    """What verifying one account's chain found."""

    account_id: strawberry.ID
    entries: int
    head_hash: str
    ok: bool
    first_broken_sequence: int | None
    reason: str | None
    anchored: int
    anchored_at: str | None


@strawberry.type(description="What verifying every chain found.")
class Verification:
    """What verifying every chain found."""

    ok: bool
    verified_at: str
    accounts: list[ChainReport]
