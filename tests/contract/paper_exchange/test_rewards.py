"""Rewards, interest and conversions at the further venues: what the desk imports adds up to what they report."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from ccxt.pro.kraken import kraken

from nightdesk.accounts.model import Credential, KnownHistory
from nightdesk.adapters.exchange.route import Route
from nightdesk.adapters.exchange.sessions import ExchangeSession, ExchangeSessions
from nightdesk.kernel.assets import VenueId
from nightdesk.ledger.model import EntryKind
from nightdesk.runtime.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nightdesk.ledger.model import Fact
    from tests.servers import Paper

    from .conftest import OpenClient

HAPPENINGS: dict[str, list[tuple[str, dict[str, str]]]] = {
    "coinbase": [
        ("dividends", {"kind": "staking", "asset": "ETH", "amount": "0.00123456"}),
        ("dividends", {"kind": "airdrop", "asset": "SOL", "amount": "2.5"}),
        ("dividends", {"kind": "interest", "asset": "USDC", "amount": "0.01"}),
        ("conversions", {"asset": "ETH", "amount": "1.25", "into": "BTC"}),
        ("conversions", {"asset": "BTC", "amount": "0.001", "into": "SOL"}),
    ],
    "kraken": [
        *[("dividends", {"kind": "staking", "asset": "ETH", "amount": f"0.00{number}"}) for number in range(101, 160)],
        ("dividends", {"kind": "reward", "asset": "BTC", "amount": "0.0000001"}),
        ("dividends", {"kind": "airdrop", "asset": "SOL", "amount": "2.5"}),
    ],
    "bitfinex": [
        ("dividends", {"kind": "interest", "asset": "USD", "amount": "1.23456789"}),
        ("dividends", {"kind": "interest", "asset": "ETH", "amount": "0.00000001"}),
    ],
}
KINDS = {
    "coinbase": {EntryKind.REWARD: 2, EntryKind.INTEREST: 1, EntryKind.TRADE: 2},
    "bitfinex": {EntryKind.INTEREST: 2},
    "kraken": {EntryKind.REWARD: 60, EntryKind.AIRDROP: 1},
}


@pytest.fixture
def sessions(venue: Paper) -> Iterator[ExchangeSessions]:
    made = ExchangeSessions(Route.parse(venue.route), SystemClock())
    yield made
    made.close()


def read_all(session: ExchangeSession) -> list[Fact]:
    facts: dict[str, Fact] = {}
    for start in session.streams(KnownHistory()):
        cursor: Any = start.cursor
        while True:
            page = session.history_page(start.stream, cursor)
            assert page.skips == ()
            facts |= {fact.identity: fact for fact in page.facts}
            cursor = page.cursor
            if page.finished:
                break
    return list(facts.values())


def test_krakens_ledger_tells_every_change_with_the_balance_after_it(venue: Paper, open_client: OpenClient) -> None:
    history = {"kind": "seeded", "seed": 3, "trades": 12, "days": 9, "symbols": ["BTC/USD", "ETH/USD"]}
    made: Any = venue.admin("POST", "/accounts", {"venue": "kraken", "history": history})

    async def journey() -> None:
        async with open_client(made, make=kraken) as client:
            held = (await client.private_post_balance())["result"]
            said = (await client.private_post_ledgers())["result"]
            lines = await client.fetch_ledger()
        newest: dict[str, str] = {}
        for line in said["ledger"].values():
            newest.setdefault(line["asset"], line["balance"])
        assert len(newest) == 3
        assert {asset: Decimal(amount) for asset, amount in newest.items()} == {
            asset: Decimal(held[asset]) for asset in newest
        }
        assert int(said["count"]) >= len(lines) > 12
        assert {line["type"] for line in lines} == {"trade", "transaction"}

    asyncio.run(journey())


@pytest.mark.parametrize("name", sorted(HAPPENINGS))
def test_what_a_venue_hands_out_and_converts_adds_up(venue: Paper, sessions: ExchangeSessions, name: str) -> None:
    if name == "kraken":
        venue.admin("POST", "/limits", {"venue": name, "counter_max": 10_000, "public_max": 10_000})
    history = {"kind": "empty", "balances": {"ETH": "10", "USD": "1000"}}
    made: Any = venue.admin("POST", "/accounts", {"venue": name, "history": history})
    for path, body in HAPPENINGS[name]:
        venue.admin("POST", f"/accounts/{quote(made['key'], safe='')}/{path}", body)
    with sessions.try_out(VenueId(name), Credential(made["key"], made["secret"])) as session:
        facts = read_all(session)
        totals: defaultdict[str, Decimal] = defaultdict(Decimal)
        for fact in facts:
            for leg in fact.legs:
                totals[leg.asset] += leg.amount
        assert totals == {row.asset: row.free + row.locked for row in session.balances()}
    counted = {kind: sum(fact.kind is kind for fact in facts) for kind in KINDS[name]}
    assert counted == KINDS[name]
