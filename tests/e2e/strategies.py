"""Strategies from templates that trade by themselves, and what may not be said of their books."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any, Final

from tests.e2e.client import Client
from tests.e2e.stops import Sold, arm, holdings, mode, price

HOUR_MS: Final = 3_600_000
MARKETS: Final = {"BTC/USDT", "ETH/USDT", "XRP/USDT", "SOL/USDT"}
"""Where the strategies trade."""

OVER: Final = {"filled", "rejected", "cancelled"}


def armed(client: Client, traded: Sold) -> list[str]:
    """Live, each on a market of its own: an RSI and averages that turn often, a narrow grid, a purchase each day."""
    rsi = {"instrument": "BINANCE:BTC/USDT", "resolution": "1m", "period": "2", "buy_below": "50", "sell_above": "51"}
    last = price(client, "BINANCE:ETH/USDT")
    grid = {
        "instrument": "BINANCE:ETH/USDT",
        "lower": str(last * Decimal("0.998")),
        "upper": str(last * Decimal("1.001")),
    }
    averages = {"instrument": "BINANCE:XRP/USDT", "resolution": "1m", "fast": "2", "slow": "3"}
    planned = {"instrument": "BINANCE:SOL/USDT", "amount": "50", "hour": str(next_hour(client))}
    drafts = [
        *built(client, "rsi", {**rsi, "account": traded.account_id, "spend_ratio": "0.3"}),
        *built(client, "grid", {**grid, "account": traded.account_id, "lines": "6"}),
        *built(client, "moving_averages", {**averages, "account": traded.account_id, "spend_ratio": "0.2"}),
        *built(client, "dca", {**planned, "account": traded.account_id}),
    ]
    return [arm(client, each["definition"], name=each["name"]) for each in drafts]


def next_hour(client: Client) -> int:
    """The next whole hour of the market's clock, in UTC."""
    market_at_ms: int = client.paper("GET", "/clock")["market_at_ms"]
    return (market_at_ms // HOUR_MS + 1) % 24


def built(client: Client, template: str, parameters: dict[str, str]) -> list[dict[str, Any]]:
    """The rule sets of a template, as anybody gets them."""
    answer = client.ask("POST", f"/strategy-templates/{template}/rule-sets", {"parameters": parameters})
    assert answer.status == 200, answer
    rule_sets: list[dict[str, Any]] = answer.body["rule_sets"]
    return rule_sets


def rest(client: Client, rule_set_id: str) -> None:
    """The rule set acts no more."""
    known = client.get(f"/rule-sets/{rule_set_id}")
    if known["mode"] != "paused":
        mode(client, rule_set_id, {"mode": "paused", "version": known["version"]})


def at_venue(client: Client, traded: Sold) -> dict[str, list[dict[str, Any]]]:
    """Orders and fills, as the venue's operator sees them."""
    shown: dict[str, list[dict[str, Any]]] = client.paper("GET", f"/accounts/{traded.key}/orders")
    return shown


def complaints(client: Client, traded: Sold) -> list[str]:
    """What is lost, doubled, unintended or of another amount at this moment; each is a sentence."""
    venue, entries = at_venue(client, traded), list(client.entries(f"account_id={traded.account_id}"))
    stored = client.get(f"/orders?account_id={traded.account_id}&limit=500")["items"]
    return [
        *_of_fills(venue["fills"], entries),
        *_of_orders(venue["orders"], stored),
        *_of_balances(client, traded, entries),
    ]


def _of_fills(fills: list[dict[str, Any]], entries: list[dict[str, Any]]) -> list[str]:
    """Each fill is in the ledger once."""
    made = Counter(f"trade:{each['symbol'].replace('/', '')}:{each['trade_id']}" for each in fills)
    booked = Counter(each["identity"] for each in entries if each["kind"] == "trade")
    lost, more = made - booked, booked - made
    found = [f"{lost.total()} fills are not in the ledger: {sorted(lost)[:3]}"] if lost else []
    return found + ([f"{more.total()} trades were booked that were none: {sorted(more)[:3]}"] if more else [])


def _of_orders(orders: list[dict[str, Any]], stored: list[dict[str, Any]]) -> list[str]:
    """Each order at the venue is one intent of one firing, and is known to be over."""
    placed, known = Counter(each["client_order_id"] for each in orders), {each["client_order_id"] for each in stored}
    of_firings = Counter(each["correlation_id"] for each in stored if each["state"] != "rejected")
    told = {
        "orders were placed without an intent": sorted(placed.keys() - known),
        "orders were placed twice": [name for name, count in placed.items() if count > 1],
        "orders were adopted": [each["client_order_id"] for each in stored if each["adopted"]],
        "orders are no firing's": [each["reason"] for each in stored if not each["reason"].startswith("firing:")],
        "firings placed more than one order": [name for name, count in of_firings.items() if count > 1],
        "intents are not over": [each["state"] for each in stored if each["state"] not in OVER],
        "intents never arrived and are told as filled": [
            each["client_order_id"]
            for each in stored
            if each["state"] == "filled" and not placed[each["client_order_id"]]
        ],
    }
    return [f"{len(which)} {what}: {which[:3]}" for what, which in told.items() if which]


def _of_balances(client: Client, traded: Sold, entries: list[dict[str, Any]]) -> list[str]:
    """The ledger added up, the venue's own books and what the desk says of a difference."""
    summed, reported = _summed(entries), _reported(client, traded)
    found = [f"the ledger comes to {summed}, the venue has {reported}"] if summed != reported else []
    client.ask("POST", f"/accounts/{traded.account_id}/refresh")
    differing = {
        each["asset"]: each["difference"]
        for each in holdings(client, traded.account_id)
        if each["difference"] is None or Decimal(each["difference"]) != 0
    }
    return found + ([f"the desk finds differences: {differing}"] if differing else [])


def _summed(entries: list[dict[str, Any]]) -> dict[str, Decimal]:
    """What the ledger comes to, besides zeros."""
    totals: dict[str, Decimal] = {}
    for leg in (leg for entry in entries for leg in entry["legs"]):
        totals[leg["asset"]] = totals.get(leg["asset"], Decimal(0)) + Decimal(leg["amount"])
    return {asset: amount for asset, amount in totals.items() if amount}


def _reported(client: Client, traded: Sold) -> dict[str, Decimal]:
    """What the venue's own books say."""
    shown = client.paper("GET", f"/accounts/{traded.key}")["balances"]
    return {asset: Decimal(each["free"]) + Decimal(each["locked"]) for asset, each in shown.items()}
