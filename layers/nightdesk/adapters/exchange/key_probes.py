"""Tries out what a key may do: requests that change nothing, and are refused to keys without the right.

A venue looks at a key's rights before it looks at what is asked. So an order that is only checked, the cancellation of
an order that nobody has, or of a withdrawal that nobody made, tell whether a key may trade or withdraw, and move
nothing. Where a venue has no such request (withdrawing at Binance, Coinbase, Bitfinex), what it says must do.

Source: developers.binance.com/docs/binance-spot-api-docs (New order test, Account information), docs.kraken.com/api
(Add order with `validate`; Get withdrawal information, which needs "Funds permissions - Withdraw"; Get API key
information), docs.cdp.coinbase.com/advanced-trade (Cancel orders, Get API key permissions), docs.bitfinex.com (Cancel
order, User info), huobiapi.github.io/docs/spot/v1/en (Submit cancel for an order, Cancel a withdraw request, API key
query), 2026-11.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from nightdesk.accounts.errors import KEY_WRONG
from nightdesk.accounts.keys import KeyTest, Probe, Right, Verdict
from nightdesk.accounts.model import KeyPermissions
from nightdesk.adapters.exchange.client import VenueClient
from nightdesk.adapters.exchange.venues import binance, bitfinex, coinbase, htx, kraken
from nightdesk.adapters.exchange.venues.reading import object_of, rows_of
from nightdesk.kernel.assets import VenueId
from nightdesk.kernel.errors import Conflict, InvalidInput, NightdeskError, NotFound

NOBODYS_UUID: Final = "00000000-0000-0000-0000-000000000000"
NOBODYS_NUMBER: Final = 1
OWNER_LENGTH_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class _Trial:
    """One harmless request."""

    right: Right
    asked: str
    method: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Told:
    """What a venue tells of a key besides its rights."""

    owner: str | None = None
    addresses: tuple[str, ...] = ()


_READ: Final = {
    binance.VENUE: _Trial(Right.READ, "GET /api/v3/account", "private_get_account", {"omitZeroBalances": "true"}),
    kraken.VENUE: _Trial(Right.READ, "POST /0/private/BalanceEx", "private_post_balanceex"),
    coinbase.VENUE: _Trial(
        Right.READ, "GET /api/v3/brokerage/accounts", "v3_private_get_brokerage_accounts", {"limit": 1}
    ),
    bitfinex.VENUE: _Trial(Right.READ, "POST /v2/auth/r/wallets", "private_post_auth_r_wallets"),
    htx.VENUE: _Trial(Right.READ, "GET /v1/account/accounts", "spot_private_get_v1_account_accounts"),
}
_CHECKED_ORDER: Final = {"type": "buy", "ordertype": "limit", "volume": "1", "price": "1", "validate": "true"}
_TRADE: Final = {
    binance.VENUE: _Trial(
        Right.TRADE,
        "POST /api/v3/order/test",
        "private_post_order_test",
        {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "1", "price": "1"},
    ),
    kraken.VENUE: _Trial(
        Right.TRADE,
        "POST /0/private/AddOrder validate=true",
        "private_post_addorder",
        {"pair": "XBTUSD", **_CHECKED_ORDER},
    ),
    coinbase.VENUE: _Trial(
        Right.TRADE,
        "POST /api/v3/brokerage/orders/batch_cancel of an order that nobody has",
        "v3_private_post_brokerage_orders_batch_cancel",
        {"order_ids": [NOBODYS_UUID]},
    ),
    bitfinex.VENUE: _Trial(
        Right.TRADE,
        "POST /v2/auth/w/order/cancel of an order that is not the account's",
        "private_post_auth_w_order_cancel",
        {"id": NOBODYS_NUMBER},
    ),
    htx.VENUE: _Trial(
        Right.TRADE,
        "POST /v1/order/orders/1/submitcancel of an order that is not the account's",
        "spot_private_post_v1_order_orders_order_id_submitcancel",
        {"order-id": str(NOBODYS_NUMBER)},
    ),
}
_WITHDRAW: Final = {
    kraken.VENUE: _Trial(
        Right.WITHDRAW,
        "POST /0/private/WithdrawInfo to an address that is not in the book",
        "private_post_withdrawinfo",
        {"asset": "XBT", "key": "nightdesk probe", "amount": "0.001"},
    ),
    htx.VENUE: _Trial(
        Right.WITHDRAW,
        "POST /v1/dw/withdraw-virtual/1/cancel of a withdrawal that is not the account's",
        "spot_private_post_v1_dw_withdraw_virtual_withdraw_id_cancel",
        {"withdraw-id": str(NOBODYS_NUMBER)},
    ),
}


async def test_key(client: VenueClient, venue: VenueId, permissions: KeyPermissions) -> KeyTest:
    """What a key may do, tried out; `permissions` is what the venue says of it.

    Raises:
        NightdeskError: The venue tells nothing about the key.
    """
    told = await identify(client, venue)
    probes = [await _try(client, trials[venue]) for trials in (_READ, _TRADE) if venue in trials]
    withdraw = _WITHDRAW.get(venue)
    untold = Probe(right=Right.WITHDRAW, verdict=Verdict.UNTOLD, code="keys.no_harmless_probe")
    probes.append(untold if withdraw is None else await _try(client, withdraw))
    return KeyTest(
        permissions=permissions,
        probes=tuple(probes),
        addresses=told.addresses,
        owner=told.owner,
        tested_at=client.now(),
    )


async def identify(client: VenueClient, venue: VenueId) -> _Told:
    """The venue's own name for the account, and the addresses a key is bound to, as far as it tells them.

    Raises:
        NightdeskError: The venue does not answer, or not so that it can be read.
    """
    return await _TELLERS[venue](client)


async def _try(client: VenueClient, trial: _Trial) -> Probe:
    verdict, code = Verdict.ALLOWED, None
    try:
        await client.call(trial.method, trial.params, account_weight=1)
    except (Conflict, NotFound):
        verdict = Verdict.ALLOWED  # refused for what was asked, not for who asked
    except InvalidInput as error:
        verdict, code = (Verdict.REFUSED, None) if error.code == KEY_WRONG else (Verdict.UNTOLD, error.code)
    except NightdeskError as error:
        verdict, code = Verdict.UNTOLD, error.code
    return Probe(right=trial.right, verdict=verdict, asked=trial.asked, code=code)


async def _tell_binance(client: VenueClient) -> _Told:
    said = object_of(await client.call("private_get_account", {"omitZeroBalances": "true"}, weight=20))
    return _Told(_named(said.get("uid")))


async def _tell_kraken(client: VenueClient) -> _Told:
    said = object_of(object_of(await client.call("private_post_getapikeyinfo", weight=0)).get("result"))
    return _Told(_named(said.get("iban")), _texts(said.get("ip_allowlist")))


async def _tell_coinbase(client: VenueClient) -> _Told:
    said = object_of(await client.call("v3_private_get_brokerage_key_permissions", weight=0, account_weight=1))
    return _Told(_named(said.get("portfolio_uuid")))


async def _tell_bitfinex(client: VenueClient) -> _Told:
    said = await client.call("private_post_auth_r_info_user")
    return _Told(_named(said[0] if isinstance(said, list) and said else None))


async def _tell_htx(client: VenueClient) -> _Told:
    user = object_of(await client.call("spot_private_get_v2_user_uid", weight=0, account_weight=1)).get("data")
    ask: dict[str, str | int] = {"uid": str(user), "accessKey": str(client.raw.apiKey)}
    said = object_of(await client.call("spot_private_get_v2_user_api_key", ask, weight=0, account_weight=1))
    own = next((row for row in rows_of(said.get("data")) if row.get("accessKey") == client.raw.apiKey), {})
    return _Told(_named(user), _texts(str(own.get("ipAddresses") or "").split(",")))


def _named(name: object) -> str | None:
    return str(name).strip()[:OWNER_LENGTH_MAX] or None if isinstance(name, str | int) else None


def _texts(said: object) -> tuple[str, ...]:
    texts = said if isinstance(said, list) else []
    return tuple(text.strip()[:64] for text in texts if isinstance(text, str) and text.strip())


_TELLERS: Final[Mapping[VenueId, Callable[[VenueClient], Awaitable[_Told]]]] = {
    binance.VENUE: _tell_binance,
    kraken.VENUE: _tell_kraken,
    coinbase.VENUE: _tell_coinbase,
    bitfinex.VENUE: _tell_bitfinex,
    htx.VENUE: _tell_htx,
}
