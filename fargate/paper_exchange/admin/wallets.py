"""The operator makes things happen in an account's wallets: conversions, rewards, loans, contracts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

import orjson
from aiohttp import web

from fargate.paper_exchange.admin.requests import Json, Unreadable, amount, read_body, text
from fargate.paper_exchange.engine.exchange import Exchange
from fargate.paper_exchange.engine.model import Side
from fargate.paper_exchange.engine.wallets.model import DividendKind, EarnKind, Happening, LoanKind, Wallet
from nightdesk.kernel.money import format_amount

_Choice = TypeVar("_Choice", bound=StrEnum)
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_Do = Callable[[int, Json], Happening | Sequence[Happening]]


class WalletAdmin:
    """Each reads a body, asks the engine, shows what happened."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange, self._wallets = exchange, exchange.wallets

    def routes(self) -> list[web.RouteDef]:
        """Routes below `/accounts/{key}`."""
        doings: dict[str, _Do] = {
            "wallet-transfers": self.transfer,
            "conversions": self.convert,
            "dust": self.sweep,
            "dividends": self.pay,
            "earn": self.earn,
            "loans": self.lend,
            "margin-trades": self.trade_on_margin,
            "contracts": self.trade_contract,
        }
        posts = [web.post(f"/accounts/{{key}}/{name}", self._handler(do)) for name, do in doings.items()]
        return [web.get("/accounts/{key}/wallets", self.show), *posts]

    async def show(self, request: web.Request) -> web.Response:
        """`GET /accounts/{key}/wallets`: what each holds, and the contracts that are open."""
        account_id = self._account_id(request)
        held = {
            wallet.value: {
                row.asset: format_amount(row.free) for row in self._wallets.kept.balances(account_id, wallet)
            }
            for wallet in Wallet
        }
        views = [_plain(asdict(view)) for view in self._wallets.futures.views(account_id)]
        return _json({"wallets": held, "positions": views})

    def transfer(self, account_id: int, body: Json) -> Happening:
        """`{from, to, asset, amount}`: between wallets."""
        wallets = (_choice(Wallet, body.get("from")), _choice(Wallet, body.get("to")))
        return self._wallets.desk.transfer(account_id, wallets, text(body, "asset"), amount(body.get("amount")))

    def convert(self, account_id: int, body: Json) -> Happening:
        """`{asset, amount, into}`: at a quoted rate."""
        asked = amount(body.get("amount"))
        return self._wallets.desk.convert(account_id, text(body, "asset"), asked, text(body, "into"))

    def sweep(self, account_id: int, body: Json) -> Sequence[Happening]:
        """`{assets}`: small balances to BNB."""
        return self._wallets.desk.sweep_dust(account_id, [str(asset) for asset in body.get("assets", ())])

    def pay(self, account_id: int, body: Json) -> Happening:
        """`{kind, asset, amount, note?}`: a reward, staking, an airdrop or interest."""
        kind, asked = _choice(DividendKind, body.get("kind")), amount(body.get("amount"))
        return self._wallets.desk.pay(account_id, kind, text(body, "asset"), asked, str(body.get("note", "")))

    def earn(self, account_id: int, body: Json) -> Happening:
        """`{kind, asset, amount}`: a subscription, a redemption or a reward."""
        asked = amount(body.get("amount"))
        return self._wallets.desk.earn(account_id, _choice(EarnKind, body.get("kind")), text(body, "asset"), asked)

    def lend(self, account_id: int, body: Json) -> Happening:
        """`{kind, asset, amount}`: borrow or repay."""
        kind, margin = _choice(LoanKind, body.get("kind")), self._wallets.margin
        do = margin.borrow if kind is LoanKind.BORROW else margin.repay
        return do(account_id, text(body, "asset"), amount(body.get("amount")))

    def trade_on_margin(self, account_id: int, body: Json) -> Happening:
        """`{symbol, side, quantity}`: at the last price, with what is in the margin wallet."""
        return self._wallets.margin.trade(account_id, *_deal(body))

    def trade_contract(self, account_id: int, body: Json) -> Happening:
        """`{symbol, side, quantity, leverage?}`: a perpetual contract, at the mark price."""
        if "leverage" in body:
            self._wallets.futures.set_leverage(account_id, text(body, "symbol"), int(body["leverage"]))
        return self._wallets.futures.trade(account_id, *_deal(body))

    def _handler(self, do: _Do) -> _Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            done = do(self._account_id(request), await read_body(request))
            shown = [_plain(asdict(row)) for row in (done if isinstance(done, Sequence) else [done])]
            return _json({"items": shown}, 201)

        return handle

    def _account_id(self, request: web.Request) -> int:
        return self._exchange.store.accounts.by_key(request.match_info["key"]).account_id


def _deal(body: Json) -> tuple[str, Side, Decimal]:
    return text(body, "symbol"), _choice(Side, body.get("side")), amount(body.get("quantity"))


def _choice(kind: type[_Choice], value: object) -> _Choice:
    try:
        return kind(str(value))
    except ValueError:
        raise Unreadable(f"{str(value)[:40]!r} is none of {', '.join(kind)}.") from None


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return format_amount(value) if isinstance(value, Decimal) else value


def _json(payload: object, status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(payload), status=status, content_type="application/json")
