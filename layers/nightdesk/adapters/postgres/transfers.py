"""Transfers in PostgreSQL: links with their sides, and movements read from the ledger with their routes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from nightdesk.adapters.postgres.database import Connection
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.errors import Conflict
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.ledger.transfers.model import (
    Evidence,
    Link,
    LinkFilter,
    LinkId,
    Movement,
    MovementId,
    movement_id,
    place_of,
)

_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('transfers:' || %s::text, 0))"
# Entries that were taken back are no movements, nor is what paid for an opening lot.
_MOVEMENTS = """
    SELECT entry.account_id, entry.identity, leg.asset, sum(leg.amount) FILTER (WHERE leg.role = 'movement'),
      coalesce(-sum(leg.amount) FILTER (WHERE leg.role = 'fee'), 0), entry.occurred_at, route.tx_hash, route.address,
      route.network
    FROM ledger_entries AS entry
    CROSS JOIN LATERAL (
      SELECT role, asset, amount FROM ledger_legs
      WHERE tenant_id = %(tenant)s AND account_id = entry.account_id AND sequence = entry.sequence
      ORDER BY position
    ) AS leg
    LEFT JOIN transfer_routes AS route ON route.tenant_id = %(tenant)s AND route.account_id = entry.account_id
      AND route.identity = entry.identity
    WHERE entry.tenant_id = %(tenant)s AND entry.kind <> 'trade' AND entry.kind IN ('deposit', 'withdrawal')
      AND entry.identity NOT LIKE 'repair:%%:paid'
      AND NOT EXISTS (SELECT FROM ledger_entries AS taken WHERE taken.tenant_id = %(tenant)s
        AND taken.account_id = entry.account_id AND taken.identity = 'reversal:' || entry.entry_id)
      {more}
    GROUP BY entry.account_id, entry.identity, leg.asset, entry.occurred_at, route.tx_hash, route.address, route.network
    HAVING count(*) FILTER (WHERE leg.role = 'movement') = 1
    ORDER BY entry.occurred_at, entry.account_id, entry.identity
"""
_UNLINKED = _MOVEMENTS.format(
    more="""AND NOT EXISTS (SELECT FROM transfer_sides AS side WHERE side.tenant_id = %(tenant)s AND side.active
        AND side.account_id = entry.account_id AND side.identity = entry.identity)"""
)
_NAMED = _MOVEMENTS.format(
    more="""AND (entry.account_id, entry.identity) IN (SELECT * FROM unnest(%(accounts)s::uuid[], %(names)s::text[]))"""
)
_ADDRESSES = """
    SELECT route.address, array_agg(DISTINCT route.account_id) FROM transfer_routes AS route
    JOIN ledger_entries AS entry USING (tenant_id, account_id, identity)
    WHERE route.tenant_id = %(tenant)s AND entry.kind = 'deposit' AND route.address IS NOT NULL GROUP BY route.address
    UNION ALL
    SELECT sent.address, array_agg(DISTINCT got.account_id)
    FROM transfer_sides AS gone
    JOIN transfer_sides AS got ON got.tenant_id = gone.tenant_id AND got.link_id = gone.link_id AND NOT got.is_out
    JOIN transfer_routes AS sent ON sent.tenant_id = gone.tenant_id AND sent.account_id = gone.account_id
      AND sent.identity = gone.identity
    WHERE gone.tenant_id = %(tenant)s AND gone.active AND gone.is_out AND sent.address IS NOT NULL GROUP BY sent.address
"""
_FORBIDDEN = """
    SELECT gone.account_id, gone.identity, got.account_id, got.identity
    FROM transfer_links AS link JOIN transfer_sides AS gone USING (tenant_id, link_id)
    JOIN transfer_sides AS got USING (tenant_id, link_id)
    WHERE link.tenant_id = %s AND link.unlinked_at IS NOT NULL AND gone.is_out AND NOT got.is_out
"""
_ADD_LINK = """
    INSERT INTO transfer_links (tenant_id, link_id, score, evidence, linked_by, linked_at)
    VALUES (%s, %s, %s, %s, %s, %s)
"""
_ADD_SIDES = """
    INSERT INTO transfer_sides (tenant_id, link_id, account_id, identity, is_out, asset, amount, fee, occurred_at,
      active)
    SELECT %s, %s, *, true FROM unnest(%s::uuid[], %s::text[], %s::boolean[], %s::text[], %s::numeric[], %s::numeric[],
      %s::timestamptz[])
    ON CONFLICT DO NOTHING
"""
_LINKS: Final = "link_id, score, evidence, linked_by, linked_at, unlinked_by, unlinked_at"
_GET = f"SELECT {_LINKS} FROM transfer_links WHERE tenant_id = %s AND link_id = %s FOR UPDATE"  # noqa: S608 - constants
_SIDES = """
    SELECT side.link_id, side.account_id, side.identity, side.asset, side.amount, side.fee, side.occurred_at,
      route.tx_hash, route.address, route.network
    FROM transfer_sides AS side LEFT JOIN transfer_routes AS route USING (tenant_id, account_id, identity)
    WHERE side.tenant_id = %s AND side.link_id = ANY(%s) ORDER BY side.occurred_at, side.account_id, side.identity
"""
_UNLINK = "UPDATE transfer_links SET unlinked_by = %s, unlinked_at = %s WHERE tenant_id = %s AND link_id = %s"
_LET_GO = "UPDATE transfer_sides SET active = false WHERE tenant_id = %s AND link_id = %s"
_PAGE = f"""
    SELECT {_LINKS} FROM transfer_links AS link
    WHERE tenant_id = %(tenant)s AND (%(linked)s::boolean IS NULL OR (unlinked_at IS NULL) = %(linked)s)
      AND (%(at)s::timestamptz IS NULL OR (linked_at, link_id) < (%(at)s, %(id)s))
      AND ((%(account)s::uuid IS NULL AND %(asset)s::text IS NULL) OR EXISTS (
        SELECT FROM transfer_sides AS side WHERE side.tenant_id = link.tenant_id AND side.link_id = link.link_id
          AND (%(account)s::uuid IS NULL OR side.account_id = %(account)s)
          AND (%(asset)s::text IS NULL OR side.asset = %(asset)s)))
    ORDER BY linked_at DESC, link_id DESC LIMIT %(limit)s
"""  # noqa: S608 - constants
_ACTIVE = f"""
    SELECT {_LINKS} FROM transfer_links
    WHERE tenant_id = %s AND unlinked_at IS NULL AND (%s::text[] IS NULL OR link_id IN (
      SELECT link_id FROM transfer_sides WHERE tenant_id = transfer_links.tenant_id AND asset = ANY(%s)))
    ORDER BY linked_at, link_id
"""  # noqa: S608 - constants

Row = Sequence[Any]


class PostgresTransferStore:
    """Transfers in the transaction of one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def lock(self, tenant_id: TenantId) -> None:
        """Let nobody else match the tenant's transfers until the transaction ends."""
        self._connection.execute(_LOCK, (tenant_id,))

    def unlinked(self, tenant_id: TenantId) -> tuple[Movement, ...]:
        """Deposits and withdrawals that stand in the ledger and are in no link."""
        return tuple(map(_movement, self._connection.execute(_UNLINKED.encode(), {"tenant": tenant_id})))

    def movements(self, tenant_id: TenantId, movement_ids: Collection[MovementId]) -> tuple[Movement, ...]:
        """Those of the deposits and withdrawals that stand in the ledger, linked or not."""
        places = [place_of(each) for each in movement_ids]
        parameters = {
            "tenant": tenant_id,
            "accounts": [account for account, _ in places],
            "names": [identity for _, identity in places],
        }
        return tuple(map(_movement, self._connection.execute(_NAMED.encode(), parameters)))

    def addresses(self, tenant_id: TenantId) -> Mapping[str, frozenset[AccountId]]:
        """Which accounts have taken deposits at which addresses."""
        known: dict[str, frozenset[AccountId]] = {}
        for address, accounts in self._connection.execute(_ADDRESSES, {"tenant": tenant_id}):
            known[address] = known.get(address, frozenset()) | frozenset(map(AccountId, accounts))
        return known

    def forbidden(self, tenant_id: TenantId) -> frozenset[frozenset[MovementId]]:
        """Pairs that were taken apart."""
        rows = self._connection.execute(_FORBIDDEN, (tenant_id,))
        return frozenset(
            frozenset((movement_id(AccountId(out), sent), movement_id(AccountId(into), got)))
            for out, sent, into, got in rows
        )

    def add(self, tenant_id: TenantId, link: Link) -> None:
        """Keep a link.

        Raises:
            Conflict: One of its movements is in another link.
        """
        evidence = [each.value for each in link.evidence]
        row = (tenant_id, link.link_id, link.score, evidence, link.linked_by, link.linked_at)
        self._connection.execute(_ADD_LINK, row)
        places = [place_of(each.movement_id) for each in link.movements]
        columns = (
            [account for account, _ in places],
            [identity for _, identity in places],
            [each.is_out for each in link.movements],
            [each.asset for each in link.movements],
            [each.amount for each in link.movements],
            [each.fee for each in link.movements],
            [each.at for each in link.movements],
        )
        kept = self._connection.execute(_ADD_SIDES, (tenant_id, link.link_id, *columns)).rowcount
        if kept != len(places):
            raise Conflict("transfers.linked", "One of these movements is in another transfer.")

    def get(self, tenant_id: TenantId, link_id: LinkId) -> Link | None:
        """The link, its row locked until the transaction ends."""
        rows = self._connection.execute(_GET, (tenant_id, link_id)).fetchall()
        return next(iter(self._links(tenant_id, rows)), None)

    def unlink(self, tenant_id: TenantId, link_id: LinkId, by: str, at: datetime) -> None:
        """Take a link apart, keeping that it was."""
        self._connection.execute(_UNLINK, (by, at, tenant_id, link_id))
        self._connection.execute(_LET_GO, (tenant_id, link_id))

    def page(
        self, tenant_id: TenantId, wanted: LinkFilter, before: tuple[datetime, LinkId] | None, limit: int
    ) -> Sequence[Link]:
        """At most so many links, the newest first."""
        parameters = {
            "tenant": tenant_id,
            "linked": wanted.linked,
            "account": wanted.account_id,
            "asset": wanted.asset,
            "at": before and before[0],
            "id": before and before[1],
            "limit": limit,
        }
        return self._links(tenant_id, self._connection.execute(_PAGE, parameters).fetchall())

    def active(self, tenant_id: TenantId, assets: Collection[AssetId] | None = None) -> Sequence[Link]:
        """Every link that stands, of these assets or of all."""
        wanted = None if assets is None else list(assets)
        rows = self._connection.execute(_ACTIVE, (tenant_id, wanted, wanted)).fetchall()
        return self._links(tenant_id, rows)

    def _links(self, tenant_id: TenantId, rows: Sequence[Row]) -> list[Link]:
        sides: dict[LinkId, list[Movement]] = {LinkId(row[0]): [] for row in rows}
        for link_id, *side in self._connection.execute(_SIDES, (tenant_id, list(sides))):
            sides[LinkId(link_id)].append(_movement(side))
        return [_link(row, sides[LinkId(row[0])]) for row in rows]


def _link(row: Row, sides: Iterable[Movement]) -> Link:
    link_id, score, evidence, linked_by, linked_at, unlinked_by, unlinked_at = row
    every = tuple(sides)
    return Link(
        link_id=LinkId(link_id),
        outs=tuple(each for each in every if each.is_out),
        ins=tuple(each for each in every if not each.is_out),
        score=score,
        evidence=tuple(map(Evidence, evidence)),
        linked_by=linked_by,
        linked_at=linked_at,
        unlinked_by=unlinked_by,
        unlinked_at=unlinked_at,
    )


def _movement(row: Row) -> Movement:
    account, identity, asset, amount, fee, at, tx_hash, address, network = row
    return Movement(
        movement_id=movement_id(AccountId(account), identity),
        account_id=AccountId(account),
        asset=AssetId(asset),
        amount=amount,
        fee=max(fee, type(fee)(0)),
        at=at,
        tx_hash=tx_hash,
        address=address,
        network=network,
    )
