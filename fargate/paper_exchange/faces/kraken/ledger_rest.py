"""The account's ledger over REST: a line for each change of a balance.

Source: https://docs.kraken.com/api/docs/rest-api/get-ledgers (types deposit, withdrawal, trade, staking, transfer; a
transfer without a subtype is what was handed out), 2026-11.
"""

from __future__ import annotations

from base64 import b32hexencode
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from hashlib import sha256
from typing import Any, Final, NamedTuple

from fargate.paper_exchange.engine.model import Side, TransferKind
from fargate.paper_exchange.engine.store.history import FOREVER_MS, FillPage
from fargate.paper_exchange.engine.wallets.model import Dividend, DividendKind
from fargate.paper_exchange.engine.wallets.store import Asked
from fargate.paper_exchange.faces.kraken.account_rest import PAGE, window
from fargate.paper_exchange.faces.kraken.call import Call
from fargate.paper_exchange.faces.kraken.names import asset_name, asset_of
from fargate.paper_exchange.faces.kraken.payloads import seconds
from nightdesk.kernel.money import ZERO, add, format_amount, subtract

_EVERYTHING: Final = 1 << 40


class _Line(NamedTuple):
    at_ms: int
    reference: str
    kind: str
    asset: str
    amount: Decimal
    fee: Decimal

    @property
    def name(self) -> str:
        """`LXXXXX-XXXXX-XXXXXX`."""
        text = f"{self.reference}:{self.kind}:{self.asset}:{self.amount}"
        code = b32hexencode(sha256(text.encode()).digest()).decode()
        return f"L{code[:5]}-{code[5:10]}-{code[10:16]}"


def ledgers(call: Call) -> Any:
    """`POST /0/private/Ledgers`: newest first, 50 a page; `start` excluded, `end` included."""
    since_ms, until_ms = window(call)
    kind, asset, offset = call.params.get("type", "all"), call.params.get("asset", "all"), call.number("ofs", 0)
    found = [
        (line, held)
        for line, held in _with_balances(call)
        if kind in {"all", line.kind} and asset in {"all", line.asset} and since_ms <= line.at_ms <= until_ms
    ]
    page = found[offset : offset + PAGE]
    return {"ledger": {line.name: _shown(line, held) for line, held in page}, "count": len(found)}


def _with_balances(call: Call) -> Iterator[tuple[_Line, Decimal]]:
    """Every line, newest first; balances are counted back from what is held."""
    held: defaultdict[str, Decimal] = defaultdict(lambda: ZERO)
    for row in call.exchange.store.accounts.balances(call.account.account_id):
        held[row.asset] = add(row.free, row.locked)
    for line in sorted((*_of_transfers(call), *_of_fills(call), *_handed_out(call)), reverse=True):
        yield line, held[line.asset]
        held[line.asset] = subtract(held[line.asset], subtract(line.amount, line.fee))


def _of_transfers(call: Call) -> Iterator[_Line]:
    history, account_id = call.exchange.store.history, call.account.account_id
    for kind in TransferKind:
        for row in history.transfers(account_id, kind, (0, FOREVER_MS), None):
            amount = row.amount if kind is TransferKind.DEPOSIT else -row.amount
            yield _Line(row.at_ms, row.transfer_id, kind.value, row.asset, amount, row.fee)


def _of_fills(call: Call) -> Iterator[_Line]:
    for fill in call.exchange.store.history.page(call.account.account_id, FillPage(_EVERYTHING)):
        base, quote = fill.symbol.split("/")
        sign = 1 if fill.side is Side.BUY else -1
        reference = f"{fill.symbol}:{fill.trade_id}"
        yield _Line(fill.at_ms, reference, "trade", base, fill.quantity * sign, ZERO)
        yield _Line(fill.at_ms, reference, "trade", quote, -fill.quote_quantity * sign, fill.fee)


def _handed_out(call: Call) -> Iterator[_Line]:
    for row in call.exchange.wallets.kept.happenings(Dividend, call.account.account_id, Asked(limit=_EVERYTHING)):
        kind = "transfer" if row.kind is DividendKind.AIRDROP else "staking"
        yield _Line(row.at_ms, f"dividend:{row.number}", kind, row.key, row.amount, ZERO)


def _shown(line: _Line, held: Decimal) -> dict[str, Any]:
    return {
        "aclass": "currency",
        "amount": format_amount(line.amount),
        "asset": asset_name(asset_of(line.asset)),
        "balance": format_amount(held),
        "fee": format_amount(line.fee),
        "refid": sha256(line.reference.encode()).hexdigest()[:18].upper(),
        "time": seconds(line.at_ms),
        "type": line.kind,
        "subtype": "tradespot" if line.kind == "trade" else "",
    }
