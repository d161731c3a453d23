"""What a venue recorded arrives in the ledger digit for digit."""

import gzip
import json
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.client import Client

pytestmark = pytest.mark.e2e

DEPOSITS = 2
RECORDING = "trades/binance-XRP_ETH-trades-raw.json.gz"


def told(entry: dict[str, Any]) -> tuple[str, str, Decimal, Decimal]:
    """Identity, instant, base and quote amount of a ledger entry."""
    legs = {leg["role"]: Decimal(leg["amount"]) for leg in entry["legs"]}
    return entry["identity"], entry["occurred_at"], legs["base"], legs["quote"]


def recorded_trade(row: dict[str, Any]) -> tuple[str, str, Decimal, Decimal]:
    """The same, straight from the file."""
    raw = row["info"]
    amount, price = Decimal(raw["q"]), Decimal(raw["p"])
    sign = -1 if raw["m"] else 1
    instant = row["datetime"].replace("Z", "000Z")
    return f"trade:XRPETH:{row['id']}", instant, sign * amount, -sign * amount * price


def test_the_recorded_trades_equal_the_file(client: Client, recorded: Path) -> None:
    path = recorded / RECORDING
    rows = json.loads(gzip.decompress(path.read_bytes()))
    key = client.make_key({"kind": "trades_file", "path": str(path)})
    account_id = client.connect(key, "Recorded trades").body["account_id"]
    # The import asks for seven years of withdrawals last, at the ten questions a minute that Binance answers.
    client.await_rows(account_id, len(rows) + DEPOSITS)
    entries = list(client.entries(f"account_id={account_id}&kind=trade"))
    assert len(entries) == len(rows) == 12_477
    assert Counter(map(told, entries)) == Counter(map(recorded_trade, rows))


def test_ten_equal_fills_stay_ten(client: Client) -> None:
    key = client.make_key({"kind": "seeded", "seed": 7, "trades": 20})
    client.paper("POST", f"/accounts/{key['key']}/fills", {
        "symbol": "BTC/USDT", "side": "buy", "price": "100", "quantity": "0.001", "count": 10,
    })  # fmt: skip
    account_id = client.connect(key, "Ten equal fills").body["account_id"]
    assert client.await_import(account_id)["state"] == "done"
    wanted = (Decimal("0.001"), Decimal("-0.1"))
    equal = [
        entry
        for entry in client.entries(f"account_id={account_id}&kind=trade")
        if tuple(Decimal(leg["amount"]) for leg in entry["legs"][:2]) == wanted
    ]
    assert len(equal) == 10
    assert len({entry["identity"] for entry in equal}) == 10
