"""Kill parts of a running desk at random and see that nothing is lost or doubled: `python -m tests.chaos --minutes 10`.

The market of the desk's paper exchange runs fast, so that a bar of fifteen minutes passes in seconds. Meanwhile fills
happen at an account, strategies trade on another, and every few seconds one process gets SIGKILL. Afterwards each fill
must stand in the ledger once, every order of the strategies must be one intent of one firing and their books must equal
the venue's, every chain must verify, and every boundary must have its bar, of markets and of the portfolio.

`--kill` with no names makes it a soak: the same, undisturbed.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stacks.local.desk import Desk, forget
from stacks.local.plan import Choices
from tests.e2e import strategies
from tests.e2e.client import Client
from tests.e2e.stops import Sold, funded

KILLED = (
    "market_streamer",
    "candle_writer",
    "portfolio_tracker",
    "account_streamer",
    "feed_gateway",
    "valkey",
    "postgres",
    "cloud",
)
SPEED = 60
BAR_MS = 900_000
MINUTE_MS = 60_000
CONVERGE_S = 180


@dataclass(slots=True)
class Trial:
    """One run against one desk."""

    client: Client
    account_id: str
    key: str
    dice: random.Random
    traded: Sold
    strategies: list[str]
    killed: Counter[str] = field(default_factory=Counter)
    fills: list[str] = field(default_factory=list)

    def disturb(self, names: Sequence[str]) -> None:
        """Kill one process, if it runs."""
        name = self.dice.choice(names)
        process_id = self.client.desk.process_ids().get(name)
        if process_id:
            os.kill(process_id, signal.SIGKILL)
            self.killed[name] += 1

    def fill(self) -> None:
        """Let something fill at the venue."""
        side = self.dice.choice(["buy", "sell"])
        body = {"symbol": "BTC/USDT", "side": side, "quantity": "0.0001", "count": self.dice.randint(1, 3)}
        made = self.client.paper("POST", f"/accounts/{self.key}/fills", body)
        self.fills += [f"trade:BTCUSDT:{trade_id}" for trade_id in made["trade_ids"]]

    def rest(self) -> None:
        """Let the strategies act no more."""
        for rule_set_id in self.strategies:
            strategies.rest(self.client, rule_set_id)

    def complaints(self, since_ms: int, until_ms: int) -> list[str]:
        """What is lost, doubled or wrong at this moment."""
        entries = Counter(entry["identity"] for entry in self.client.entries(f"account_id={self.account_id}"))
        lost = [identity for identity in self.fills if not entries[identity]]
        doubled = [identity for identity, count in entries.items() if count > 1]
        found = [f"{len(lost)} fills lost: {lost[:3]}"] if lost else []
        found += [f"{len(doubled)} entries doubled: {doubled[:3]}"] if doubled else []
        found += [f"strategies: {each}" for each in strategies.complaints(self.client, self.traded)]
        verified = self.client.get("/ledger/verify")
        found += [] if verified["ok"] else [f"a chain is broken: {verified}"]
        portfolio = f"PORTFOLIO:{self.client.get('/portfolio')['portfolio_id']}"
        for series, resolution, step in ((portfolio, "15m", BAR_MS), ("BINANCE:BTC/USDT", "1m", MINUTE_MS)):
            found += self._holes(series, resolution, step, (since_ms, until_ms))
        return found

    def _holes(self, series: str, resolution: str, step: int, span: tuple[int, int]) -> list[str]:
        bars = Counter(bar[0] for bar in self._bars(series, resolution, span))
        wanted = range(-(-span[0] // step) * step, span[1] // step * step, step)
        missing = [at for at in wanted if not bars[at]]
        doubled = [at for at, count in bars.items() if count > 1]
        found = [f"{series} {resolution}: {len(missing)} of {len(wanted)} bars missing"] if missing else []
        return found + ([f"{series} {resolution}: {len(doubled)} bars doubled"] if doubled else [])

    def _bars(self, series: str, resolution: str, span: tuple[int, int]) -> list[Any]:
        bars: list[Any] = []
        since: int | None = span[0]
        while since is not None:
            query = f"series={series}&resolution={resolution}&from={since}&to={span[1]}&limit=1000"
            page = self.client.get(f"/candles?{query}")
            bars += page["items"]
            since = page["next_from"]
        return bars


def run(desk: Desk, minutes: float, names: Sequence[str], seed: int) -> int:
    """Disturb a running desk, wait until it has converged, and say what is wrong."""
    client = Client(desk).sign_in()
    key = client.make_key({"kind": "empty", "balances": {"USDT": "1000000", "BTC": "10"}}, label="chaos")
    account_id = client.connect(key, "Chaos").body["account_id"]
    client.await_import(account_id)
    traded = funded(client, {"USDT": "20000"}, label="Chaos strategies")
    armed = strategies.armed(client, traded)
    trial = Trial(client, account_id, key["key"], random.Random(seed), traded, armed)
    time.sleep(2 * BAR_MS / 1000 / SPEED)  # bars before the first whole one are nobody's
    since_ms = client.paper("GET", "/clock")["market_at_ms"] + BAR_MS
    deadline = time.monotonic() + minutes * 60
    while time.monotonic() < deadline:
        trial.fill()
        if names and trial.dice.random() < 0.3:
            trial.disturb(names)
        time.sleep(1)
    until_ms = client.paper("GET", "/clock")["market_at_ms"] - BAR_MS
    complaints = converge(trial, since_ms, until_ms)
    traded_fills = len(strategies.at_venue(client, traded)["fills"])
    print(f"killed: {dict(trial.killed)}; fills: {len(trial.fills)} and {traded_fills} of strategies;", end=" ")
    print(f"bars: {(until_ms - since_ms) // BAR_MS}")
    print("\n".join(complaints) or "nothing lost, nothing doubled")
    return 1 if complaints else 0


def converge(trial: Trial, since_ms: int, until_ms: int) -> list[str]:
    """Ask again until nothing is wrong or the time is over."""
    deadline = time.monotonic() + CONVERGE_S
    complaints = ["the desk did not answer"]
    while complaints and time.monotonic() < deadline:
        time.sleep(5)
        try:
            trial.client.sign_in()
            trial.rest()
            complaints = trial.complaints(since_ms, until_ms)
        except (AssertionError, OSError, KeyError, TypeError) as error:
            complaints = [f"the desk did not answer: {error!r:.300}"]
    return complaints


def main() -> int:
    """Start a desk of its own, run, and forget it."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--kill", nargs="*", default=list(KILLED), help="names of processes; none for a soak")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    said = parser.parse_args()
    print(f"seed: {said.seed}", flush=True)
    state_dir = Path(tempfile.mkdtemp(prefix="nightdesk-chaos-"))
    try:
        with Desk(state_dir, Choices(port=0, speed=str(SPEED)), report=print) as desk:
            return run(desk, said.minutes, said.kill, said.seed)
    finally:
        forget(state_dir)


if __name__ == "__main__":
    sys.exit(main())
