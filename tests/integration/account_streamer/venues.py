"""Accounts at the further venues, and what their operator does to them."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from nightdesk.accounts.model import Account, ImportState
from tests.integration.account_streamer.rig import Rig

UNHURRIED = {
    "bitfinex": {"requests_permille": 100_000},
    "coinbase": {"private_a_second": 100_000, "app_an_hour": 1_000_000},
    "htx": {"private_a_second": 100_000, "public_in_3s": 100_000},
    "kraken": {"counter_max": 100_000, "engine_max": 100_000, "public_max": 100_000},
}
QUOTES = {"bitfinex": "USD", "coinbase": "USD", "htx": "USDT", "kraken": "USD"}


def connected(rig: Rig, venue: str) -> Account:
    """An account at the venue, connected and imported."""
    rig.desk.paper.admin("POST", "/limits", {"venue": venue, **UNHURRIED[venue]})
    history = {"kind": "empty", "balances": {QUOTES[venue]: "1000000", "BTC": "5"}}
    credential = rig.desk.open_at_venue(history, venue=venue)
    account = rig.desk.connect(credential, venue=venue)
    rig.credentials[account.account_id] = credential
    assert rig.desk.import_all(account).state is ImportState.DONE
    return account


def at_venue(rig: Rig, account: Account, what: str, **told: Any) -> Any:
    """Have something happen to the account at the venue."""
    key = quote(rig.credentials[account.account_id].key, safe="")
    return rig.desk.paper.admin("POST", f"/accounts/{key}/{what}", told)


def fill(rig: Rig, account: Account, **told: Any) -> None:
    """Fills at the venue."""
    symbol = f"BTC/{QUOTES[account.venue]}"
    at_venue(rig, account, "fills", **{"symbol": symbol, "side": "sell", "quantity": "0.001"} | told)
