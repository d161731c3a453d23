"""What a wallet's transactions tell besides transfers: rewards, airdrops, interest, and each side of a conversion.

Source: https://docs.cdp.coinbase.com/coinbase-app/track-apis/transactions (transaction types), 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final, NamedTuple

from fargate.paper_exchange.engine.wallets.model import Conversion, Dividend, DividendKind
from fargate.paper_exchange.engine.wallets.store import Asked
from fargate.paper_exchange.faces.coinbase.call import Call
from fargate.paper_exchange.faces.coinbase.names import instant
from nightdesk.kernel.money import format_amount

_EVERY: Final = Asked(limit=1 << 40)
_TYPES: Final = {
    DividendKind.REWARD: "inflation_reward",
    DividendKind.STAKING: "staking_reward",
    DividendKind.AIRDROP: "incentives_rewards_payout",
    DividendKind.INTEREST: "interest",
}


class Told(NamedTuple):
    """A transaction and its place among others."""

    at_ms: int
    name: str
    row: dict[str, Any]


def told(call: Call, asset: str) -> Iterator[Told]:
    """Of one wallet, in no order."""
    kept, account_id = call.exchange.wallets.kept, call.account.account_id
    for handed_out in kept.happenings(Dividend, account_id, _EVERY):
        if handed_out.key == asset:
            name = f"dividend-{handed_out.number}"
            yield _told(name, (handed_out.at_ms, asset, handed_out.amount), _TYPES[handed_out.kind])
    for conversion in kept.happenings(Conversion, account_id, _EVERY):
        deal = {"trade": {"id": f"conversion-{conversion.number}", "resource": "trade"}}
        given, taken = -conversion.from_amount, conversion.to_amount
        for side, amount in ((conversion.from_asset, given), (conversion.to_asset, taken)):
            if side == asset:
                half = _told(f"conversion-{conversion.number}-{asset}", (conversion.at_ms, asset, amount), "trade")
                yield half._replace(row=half.row | deal)


def _told(name: str, moved: tuple[int, str, Decimal], kind: str) -> Told:
    at_ms, asset, amount = moved
    row = {
        "id": name,
        "type": kind,
        "status": "completed",
        "amount": {"amount": format_amount(amount), "currency": asset},
        "description": None,
        "created_at": instant(at_ms),
        "updated_at": instant(at_ms),
        "resource": "transaction",
    }
    return Told(at_ms, name, row)
