"""Actions for tests, one of every kind at least."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from nightdesk.alerts.model import ChannelId, Severity
from nightdesk.execution.scope import Scope
from nightdesk.kernel.assets import AssetId, parse_instrument
from nightdesk.kernel.ids import AccountId
from nightdesk.markets.orders import OrderType, Side
from nightdesk.rules.actions import (
    Action,
    BotPart,
    CallWebhook,
    CancelOrders,
    HaltTrading,
    Notify,
    PanicSell,
    PlaceOrder,
    Reduce,
    ReduceBotBuyAmount,
    Sell,
    Size,
    SizeUnit,
    SwitchBot,
)

ACCOUNT = AccountId(UUID(int=7))
BTC, USDT = AssetId("BTC"), AssetId("USDT")
MARKET = parse_instrument("BINANCE:BTC/USDT")

LIMIT_BUY = PlaceOrder(
    account_id=ACCOUNT,
    instrument=MARKET,
    side=Side.BUY,
    size=Size(SizeUnit.QUOTE, Decimal(50)),
    type=OrderType.LIMIT,
    limit_offset_ratio=Decimal("-0.01"),
)

EVERY_ACTION: tuple[Action, ...] = (
    PanicSell(),
    PanicSell(scope=Scope(account_id=ACCOUNT, asset=BTC), into=USDT),
    Sell(asset=BTC, size=Size(SizeUnit.BASE, Decimal("0.25")), account_id=ACCOUNT),
    Reduce(ratio=Decimal("0.5"), scope=Scope(account_id=ACCOUNT)),
    LIMIT_BUY,
    CancelOrders(scope=Scope(asset=BTC), side=Side.SELL),
    HaltTrading(),
    Notify(text="$rule_set fired: ${reason}", severity=Severity.CRITICAL, channels=(ChannelId(UUID(int=9)),)),
    CallWebhook(url="https://hooks.example/desk", signed=False),
    ReduceBotBuyAmount(bot_id="bot-1", ratio=Decimal("0.5")),
    SwitchBot(bot_id="bot-1", part=BotPart.BUYING, on=False),
)
