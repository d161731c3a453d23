"""Actions as JSON and back, and their canonical text: what is stored, hashed and confirmed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from decimal import Decimal
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from nightdesk.alerts.model import ChannelId, Severity
from nightdesk.execution.scope import Scope
from nightdesk.kernel.assets import Instrument, asset_id, parse_instrument
from nightdesk.kernel.errors import InvalidInput
from nightdesk.kernel.ids import AccountId
from nightdesk.kernel.money import format_amount, parse_amount
from nightdesk.markets.orders import OrderType, Side
from nightdesk.rules.actions import (
    KINDS,
    Action,
    BotPart,
    Size,
    SizeUnit,
    kind_of,
)

Json = Mapping[str, object]


def action_json(action: Action) -> dict[str, object]:
    """The action as a JSON object: `kind` and its fields, amounts as decimal texts, what is None left out."""
    values = ((field.name, getattr(action, field.name)) for field in fields(action))
    return {"kind": kind_of(action)} | {name: _plain(value) for name, value in values if value is not None}


def action_from(shape: Json) -> Action:
    """The action that a JSON object means.

    Raises:
        InvalidInput: It means none: `actions.malformed`, or what the action itself refuses.
    """
    kind = KINDS.get(str(shape.get("kind")))
    if kind is None:
        raise InvalidInput("actions.malformed", f"{str(shape.get('kind'))[:40]!r} is not a kind of action.")
    make: Callable[..., Action] = kind
    try:
        return make(**{name: _READ[name](value) for name, value in shape.items() if name != "kind"})
    except (KeyError, TypeError, ValueError, AttributeError):
        raise InvalidInput("actions.malformed", f"This is not the form of the action {shape['kind']}.") from None


def canonical(actions: Sequence[Action]) -> str:
    """The one text of a sequence of actions: the same for equal actions, another for any other."""
    return json.dumps([action_json(action) for action in actions], sort_keys=True, separators=(",", ":"))


def actions_hash(actions: Sequence[Action]) -> str:
    """SHA-256 of the canonical text, hexadecimal."""
    return sha256(canonical(actions).encode()).hexdigest()


def scope_json(scope: Scope) -> dict[str, str]:
    """The scope as a JSON object; `kind` is for people."""
    named = {"account_id": scope.account_id, "asset": scope.asset}
    return {"kind": scope.kind.value} | {name: str(value) for name, value in named.items() if value is not None}


def scope_from(shape: Json) -> Scope:
    """The scope that a JSON object means."""
    account, asset = shape.get("account_id"), shape.get("asset")
    return Scope(
        account_id=None if account is None else AccountId(UUID(str(account))),
        asset=None if asset is None else asset_id(str(asset)),
    )


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    write = _WRITE.get(type(value))
    return value if write is None else write(value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _object(value: object) -> Json:
    if not isinstance(value, Mapping):
        raise TypeError
    return value


def _size(value: object) -> Size:
    shape = _object(value)
    return Size(SizeUnit(_text(shape["unit"])), parse_amount(_text(shape["value"])))


def _channels(value: object) -> tuple[ChannelId, ...]:
    if not isinstance(value, list):
        raise TypeError
    return tuple(ChannelId(UUID(_text(each))) for each in value)


def _amount(value: object) -> Decimal:
    return parse_amount(_text(value))


_READ: Final[Mapping[str, Callable[[object], object]]] = {
    "scope": lambda value: scope_from(_object(value)),
    "into": lambda value: asset_id(_text(value)),
    "asset": lambda value: asset_id(_text(value)),
    "account_id": lambda value: AccountId(UUID(_text(value))),
    "instrument": lambda value: parse_instrument(_text(value)),
    "size": _size,
    "ratio": _amount,
    "limit_price": _amount,
    "limit_offset_ratio": _amount,
    "type": lambda value: OrderType(_text(value)),
    "side": lambda value: Side(_text(value)),
    "reduce_only": _flag,
    "allow_reducing": _flag,
    "text": _text,
    "severity": lambda value: Severity(_text(value)),
    "channels": _channels,
    "url": _text,
    "signed": _flag,
    "bot_id": _text,
    "part": lambda value: BotPart(_text(value)),
    "on": _flag,
}

_WRITE: Final[Mapping[type, Callable[[Any], object]]] = {
    Scope: scope_json,
    Size: lambda size: {"unit": size.unit.value, "value": format_amount(size.value)},
    Decimal: format_amount,
    Instrument: str,
    UUID: str,
    OrderType: str,
    Side: str,
    Severity: str,
    BotPart: str,
}
