"""The instruments that the paper exchange lists, with the prices that its model starts from."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from fargate.paper_exchange.engine.model import Instrument


@dataclass(frozen=True, slots=True)
class AssetProfile:
    """How an asset is modelled.

    Attributes:
        price: The level around which its price in USDT wanders.
        daily_volatility_ratio: Standard deviation of a day's logarithmic return.
        spread_ratio: How far its price may wander from the level, as a standard deviation.
        tick: Of its USDT market.
        lot: Of its USDT market.
        networks: Chains it may be deposited on; empty for what has none.
    """

    price: str
    daily_volatility_ratio: float
    spread_ratio: float
    tick: str
    lot: str
    networks: tuple[str, ...]
    name: str


PROFILES: dict[str, AssetProfile] = {
    "BTC": AssetProfile("91500", 0.024, 0.35, "0.01", "0.00001", ("BTC",), "Bitcoin"),
    "ETH": AssetProfile("3150", 0.032, 0.40, "0.01", "0.0001", ("ETH", "ARBITRUM"), "Ethereum"),
    "BNB": AssetProfile("870", 0.028, 0.35, "0.01", "0.001", ("BSC",), "BNB"),
    "SOL": AssetProfile("138", 0.042, 0.50, "0.01", "0.001", ("SOL",), "Solana"),
    "XRP": AssetProfile("2.05", 0.038, 0.50, "0.0001", "0.1", ("XRP",), "XRP"),
    "ADA": AssetProfile("0.43", 0.040, 0.50, "0.0001", "0.1", ("ADA",), "Cardano"),
    "DOGE": AssetProfile("0.146", 0.045, 0.55, "0.00001", "1", ("DOGE",), "Dogecoin"),
    "TRX": AssetProfile("0.28", 0.022, 0.35, "0.0001", "0.1", ("TRX",), "TRON"),
    "LTC": AssetProfile("83", 0.034, 0.40, "0.01", "0.001", ("LTC",), "Litecoin"),
    "BCH": AssetProfile("545", 0.036, 0.45, "0.1", "0.001", ("BCH",), "Bitcoin Cash"),
    "DOT": AssetProfile("2.3", 0.042, 0.55, "0.001", "0.01", ("DOT",), "Polkadot"),
    "AVAX": AssetProfile("13.9", 0.045, 0.55, "0.01", "0.01", ("AVAXC",), "Avalanche"),
    "LINK": AssetProfile("13.2", 0.042, 0.50, "0.01", "0.01", ("ETH",), "ChainLink"),
    "UNI": AssetProfile("6.1", 0.045, 0.55, "0.001", "0.01", ("ETH",), "Uniswap"),
    "ATOM": AssetProfile("2.5", 0.042, 0.55, "0.001", "0.01", ("ATOM",), "Cosmos"),
    "XLM": AssetProfile("0.25", 0.040, 0.50, "0.0001", "1", ("XLM",), "Stellar Lumens"),
    "NEAR": AssetProfile("1.9", 0.048, 0.55, "0.001", "0.1", ("NEAR",), "NEAR Protocol"),
    "APT": AssetProfile("2.4", 0.048, 0.60, "0.001", "0.01", ("APT",), "Aptos"),
    "ARB": AssetProfile("0.21", 0.050, 0.60, "0.0001", "0.1", ("ARBITRUM",), "Arbitrum"),
    "OP": AssetProfile("0.32", 0.050, 0.60, "0.001", "0.01", ("OPTIMISM",), "Optimism"),
    "FIL": AssetProfile("1.6", 0.048, 0.60, "0.001", "0.01", ("FIL",), "Filecoin"),
    "AAVE": AssetProfile("172", 0.046, 0.50, "0.01", "0.001", ("ETH",), "Aave"),
    "SUI": AssetProfile("1.6", 0.052, 0.60, "0.0001", "0.1", ("SUI",), "Sui"),
    "PEPE": AssetProfile("0.0000047", 0.060, 0.70, "0.00000001", "1", ("ETH",), "Pepe"),
    "ETC": AssetProfile("13.6", 0.038, 0.45, "0.01", "0.01", ("ETC",), "Ethereum Classic"),
    "TON": AssetProfile("1.6", 0.040, 0.50, "0.001", "0.01", ("TON",), "Toncoin"),
    "EUR": AssetProfile("1.157", 0.004, 0.05, "0.0001", "0.1", (), "Euro"),
    "USDC": AssetProfile("0.9998", 0.0003, 0.0006, "0.0001", "1", ("ETH", "SOL"), "USD Coin"),
    "FDUSD": AssetProfile("0.9985", 0.0004, 0.0008, "0.0001", "1", ("ETH", "BSC"), "First Digital USD"),
    "USDT": AssetProfile("1", 0.0, 0.0, "0.0001", "1", ("ETH", "TRX", "BSC"), "TetherUS"),
}
"""Prices as of November 2025, rounded."""

_CROSSES = (
    ("ETH", "BTC", "0.00001", "0.001", "0.0001"),
    ("BNB", "BTC", "0.00001", "0.001", "0.0001"),
    ("SOL", "BTC", "0.000001", "0.01", "0.0001"),
    ("XRP", "BTC", "0.00000001", "1", "0.0001"),
    ("LTC", "BTC", "0.00001", "0.001", "0.0001"),
    ("XRP", "ETH", "0.00000001", "1", "0.001"),
    ("BNB", "ETH", "0.0001", "0.001", "0.001"),
    ("BTC", "USDC", "0.01", "0.00001", "5"),
    ("ETH", "USDC", "0.01", "0.0001", "5"),
    ("BTC", "EUR", "0.01", "0.00001", "5"),
    ("ETH", "EUR", "0.01", "0.0001", "5"),
)

DOLLAR = AssetProfile("1.0004", 0.0002, 0.0005, "0.0001", "0.1", (), "US Dollar")
"""Not every venue has it: its market against the pivot prices the others and is listed nowhere."""

_IN_DOLLARS = (
    "BTC", "ETH", "SOL", "XRP", "ADA", "DOGE", "TRX", "LTC", "BCH", "DOT", "AVAX", "LINK", "UNI", "ATOM", "XLM",
    "NEAR", "AAVE", "SUI", "ETC", "USDC", "USDT",
)  # fmt: skip

PIVOT = "USDT"
"""The asset in which every other one is modelled."""


def list_instruments() -> dict[str, Instrument]:
    """Every instrument by symbol; tick and lot together never need more than eight decimals."""
    direct = [(asset, PIVOT, p.tick, p.lot, "5") for asset, p in PROFILES.items() if asset != PIVOT]
    dollars = [(asset, "USD", PROFILES[asset].tick, PROFILES[asset].lot, "5") for asset in _IN_DOLLARS]
    made = (_instrument(*row) for row in (*direct, *_CROSSES, ("USD", PIVOT, DOLLAR.tick, DOLLAR.lot, "5"), *dollars))
    return {instrument.symbol: instrument for instrument in made}


def _instrument(base: str, quote: str, tick: str, lot: str, notional_min: str) -> Instrument:
    quantity_max = Decimal(lot) * 10_000_000_000
    return Instrument(base, quote, Decimal(tick), Decimal(lot), Decimal(notional_min), quantity_max)
