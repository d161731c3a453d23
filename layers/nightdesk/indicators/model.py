"""Expressions: what a figure is computed from, as a frozen tree.

A leaf is what the engine keeps up to date by itself: a live figure (`Metric`) or something that changes with the
bars of one resolution (`Price`, `Call`, `Lag`). Above the leaves there is only arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from nightdesk.candles.model import PortfolioSeries, SeriesName
from nightdesk.candles.resolutions import Resolution
from nightdesk.kernel.assets import AssetId, Instrument


class Field(StrEnum):
    """A column of bars."""

    OPEN = "open"
    HIGH = "high"
    LOW = "low"
    CLOSE = "close"
    VOLUME = "volume"


class MetricName(StrEnum):
    """A live figure."""

    PRICE = "price"
    BID = "bid"
    ASK = "ask"
    SPREAD = "spread"
    STALENESS = "staleness"
    VALUE = "value"
    BALANCE = "balance"
    ALLOCATION = "allocation"
    REALISED_PNL = "realised_pnl"
    UNREALISED_PNL = "unrealised_pnl"
    PNL = "pnl"
    DRAWDOWN = "drawdown"
    MEGA_CAPS = "mega_caps"
    LARGE_CAPS = "large_caps"
    MID_CAPS = "mid_caps"
    SMALL_CAPS = "small_caps"
    MICRO_CAPS = "micro_caps"
    MARKET_CAP = "market_cap"
    POTENTIAL = "potential"
    SIGNAL = "signal"


MARKET_METRICS = frozenset({MetricName.PRICE, MetricName.BID, MetricName.ASK, MetricName.SPREAD, MetricName.STALENESS})
ASSET_METRICS = frozenset({MetricName.BALANCE, MetricName.ALLOCATION})
"""Those that need an asset; the other figures of portfolios and accounts may name one."""
SIZE_METRICS = frozenset(
    {MetricName.MEGA_CAPS, MetricName.LARGE_CAPS, MetricName.MID_CAPS, MetricName.SMALL_CAPS, MetricName.MICRO_CAPS}
)
"""Which part of a value is in coins of one size, by market capitalisation; 0.1 is 10 %."""
COIN_METRICS = frozenset({MetricName.MARKET_CAP, MetricName.POTENTIAL})
"""Figures of a coin as it is listed: of a market's base asset, or of what is held, weighted by value."""
CAP_METRICS = SIZE_METRICS | COIN_METRICS
"""Those made of listings of coins."""
WHOLE_METRICS = SIZE_METRICS | {MetricName.DRAWDOWN}
"""Those that are of everything and take no asset."""


@dataclass(frozen=True, slots=True)
class AccountTarget:
    """One account of the tenant, as a live figure names it: `ACCOUNT:<id>`."""

    account_id: UUID

    def __str__(self) -> str:
        return f"ACCOUNT:{self.account_id}"


@dataclass(frozen=True, slots=True)
class SignalTarget:
    """A signal that other programs send the tenant, by its name; of one market or of any.

    Attributes:
        market: As the sender writes it.
    """

    name: str
    market: str | None = None

    def __str__(self) -> str:
        return self.name if self.market is None else f"{self.name},{self.market}"


Target = Instrument | PortfolioSeries | AccountTarget | SignalTarget
"""What a live figure is of."""


class Operator(StrEnum):
    """Arithmetic between two figures; dividing by zero gives no value."""

    ADD = "+"
    SUBTRACT = "-"
    MULTIPLY = "*"
    DIVIDE = "/"


@dataclass(frozen=True, slots=True)
class Number:
    """A constant."""

    value: Decimal


@dataclass(frozen=True, slots=True)
class Metric:
    """A live figure, supplied by whoever evaluates.

    Attributes:
        asset: Of which part of the target, such as the balance of one asset; None for all of it.
    """

    name: MetricName
    target: Target
    asset: AssetId | None = None


@dataclass(frozen=True, slots=True)
class Price:
    """A column of a series' bars."""

    series: SeriesName
    resolution: Resolution
    field: Field


@dataclass(frozen=True, slots=True)
class Call:
    """One output of a function of the catalogue.

    Attributes:
        function: Its name in the catalogue, upper case.
        inputs: In the catalogue's order; all of one resolution.
        parameters: Every parameter's value, in the catalogue's order; whole numbers are int.
        output: Which of its outputs.
    """

    function: str
    inputs: tuple[Node, ...]
    parameters: tuple[int | float, ...]
    output: str


@dataclass(frozen=True, slots=True)
class Lag:
    """What something was so many bars ago."""

    of: Node
    bars: int


@dataclass(frozen=True, slots=True)
class Negation:
    """Less than nothing."""

    of: Node


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Two figures, joined."""

    operator: Operator
    left: Node
    right: Node


Leaf = Metric | Price | Call | Lag
Node = Number | Leaf | Negation | Arithmetic


@dataclass(frozen=True, slots=True, eq=False)
class Expression:
    """A figure; equal if the texts are.

    Attributes:
        text: Canonical: equal expressions have equal texts, and the text parses to this expression again.
        root: What is computed.
        leaves: What arithmetic stands on, each once, in order of appearance.
        warm_up_bars: So many bars of its resolution are needed before the slowest leaf has a value, at most.
    """

    text: str
    root: Node
    leaves: tuple[Leaf, ...]
    warm_up_bars: int

    def __str__(self) -> str:
        return self.text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Expression) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)

    @property
    def bars(self) -> frozenset[tuple[SeriesName, Resolution]]:
        """The bars it is computed from."""
        return frozenset(
            (node.series, node.resolution) for leaf in self.leaves for node in walk(leaf) if isinstance(node, Price)
        )

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """The live figures among its leaves."""
        return tuple(leaf for leaf in self.leaves if isinstance(leaf, Metric))


def parts(node: Node) -> tuple[Node, ...]:
    """What the node is made of directly."""
    match node:
        case Call(inputs=inputs):
            return inputs
        case Lag(of=of) | Negation(of=of):
            return (of,)
        case Arithmetic(left=left, right=right):
            return (left, right)
        case _:
            return ()


def walk(node: Node) -> Iterator[Node]:
    """The node and all it is made of, depth first."""
    yield node
    for part in parts(node):
        yield from walk(part)
