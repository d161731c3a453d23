"""What rule sets remember as JSON and back, exactly: amounts are decimal texts, instants RFC 3339 with microseconds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.ids import AccountId
from nightdesk.kernel.instants import format_instant, parse_instant
from nightdesk.kernel.money import format_amount
from nightdesk.rules.state import Crossed, Due, Ledgered, NodeState, RuleSetState, Trail, TrueSince

Json = dict[str, Any]


def state_json(state: RuleSetState) -> Json:
    """The state as a JSON object."""
    return {
        "nodes": {str(number): _node_json(node) for number, node in sorted(state.nodes.items())},
        "released": state.released,
        "firings": state.firings,
        "last_fired_at": _instant_json(state.last_fired_at),
    }


def state_from(shape: Mapping[str, Any]) -> RuleSetState:
    """The state that a JSON object of this form means."""
    return RuleSetState(
        nodes={int(number): _READ[node["kind"]](node) for number, node in shape["nodes"].items()},
        released=shape["released"],
        firings=shape["firings"],
        last_fired_at=_instant_from(shape["last_fired_at"]),
    )


def _node_json(node: NodeState) -> Json:
    match node:
        case Crossed(beyond):
            return {"kind": "crossed", "beyond": beyond}
        case TrueSince(since):
            return {"kind": "true_since", "since": format_instant(since)}
        case Due(next_at):
            return {"kind": "due", "next_at": format_instant(next_at)}
        case _:
            return _trail_json(node)


def _trail_json(trail: Trail) -> Json:
    return {
        "kind": "trail",
        "started_at": format_instant(trail.started_at),
        "reference": format_amount(trail.reference),
        "best": format_amount(trail.best),
        "best_at": format_instant(trail.best_at),
        "armed_at": _instant_json(trail.armed_at),
        "sequences": {str(account): last for account, last in sorted(trail.ledgered.sequences.items())},
        "unpriced": sorted(trail.ledgered.unpriced),
    }


def _trail_from(shape: Mapping[str, Any]) -> Trail:
    return Trail(
        started_at=parse_instant(shape["started_at"]),
        reference=Decimal(shape["reference"]),
        best=Decimal(shape["best"]),
        best_at=parse_instant(shape["best_at"]),
        armed_at=_instant_from(shape["armed_at"]),
        ledgered=Ledgered(
            sequences={AccountId(UUID(account)): last for account, last in shape["sequences"].items()},
            unpriced=frozenset(map(AssetId, shape["unpriced"])),
        ),
    )


_READ: Final[Mapping[str, Callable[[Mapping[str, Any]], NodeState]]] = {
    "crossed": lambda shape: Crossed(shape["beyond"]),
    "true_since": lambda shape: TrueSince(parse_instant(shape["since"])),
    "due": lambda shape: Due(parse_instant(shape["next_at"])),
    "trail": _trail_from,
}


def _instant_json(instant: datetime | None) -> str | None:
    return None if instant is None else format_instant(instant)


def _instant_from(text: str | None) -> datetime | None:
    return None if text is None else parse_instant(text)
