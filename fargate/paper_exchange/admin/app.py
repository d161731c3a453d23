"""The operator's HTTP interface, on 127.0.0.1, behind a bearer token."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

import orjson
from aiohttp import web

from fargate.paper_exchange.admin import requests, shown
from fargate.paper_exchange.admin.requests import Json, Unreadable, read_body
from fargate.paper_exchange.admin.wallets import WalletAdmin
from fargate.paper_exchange.engine.errors import EngineError, UnknownAccount
from fargate.paper_exchange.engine.exchange import Exchange
from fargate.paper_exchange.engine.funding import Movement
from fargate.paper_exchange.engine.model import Account, TransferKind
from fargate.paper_exchange.engine.store.history import FOREVER_MS, FillPage
from fargate.paper_exchange.faces.port import Face
from fargate.paper_exchange.faults import FaultBoard, FaultKind
from fargate.paper_exchange.gateway import Listener
from fargate.paper_exchange.statistics import Statistics
from nightdesk.kernel.money import ZERO, format_amount

ROWS_MAX: Final = 5000
_log = logging.getLogger(__name__)
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Operator:
    """What the operator may reach."""

    exchange: Exchange
    faces: Mapping[str, Face]
    faults: FaultBoard
    statistics: Statistics
    gateway: Listener


class Admin:
    """Handlers; each reads a body, asks the engine, shows the result."""

    def __init__(self, operator: Operator) -> None:
        self._operator = operator
        self._exchange = operator.exchange

    async def health(self, _request: web.Request) -> web.Response:
        """`GET /health`, without a token."""
        return _json({"status": "ok", "market_at_ms": self._exchange.clock.now_ms()})

    async def list_accounts(self, _request: web.Request) -> web.Response:
        """`GET /accounts`."""
        return _json({"items": [self._shown(account) for account in self._exchange.store.accounts.all()]})

    async def open_account(self, request: web.Request) -> web.Response:
        """`POST /accounts {label, venue?, permissions, history}`: the secret is shown this once."""
        body = await read_body(request)
        face = self._face(body)
        key, secret = face.new_key()
        account = self._exchange.opener.open(
            face.venue, key, secret, label=str(body.get("label", "")), permissions=requests.permissions(body),
            past=requests.past(body), terms=face.fee_terms,
        )  # fmt: skip
        return _json({"key": key, "secret": secret, "account": self._shown(account)}, status=201)

    async def show_account(self, request: web.Request) -> web.Response:
        """`GET /accounts/{key}`."""
        return _json(self._shown(self._account(request)))

    async def list_orders(self, request: web.Request) -> web.Response:
        """`GET /accounts/{key}/orders`: the latest orders and fills of all markets, oldest first."""
        account_id, store = self._account(request).account_id, self._exchange.store
        orders = store.orders.page(account_id, (0, FOREVER_MS), limit=ROWS_MAX)
        fills = store.history.page(account_id, FillPage(ROWS_MAX))
        return _json({"orders": [shown.order(row) for row in orders[::-1]],
                      "fills": [shown.fill(row) for row in fills[::-1]]})  # fmt: skip

    async def close_account(self, request: web.Request) -> web.Response:
        """`DELETE /accounts/{key}`: its orders are cancelled, its key stops working, its past is forgotten."""
        account_id = self._account(request).account_id
        for order in self._exchange.store.orders.open_orders(account_id):
            self._exchange.trading.cancel(account_id, order)
        self._exchange.wallets.kept.forget(account_id)
        self._exchange.store.accounts.remove(account_id)
        return web.Response(status=204)

    async def permit(self, request: web.Request) -> web.Response:
        """`POST /accounts/{key}/permissions {read, trade, withdraw}`."""
        asked = requests.permissions({"permissions": await read_body(request)})
        return _json(self._shown(self._exchange.store.accounts.permit(self._account(request).key, asked)))

    async def make_key(self, request: web.Request) -> web.Response:
        """`POST /accounts/{key}/keys {permissions}`: one more key of the account; its secret is shown this once."""
        account, body = self._account(request), await read_body(request)
        key, secret = self._operator.faces[account.venue].new_key()
        made = self._exchange.store.accounts.add_key(account.account_id, key, secret, requests.permissions(body))
        return _json({"key": key, "secret": secret, "account": self._shown(made)}, status=201)

    async def remove_key(self, request: web.Request) -> web.Response:
        """`DELETE /keys/{key}`: this key stops working; the account stays, and its other keys work on."""
        self._exchange.store.accounts.remove_key(self._account(request).key)
        return web.Response(status=204)

    async def fill(self, request: web.Request) -> web.Response:
        """`POST /accounts/{key}/fills {symbol, side, quantity, price?, count?}`: equal fills of one order."""
        wanted, count = requests.fill(await read_body(request))
        price = wanted.price or self._exchange.markets.last(wanted.symbol).price
        executed = self._exchange.trading.inject(self._account(request).account_id, wanted, price, count)
        return _json(
            {"order_id": executed.order.order_id, "trade_ids": [fill.trade_id for fill in executed.fills]}, 201
        )

    async def deposit(self, request: web.Request) -> web.Response:
        """`POST /accounts/{key}/deposits {asset, amount}`."""
        return await self._transfer(request, TransferKind.DEPOSIT)

    async def withdraw(self, request: web.Request) -> web.Response:
        """`POST /accounts/{key}/withdrawals {asset, amount, fee?}`."""
        return await self._transfer(request, TransferKind.WITHDRAWAL)

    async def strike(self, request: web.Request) -> web.Response:
        """`DELETE /accounts/{key}/transfers/{id}`: as if it had never been; balances move back."""
        struck = self._exchange.funding.strike(self._account(request).account_id, request.match_info["id"])
        return _json({"id": struck.transfer_id, "at_ms": struck.at_ms})

    async def list_faults(self, _request: web.Request) -> web.Response:
        """`GET /faults`."""
        return _json({"items": self._operator.faults.listing()})

    async def switch_on(self, request: web.Request) -> web.Response:
        """`POST /faults {kind, …}`."""
        fault = requests.fault(await read_body(request))
        if fault.kind is FaultKind.SOCKET_DROP:
            for venue, face in self._operator.faces.items():
                if fault.venue in {"", venue}:
                    await face.drop_sockets()
        else:
            self._operator.faults.switch_on(fault)
        if fault.kind is FaultKind.REFUSE:
            await self._operator.gateway.close()
        return _json({"items": self._operator.faults.listing()}, 201)

    async def clear(self, _request: web.Request) -> web.Response:
        """`DELETE /faults`: everything off, bans lifted, the port open again."""
        self._operator.faults.clear()
        for face in self._operator.faces.values():
            face.limit({})
        await self._operator.gateway.open()
        return web.Response(status=204)

    async def show_clock(self, _request: web.Request) -> web.Response:
        """`GET /clock`."""
        clock = self._exchange.clock
        state = {"market_at_ms": clock.now_ms(), "wall_at_ms": clock.wall_ms(), "speed": str(clock.setting.speed)}
        return _json(state)

    async def set_clock(self, request: web.Request) -> web.Response:
        """`POST /clock {speed?, advance_ms?}`."""
        body = await read_body(request)
        clock = self._exchange.clock
        if "speed" in body:
            clock.run_at(Fraction(str(body["speed"])))
        if "advance_ms" in body:
            clock.advance(int(body["advance_ms"]))
        self._exchange.keep_clock()
        self._exchange.advance()
        return await self.show_clock(request)

    async def limit(self, request: web.Request) -> web.Response:
        """`POST /limits {venue?, <limit>: number}`: changes limits and lifts bans."""
        body = dict(await read_body(request))
        face = self._face(body)
        body.pop("venue", None)
        face.limit({name: int(value) for name, value in body.items()})
        return _json(face.state())

    async def statistics(self, _request: web.Request) -> web.Response:
        """`GET /statistics`."""
        faces = {venue: face.state() for venue, face in self._operator.faces.items()}
        return _json({**self._operator.statistics.report(), "venues": faces})

    async def reset_statistics(self, _request: web.Request) -> web.Response:
        """`DELETE /statistics`: count from zero."""
        self._operator.statistics.reset()
        return web.Response(status=204)

    async def _transfer(self, request: web.Request, kind: TransferKind) -> web.Response:
        body = await read_body(request)
        fee = requests.amount(body.get("fee", 0), least=0)
        movement = Movement(kind, str(body.get("asset", "")).upper(), requests.amount(body.get("amount")), fee)
        transfer = self._exchange.funding.transfer(self._account(request).account_id, movement)
        return _json({"id": transfer.transfer_id, "at_ms": transfer.at_ms}, 201)

    def _face(self, body: Json) -> Face:
        venue = body.get("venue", "binance")
        face = self._operator.faces.get(venue)
        if face is None:
            raise Unreadable(f"There is no venue {venue!r}; there are {', '.join(self._operator.faces)}.")
        return face

    def _account(self, request: web.Request) -> Account:
        return self._exchange.store.accounts.by_key(request.match_info["key"])

    def _shown(self, account: Account) -> dict[str, Any]:
        permissions, store = account.permissions, self._exchange.store
        return {
            "key": account.key,
            "venue": account.venue,
            "label": account.label,
            "permissions": {name: getattr(permissions, name) for name in ("read", "trade", "withdraw")},
            "created_at_ms": account.created_at_ms,
            "trades": store.history.count_fills(account.account_id),
            "balances": {
                row.asset: {"free": format_amount(row.free), "locked": format_amount(row.locked)}
                for row in store.accounts.balances(account.account_id)
                if (row.free, row.locked) != (ZERO, ZERO)
            },
        }


def build_admin(operator: Operator, token: str) -> web.Application:
    """The application."""
    admin = Admin(operator)
    app = web.Application(middlewares=[_boundary(token)], client_max_size=64 * 1024)
    app.add_routes([
        web.get("/health", admin.health),
        web.get("/accounts", admin.list_accounts),
        web.post("/accounts", admin.open_account),
        web.get("/accounts/{key}", admin.show_account),
        web.delete("/accounts/{key}", admin.close_account),
        web.get("/accounts/{key}/orders", admin.list_orders),
        web.post("/accounts/{key}/permissions", admin.permit),
        web.post("/accounts/{key}/keys", admin.make_key),
        web.delete("/keys/{key}", admin.remove_key),
        web.post("/accounts/{key}/fills", admin.fill),
        web.post("/accounts/{key}/deposits", admin.deposit),
        web.post("/accounts/{key}/withdrawals", admin.withdraw),
        web.delete("/accounts/{key}/transfers/{id}", admin.strike),
        web.get("/faults", admin.list_faults),
        web.post("/faults", admin.switch_on),
        web.delete("/faults", admin.clear),
        web.get("/clock", admin.show_clock),
        web.post("/clock", admin.set_clock),
        web.post("/limits", admin.limit),
        web.get("/statistics", admin.statistics),
        web.delete("/statistics", admin.reset_statistics),
        *WalletAdmin(operator.exchange).routes(),
    ])  # fmt: skip
    return app


def _boundary(token: str) -> Any:
    @web.middleware
    async def guard(request: web.Request, handler: _Handler) -> web.StreamResponse:
        """Nobody without the token, no web page's request, every refusal one sentence."""
        try:
            _admit(request, token)
            return await handler(request)
        except web.HTTPException as error:
            return _refusal(error.status, error.reason)
        except UnknownAccount as error:
            return _refusal(404, str(error))
        except (EngineError, ValueError) as error:
            return _refusal(422, str(error))
        except Exception:  # noqa: BLE001 - the HTTP boundary
            _log.exception("operator's request failed: %s %s", request.method, request.path)
            return _refusal(500, "It failed; the log says more.")

    return guard


def _admit(request: web.Request, token: str) -> None:
    if "Origin" in request.headers:
        raise web.HTTPForbidden(reason="Web pages may not ask here.")
    sent = request.headers.get("Authorization", "")
    if request.path != "/health" and not hmac.compare_digest(sent.encode(), f"Bearer {token}".encode()):
        raise web.HTTPUnauthorized(reason="The operator's token is missing or wrong.")


def _json(payload: object, status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(payload), status=status, content_type="application/json")


def _refusal(status: int, message: str) -> web.Response:
    return _json({"error": message}, status)
