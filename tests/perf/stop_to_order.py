"""How long a trailing stop takes over the whole desk: from the tick to the order at the venue, and to the alert.

The paper exchange's clock runs with the wall's, so the instant that the venue gives a price and the instant at which it
takes the order are of one clock. Every wait is bounded and each round is printed as it ends, hop by hop; the bench ends
by itself within three minutes on a machine that is not busy, with as many rounds as fit.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import psycopg

from stacks.local.desk import Desk
from stacks.local.plan import Choices
from tests.e2e import stops
from tests.e2e.client import Client
from tests.perf.rows import Row, percentile

STOPS: Final = 30
STOPS_LEAST: Final = 10
WARM: Final = 3
ROUNDS_END_S: Final = 140.0  # after the bench began: what is left is for stopping the desk
ROUNDS_LEAST_S: Final = 75.0  # even where everything else took long
ROUND_S: Final = 30.0
KEPT_READY_S: Final = (
    70.0  # a schedule makes functions ready each minute, for the first time a minute after they are made
)
TRAIL: Final = "0.000001"

_HOPS: Final = """
    SELECT c.instant, c.told_at, f.fired_at, a.taken_at, i.recorded_at, o.sent_at,
      (SELECT min(l.occurred_at) FROM ledger_entries AS l
       WHERE l.tenant_id = o.tenant_id AND l.account_id = o.account_id AND l.order_id = o.venue_order_id),
      (SELECT max(d.delivered_at) FROM alerts AS t
       JOIN alert_deliveries AS d ON d.tenant_id = t.tenant_id AND d.alert_id = t.alert_id
       WHERE t.tenant_id = f.tenant_id AND t.key = format('firing:%%s:1', f.firing_id) AND d.state = 'delivered'
       HAVING count(*) = %(channels)s)
    FROM rule_candidates AS c
    LEFT JOIN rule_firings AS f ON f.tenant_id = c.tenant_id AND f.rule_set_id = c.rule_set_id
    LEFT JOIN action_firings AS a ON a.tenant_id = f.tenant_id AND a.firing_id = f.firing_id
    LEFT JOIN action_intents AS i ON i.tenant_id = a.tenant_id AND i.firing_id = a.firing_id AND i.kind = 'order'
    LEFT JOIN orders AS o ON o.tenant_id = i.tenant_id AND o.order_id = i.order_id
    WHERE c.rule_set_id = %(rule_set)s AND c.outcome IS DISTINCT FROM 'not_true'
    ORDER BY c.outcome = 'fire' DESC NULLS LAST, c.told_at LIMIT 1
"""
_NAMES: Final = (
    "venue's tick -> candidate told by the tracker",
    "candidate told -> decided by rules_evaluate",
    "decided -> taken up by actions_run",
    "taken up -> intent kept",
    "intent kept -> sent through the gateway",
    "sent -> accepted by the exchange",
)


@dataclass(frozen=True, slots=True)
class Chain:
    """One firing's instants: of each hop up to the exchange, and of the last delivery; None where it never came."""

    hops: Sequence[datetime | None]
    delivered_at: datetime | None

    @property
    def is_whole(self) -> bool:
        """Whether everything came."""
        return all(self.hops) and self.delivered_at is not None

    @property
    def order_ms(self) -> float:
        """From the tick to the order."""
        return _ms(self.hops[0], self.hops[-1])

    @property
    def alert_ms(self) -> float:
        """From the tick to the last channel's delivery."""
        return _ms(self.hops[0], self.delivered_at)

    def hop_ms(self, number: int) -> float:
        """How long a hop took."""
        return _ms(self.hops[number], self.hops[number + 1])

    def __str__(self) -> str:
        """Each hop in milliseconds."""
        told = [f"{_ms(begin, end):,.0f}" for begin, end in pairwise(self.hops)]
        return f"{' + '.join(told)} = {self.order_ms:,.0f} ms; alert {self.alert_ms:,.0f} ms"


def bench_stop() -> list[Row]:
    """Trailing stops armed and fired one after another, each selling a little of one position, then telling of it."""
    began = time.monotonic()
    with _desk() as client:
        made = time.monotonic()
        channels = stops.channels(client)
        sold = stops.funded(client, {"BTC": "3", "USDT": "1000"})
        time.sleep(max(0.0, made + KEPT_READY_S - time.monotonic()))
        print(f"  stops begin after {time.monotonic() - began:.0f} s; each hop in ms: {', '.join(_NAMES)}", flush=True)
        chains: list[Chain] = []
        deadline = max(began + ROUNDS_END_S, time.monotonic() + ROUNDS_LEAST_S)
        while len(chains) < WARM + STOPS and time.monotonic() < deadline:
            chains.append(_fire(client, sold.account_id, channels))
            print(f"  stop {len(chains)}: {chains[-1]}", flush=True)
    return _rows(chains)


def _rows(chains: Sequence[Chain]) -> list[Row]:
    whole = [each for each in chains[WARM:] if each.is_whole]
    assert len(whole) >= STOPS_LEAST, f"only {len(whole)} of {len(chains)} stops sold and told"
    lost = sum(not each.is_whole for each in chains)
    first = [Row(name="first firing, functions kept ready, tick -> order", value=chains[0].order_ms, unit="ms")]
    orders_ms, alerts_ms = [each.order_ms for each in whole], [each.alert_ms for each in whole]
    return [
        Row(name=f"stops not sold and told within {ROUND_S:.0f} s, of {len(chains)}", value=lost, unit="", bar="<= 0"),
        *(first if chains[0].is_whole else []),
        *_percentiles(
            "tick -> order at the paper exchange", orders_ms, {0.5: "<= 500", 0.95: "<= 1000", 0.99: "<= 2000"}
        ),
        *_hops(whole),
        *_percentiles("breach -> alert delivered by both channels", alerts_ms, {0.5: "", 0.95: "<= 2000"}),
    ]


def _percentiles(name: str, took_ms: list[float], bars: dict[float, str]) -> list[Row]:
    return [
        Row(name=f"{name}, p{ratio * 100:.0f}", value=percentile(took_ms, ratio), unit="ms", bar=bar)
        for ratio, bar in bars.items()
    ]


def _hops(chains: Sequence[Chain]) -> Iterator[Row]:
    for number, name in enumerate(_NAMES):
        yield from _percentiles(f"  {name}", [each.hop_ms(number) for each in chains], {0.5: "", 0.95: ""})


@contextmanager
def _desk() -> Iterator[Client]:
    """A desk of its own without demo accounts, and a user who is signed in."""
    with tempfile.TemporaryDirectory(prefix="nightdesk-stops-") as folder:
        desk = Desk(Path(folder), Choices(port=0, demo=False))
        try:
            yield Client(desk.start()).sign_in()
        finally:
            desk.stop()
            desk.servers.postgres.forget()


def _fire(client: Client, account_id: str, channels: Sequence[str]) -> Chain:
    """Arm one stop, then follow it until it has sold and told, or has had its time."""
    definition = stops.stop(account_id, TRAIL, {"kind": "notify", "severity": "critical", "channels": list(channels)})
    size = {"unit": "base", "value": "0.001"}
    definition["actions"][0] = {"kind": "sell", "asset": "BTC", "account_id": account_id, "size": size}
    asked = {"rule_set": stops.arm(client, definition), "channels": len(channels)}
    deadline = time.monotonic() + ROUND_S
    with psycopg.connect(stops.database(client), autocommit=True) as connection:
        while True:
            chain = _chain(connection.execute(_HOPS, asked).fetchone())
            if chain.is_whole or time.monotonic() > deadline:
                return chain
            time.sleep(0.1)


def _chain(row: tuple[Any, ...] | None) -> Chain:
    *hops, delivered_at = row or [None] * (len(_NAMES) + 2)
    return Chain(hops, delivered_at)


def _ms(begin: datetime | None, end: datetime | None) -> float:
    """Not a number where one of them never came."""
    return float("nan") if begin is None or end is None else (end - begin).total_seconds() * 1000
