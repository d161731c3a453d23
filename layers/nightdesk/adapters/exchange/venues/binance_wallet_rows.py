"""Rows of Binance's other histories as facts: conversions, dividends, transfers, margin, USD-M futures, Simple Earn.

A trade of a contract moves no base and no quote: its entry holds what it realised and what it cost, in the futures
wallet. A loan comes into the margin wallet and is owed since, in the wallet of debts; interest only makes that larger.

Source: the pages under https://developers.binance.com/docs that `binance_histories` names (2026-11).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final

from nightdesk.accounts.model import Skip
from nightdesk.adapters.exchange.venues.binance_rows import SOURCE
from nightdesk.adapters.exchange.venues.reading import Code, Row, asset_of, booked, exact, negative, skip
from nightdesk.kernel.assets import DEBT, EARN, FUNDING, FUTURES, MARGIN, SPOT, AssetId, Instrument, Wallet
from nightdesk.kernel.instants import from_ms
from nightdesk.kernel.money import add
from nightdesk.ledger.model import EntryKind, Fact, Leg, LegRole

WALLETS: Final = {"MAIN": SPOT, "MARGIN": MARGIN, "UMFUTURE": FUTURES, "FUNDING": FUNDING}
"""Wallets as the types of universal transfers name them: `MAIN_MARGIN` leads from spot to margin."""

DUST_ASSET: Final = "BNB"
TOLD_ELSEWHERE: Final = frozenset({"TRANSFER", "REALIZED_PNL", "COMMISSION"})
"""Income that other histories tell, with more of it: transfers and own trades, which reach back twice as far."""

_INCOME: Final = {
    "FUNDING_FEE": EntryKind.FUNDING,
    "INSURANCE_CLEAR": EntryKind.REALISED_PNL,
    "DELIVERED_SETTELMENT": EntryKind.REALISED_PNL,
    "WELCOME_BONUS": EntryKind.REWARD,
    "REFERRAL_KICKBACK": EntryKind.REWARD,
    "COMMISSION_REBATE": EntryKind.REWARD,
    "API_REBATE": EntryKind.REWARD,
    "CONTEST_REWARD": EntryKind.REWARD,
    "FEE_RETURN": EntryKind.REWARD,
}
_HANDED_OUT: Final = (("airdrop", EntryKind.AIRDROP), ("interest", EntryKind.INTEREST))
_SOURCES: Final = {"SPOT": "amtFromSpot", "FUNDING": "amtFromFunding"}
_PLACES: Final = {"SPOT": SPOT, "FUNDING": FUNDING}
_DONE: Final = frozenset({"SUCCESS", "CONFIRMED", "PAID"})


def conversion(row: Row, code: Code) -> Fact | Skip:
    """One asset converted into another at a quoted rate."""
    identity = f"convert:{row.get('orderId')}"
    if row.get("orderStatus") not in _DONE:
        return skip(identity, "import.not_executed", row)

    def legs() -> list[Leg]:
        given, taken = exact(row["fromAmount"]), exact(row["toAmount"])
        return [
            _moved(asset_of(row["fromAsset"], code), negative(given)),
            _moved(asset_of(row["toAsset"], code), taken),
        ]

    return booked(identity, row, lambda: _fact(EntryKind.CONVERSION, identity, row["createTime"], legs()))


def dust(row: Row, code: Code) -> Fact | Skip:
    """A small balance turned into BNB; the charge was taken off what came in."""
    identity = f"dust:{row.get('transId')}:{row.get('fromAsset')}"

    def legs() -> list[Leg]:
        received, charge = exact(row["transferedAmount"]), exact(row["serviceChargeAmount"])
        into = asset_of(row.get("targetAsset") or DUST_ASSET, code)
        made = [
            _moved(asset_of(row["fromAsset"], code), negative(exact(row["amount"]))),
            _moved(into, add(received, charge)),
        ]
        return [*made, *_fee(into, charge)]

    return booked(identity, row, lambda: _fact(EntryKind.CONVERSION, identity, row["operateTime"], legs()))


def dividend(row: Row, code: Code) -> Fact | Skip:
    """What the venue handed out: a reward unless it calls it an airdrop or interest."""
    identity = f"dividend:{row.get('id')}"
    said = str(row.get("enInfo", "")).lower()
    kind = next((kind for word, kind in _HANDED_OUT if word in said), EntryKind.REWARD)

    def legs() -> list[Leg]:
        return [_moved(asset_of(row["asset"], code), exact(row["amount"]))]

    return booked(identity, row, lambda: _fact(kind, identity, row["divTime"], legs()))


def transfer(row: Row, code: Code) -> Fact | Skip:
    """An asset moved between two wallets of the account."""
    identity = f"transfer:{row.get('tranId')}"
    if row.get("status") not in _DONE:
        return skip(identity, "import.not_executed", row)

    def legs() -> list[Leg]:
        source, _, target = str(row["type"]).partition("_")
        asset, amount = asset_of(row["asset"], code), exact(row["amount"])
        return [_moved(asset, negative(amount), WALLETS[source]), _moved(asset, amount, WALLETS[target])]

    return booked(identity, row, lambda: _fact(EntryKind.TRANSFER, identity, row["timestamp"], legs()))


def borrowed(row: Row, code: Code) -> Fact | Skip:
    """A loan: into the margin wallet, and owed since."""
    return _loan("borrow", row, code)


def repaid(row: Row, code: Code) -> Fact | Skip:
    """A loan paid back, interest included."""
    return _loan("repay", row, code)


def margin_interest(row: Row, code: Code) -> Fact | Skip:
    """Interest that made a debt larger."""
    identity = f"margin:interest:{row.get('txId')}:{row.get('asset')}"

    def legs() -> list[Leg]:
        return [_moved(asset_of(row["asset"], code), negative(exact(row["interest"])), DEBT)]

    return booked(identity, row, lambda: _fact(EntryKind.INTEREST, identity, row["interestAccuredTime"], legs()))


def margin_trade(row: Row, instrument: Instrument | None, code: Code) -> Fact | Skip:
    """An own trade in the cross margin wallet."""
    identity = f"margin:trade:{row.get('symbol')}:{row.get('id')}"
    if instrument is None:
        return skip(identity, "import.instrument_unknown", row)

    def fact() -> Fact:
        base, quote = exact(row["qty"]), exact(row["quoteQty"])
        base, quote = (base, negative(quote)) if row["isBuyer"] is True else (negative(base), quote)
        legs = [
            Leg(role=LegRole.BASE, asset=instrument.base, amount=base, wallet=MARGIN),
            Leg(role=LegRole.QUOTE, asset=instrument.quote, amount=quote, wallet=MARGIN),
            *_fee(asset_of(row["commissionAsset"], code), exact(row["commission"]), MARGIN),
        ]
        return Fact(
            kind=EntryKind.TRADE, identity=identity, source=SOURCE, occurred_at=from_ms(int(row["time"])),
            legs=tuple(legs), instrument=instrument, order_id=str(row["orderId"]),
        )  # fmt: skip

    return booked(identity, row, fact)


def contract_trade(row: Row, settle: str, code: Code) -> Fact | Skip | None:
    """What a trade of a contract realised and cost; None where it did neither.

    Args:
        row: The trade.
        settle: The contract's margin asset, in which it realises.
        code: How ccxt names the venue's currencies.
    """
    identity = f"futures:trade:{row.get('symbol')}:{row.get('id')}"
    if _is_nothing(row.get("realizedPnl")) and _is_nothing(row.get("commission")):
        return None

    def fact() -> Fact:
        realised = exact(row["realizedPnl"])
        gain = [_moved(asset_of(settle, code), realised, FUTURES)] if realised else []
        fees = _fee(asset_of(row["commissionAsset"], code), exact(row["commission"]), FUTURES)
        kind = EntryKind.REALISED_PNL if gain else EntryKind.FEE
        return _fact(kind, identity, row["time"], [*gain, *fees], order_id=str(row["orderId"]))

    return booked(identity, row, fact)


def income(row: Row, code: Code) -> Fact | Skip | None:
    """Funding and whatever else changed the futures wallet; None for what other histories tell."""
    said = str(row.get("incomeType"))
    if said in TOLD_ELSEWHERE:
        return None
    identity = f"futures:{said.lower()}:{row.get('tranId')}:{row.get('symbol')}"
    kind = _INCOME.get(said)
    if kind is None:
        return skip(identity, "import.kind_unknown", row)

    def legs() -> list[Leg]:
        return [_moved(asset_of(row["asset"], code), exact(row["income"]), FUTURES)]

    return booked(identity, row, lambda: _fact(kind, identity, row["time"], legs()))


def by_source(row: Row) -> list[Row]:
    """A subscription as one row for each wallet that it was taken from."""
    parts = [{**row, "amount": row.get(field), "sourceAccount": name} for name, field in _SOURCES.items()]
    return [part for part in parts if not _is_nothing(part["amount"])]


def subscribed(row: Row, code: Code) -> Fact | Skip:
    """An asset put to earn, as far as it came from one wallet."""
    source = row.get("sourceAccount")
    identity = f"earn:subscription:{row.get('purchaseId')}" + (f":{source}" if source != "SPOT" else "")
    return _earning(identity, row, lambda: (_PLACES[row["sourceAccount"]], EARN), code)


def redeemed(row: Row, code: Code) -> Fact | Skip:
    """An asset taken back."""
    identity = f"earn:redemption:{row.get('redeemId')}"
    return _earning(identity, row, lambda: (EARN, _PLACES[row["destAccount"]]), code)


def earned(row: Row, code: Code) -> Fact | Skip:
    """A reward that accrued where it was earned; the venue gives it no number, but pays a product once at a time."""
    identity = f"earn:reward:{row.get('type')}:{row.get('projectId')}:{row.get('asset')}:{row.get('time')}"

    def legs() -> list[Leg]:
        return [_moved(asset_of(row["asset"], code), exact(row["rewards"]), EARN)]

    return booked(identity, row, lambda: _fact(EntryKind.REWARD, identity, row["time"], legs()))


def _loan(kind: str, row: Row, code: Code) -> Fact | Skip:
    identity = f"margin:{kind}:{row.get('txId')}"
    if row.get("status") not in _DONE:
        return skip(identity, "import.not_executed", row)

    def legs() -> list[Leg]:
        asset, amount = asset_of(row["asset"], code), exact(row["amount"])
        came = amount if kind == "borrow" else negative(amount)
        return [_moved(asset, came, MARGIN), _moved(asset, negative(came), DEBT)]

    return booked(identity, row, lambda: _fact(EntryKind.LOAN, identity, row["timestamp"], legs()))


def _earning(identity: str, row: Row, way: Callable[[], tuple[Wallet, Wallet]], code: Code) -> Fact | Skip:
    if row.get("status") not in _DONE:
        return skip(identity, "import.not_executed", row)

    def legs() -> list[Leg]:
        asset, amount = asset_of(row["asset"], code), exact(row["amount"])
        source, target = way()
        return [_moved(asset, negative(amount), source), _moved(asset, amount, target)]

    return booked(identity, row, lambda: _fact(EntryKind.TRANSFER, identity, row["time"], legs()))


def _is_nothing(text: object) -> bool:
    return isinstance(text, str) and text != "" and not text.strip("0.")


def _fact(kind: EntryKind, identity: str, at_ms: object, legs: Sequence[Leg], order_id: str | None = None) -> Fact:
    return Fact(
        kind=kind, identity=identity, source=SOURCE, occurred_at=from_ms(int(str(at_ms))), legs=tuple(legs),
        order_id=order_id,
    )  # fmt: skip


def _moved(asset: AssetId, amount: Decimal, wallet: Wallet = SPOT) -> Leg:
    return Leg(role=LegRole.MOVEMENT, asset=asset, amount=amount, wallet=wallet)


def _fee(asset: AssetId, amount: Decimal, wallet: Wallet = SPOT) -> list[Leg]:
    """The fee's leg; a rebate came in."""
    return [Leg(role=LegRole.FEE, asset=asset, amount=negative(amount), wallet=wallet)] if amount else []
