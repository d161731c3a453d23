"""An account of the paper exchange's Binance that goes through everything that can happen beside spot trades."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.servers import Paper

HOUR_MS = 3_600_000
BALANCES = {"USDT": "50000", "ETH": "10", "XRP": "1000"}
"""What it begins with."""


class Doings:
    """The operator's hands on one account."""

    def __init__(self, venue: Paper, key: str) -> None:
        self._venue, self._key = venue, key

    def do(self, name: str, **body: Any) -> Any:
        done: Any = self._venue.admin("POST", f"/accounts/{self._key}/{name}", body)
        return done["items"]

    def hours(self, count: int) -> None:
        self._venue.admin("POST", "/clock", {"advance_ms": count * HOUR_MS})


def live(account: Doings) -> None:
    """Conversions, dust, all that is handed out, earning, and the wallets for funding, margin and futures."""
    account.do("conversions", asset="USDT", amount="1234.5", into="BTC")
    account.do("conversions", asset="ETH", amount="0.5", into="BNB")
    account.do("dust", assets=["XRP"])
    for kind, amount in (("reward", "1.5"), ("staking", "0.001"), ("airdrop", "77"), ("interest", "0.12345678")):
        account.do("dividends", kind=kind, asset="SOL", amount=amount)
    account.do("earn", kind="subscription", asset="USDT", amount="5000")
    account.do("earn", kind="reward", asset="USDT", amount="0.00341")
    account.do("earn", kind="redemption", asset="USDT", amount="1000")
    account.do("wallet-transfers", **{"from": "spot", "to": "funding", "asset": "USDT", "amount": "250"})
    _live_on_margin(account)
    _live_with_contracts(account)


def _live_on_margin(account: Doings) -> None:
    account.do("wallet-transfers", **{"from": "spot", "to": "margin", "asset": "USDT", "amount": "10000"})
    account.do("loans", kind="borrow", asset="ETH", amount="1.5")
    account.do("margin-trades", symbol="ETH/USDT", side="sell", quantity="1")
    account.do("margin-trades", symbol="BTC/USDT", side="buy", quantity="0.05")
    account.hours(5)
    account.do("margin-trades", symbol="ETH/USDT", side="buy", quantity="0.7")
    account.do("loans", kind="repay", asset="ETH", amount="0.9")
    account.do("wallet-transfers", **{"from": "margin", "to": "spot", "asset": "BTC", "amount": "0.01"})


def _live_with_contracts(account: Doings) -> None:
    account.do("wallet-transfers", **{"from": "spot", "to": "futures", "asset": "USDT", "amount": "20000"})
    account.do("contracts", symbol="BTC/USDT", side="buy", quantity="0.3", leverage=10)
    account.do("contracts", symbol="ETH/USDT", side="sell", quantity="4")
    account.hours(17)
    account.do("contracts", symbol="BTC/USDT", side="buy", quantity="0.2")
    account.do("contracts", symbol="BTC/USDT", side="sell", quantity="0.1")
    account.do("contracts", symbol="ETH/USDT", side="buy", quantity="5")
    account.do("wallet-transfers", **{"from": "futures", "to": "spot", "asset": "USDT", "amount": "100"})
    account.hours(9)
