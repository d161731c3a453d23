"""What happens in other wallets has no stream that is heard: it is booked at the next look at the venue."""

from __future__ import annotations

from decimal import Decimal

import pytest

from nightdesk.accounts.model import Account
from tests.builders.binance_wallets import Doings
from tests.integration.account_streamer.rig import Rig

pytestmark = pytest.mark.integration
_DERIVED = "SELECT wallet, asset, sum(amount) FROM ledger_legs WHERE account_id = %s GROUP BY wallet, asset"
_REPORTED = "SELECT wallet, asset, free + locked FROM reported_balances WHERE account_id = %s"


def balances(rig: Rig, account: Account, query: str) -> dict[tuple[str, str], Decimal]:
    return {(wallet, asset): held for wallet, asset, held in rig.desk.rows(query, account.account_id) if held}


def test_futures_and_margin_are_booked_without_an_import(rig: Rig) -> None:
    account = rig.account()
    rig.start(account_streams_reconcile_every_s="2")
    rig.live()
    rig.reconciled()
    doings = Doings(rig.desk.paper, rig.credentials[account.account_id].key)
    for wallet in ("futures", "margin"):
        doings.do("wallet-transfers", **{"from": "spot", "to": wallet, "asset": "USDT", "amount": "5000"})
    doings.do("contracts", symbol="BTC/USDT", side="buy", quantity="0.02")
    doings.do("contracts", symbol="BTC/USDT", side="sell", quantity="0.02")
    doings.do("loans", kind="borrow", asset="ETH", amount="0.5")

    def agrees() -> bool:
        derived = balances(rig, account, _DERIVED)
        is_whole = {("futures", "USDT"), ("margin", "ETH"), ("debt", "ETH")} <= derived.keys()
        return is_whole and derived == balances(rig, account, _REPORTED)

    rig.wait(agrees, "every wallet")
    assert balances(rig, account, _DERIVED)["debt", "ETH"] < Decimal("-0.5")
    assert balances(rig, account, _DERIVED)["futures", "USDT"] < Decimal(5000)
