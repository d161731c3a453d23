"""What TradingView's alerts say, as JSON by our template or as any text.

Source: TradingView, How to configure webhook alerts; How to use a variable value in alert; Strategy alerts, 2026-11:
`application/json` where the message is valid JSON, else `text/plain`; placeholders `{{ticker}}`, `{{exchange}}`,
`{{time}}`, `{{timenow}}`, `{{strategy.order.action}}`, `{{strategy.order.id}}`, `{{strategy.market_position}}` …
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from nightdesk.alerts.signals import Incoming
from nightdesk.kernel.errors import InvalidInput, TooLarge
from nightdesk.kernel.instants import from_ms, parse_instant
from nightdesk.kernel.money import parse_amount

TEXT_CHARACTERS_MAX: Final = 16 * 1024
TEMPLATE: Final = json.dumps(
    {
        "signal": "my strategy",
        "exchange": "{{exchange}}",
        "ticker": "{{ticker}}",
        "time": "{{time}}",
        "timenow": "{{timenow}}",
        "close": "{{close}}",
        "order_id": "{{strategy.order.id}}",
        "action": "{{strategy.order.action}}",
        "contracts": "{{strategy.order.contracts}}",
        "price": "{{strategy.order.price}}",
        "position": "{{strategy.market_position}}",
        "previous_position": "{{strategy.prev_market_position}}",
    },
    indent=2,
)
_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "name": ("signal", "name", "strategy"),
    "ticker": ("ticker", "symbol", "instrument"),
    "order_id": ("order_id", "id"),
    "action": ("action", "side"),
    "price": ("price", "close"),
    "quantity": ("contracts", "quantity", "qty"),
    "position": ("position", "market_position"),
    "previous_position": ("previous_position", "prev_market_position", "prev_position"),
}
_QUOTES: Final = ("FDUSD", "USDT", "USDC", "BUSD", "TUSD", "DAI", "USD", "EUR", "GBP", "TRY", "BTC", "ETH", "BNB")
_ACTIONS: Final = frozenset({"buy", "sell", "long", "short", "flat", "close", "exit"})
_MS_FROM: Final = 10**11  # a number from here on counts milliseconds, not seconds
_SHORT: Final = 80


def incoming_of(text: str) -> Incoming:
    """What a message says; nothing in it makes it be refused but its size.

    Raises:
        InvalidInput: `signal.empty`.
        TooLarge: `signal.too_large`.
    """
    if len(text) > TEXT_CHARACTERS_MAX:
        raise TooLarge("signal.too_large", f"A signal may have at most {TEXT_CHARACTERS_MAX} characters.")
    if not text.strip():
        raise InvalidInput("signal.empty", "The message is empty.")
    said = _object(text)
    return _of_text(text) if said is None else _of_object(text, said)


def _object(text: str) -> Mapping[str, Any] | None:
    try:
        said = json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError):
        return None
    return {str(name).lower(): value for name, value in said.items()} if isinstance(said, dict) else None


def _of_text(text: str) -> Incoming:
    first = text.strip().split()[0].lower().strip(".,:;!")
    action = first if first in _ACTIONS else None
    return Incoming(identity=_digest(text), is_exact=False, action=action, payload=text)


def _of_object(text: str, said: Mapping[str, Any]) -> Incoming:
    order_id, action, ticker = _short(said, "order_id"), _short(said, "action"), _short(said, "ticker")
    time, now = _text(said.get("time")), _instant(said.get("timenow"))
    by_order = order_id is not None and time is not None
    identity = f"{order_id}\n{time}\n{action}\n{ticker}" if by_order else text
    return Incoming(
        identity=_digest(identity),
        is_exact=by_order or now is not None,  # an equal text that says when it was made is the same message
        name=_short(said, "name"),
        instrument=_instrument(_text(said.get("exchange")), ticker),
        action=action.lower() if action else None,
        value=_number(said.get("value")),
        price=_number(_first(said, "price")),
        quantity=_number(_first(said, "quantity")),
        order_id=order_id,
        position=_position(said, "position"),
        previous_position=_position(said, "previous_position"),
        said_at=now or _instant(time),
        payload=text,
    )


def _first(said: Mapping[str, Any], what: str) -> Any:
    return next((said[name] for name in _NAMES[what] if said.get(name) is not None), None)


def _short(said: Mapping[str, Any], what: str) -> str | None:
    text = _text(_first(said, what))
    return text[:_SHORT] if text else None


def _position(said: Mapping[str, Any], what: str) -> str | None:
    text = _short(said, what)
    return text.lower() if text else None


def _text(value: Any) -> str | None:
    if isinstance(value, (str, int, Decimal)) and not isinstance(value, bool):
        text = str(value).strip()
        # A placeholder that TradingView did not fill says nothing.
        return None if not text or text.startswith("{{") else text
    return None


def _number(value: Any) -> Decimal | None:
    text = _text(value)
    try:
        return None if text is None else parse_amount(text)
    except InvalidInput:
        return None


def _instant(value: Any) -> datetime | None:
    text = _text(value)
    if text is None:
        return None
    try:
        if text.isdigit():
            number = int(text)
            return from_ms(number if number >= _MS_FROM else number * 1000)
        return parse_instant(text)
    except (InvalidInput, OverflowError):
        return None


def _instrument(exchange: str | None, ticker: str | None) -> str | None:
    """As we write a series where base and quote can be told, as it came where not."""
    if ticker is None:
        return None
    venue, colon, symbol = ticker.upper().rpartition(":")
    venue = venue if colon else (exchange or "").upper()
    quote = next((each for each in _QUOTES if symbol.endswith(each) and len(symbol) > len(each)), None)
    if quote and "/" not in symbol:
        symbol = f"{symbol.removesuffix(quote)}/{quote}"
    return f"{venue}:{symbol}" if venue else symbol


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
