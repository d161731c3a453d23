"""The command line."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Options:
    """How the paper exchange is started.

    Attributes:
        replay: A recording: trades as `.json`/`.json.gz`, or candles as `.csv`.
        replay_symbol: What candles are of, `BTC/USDT`.
        speed: Market seconds a wall second.
    """

    port: int
    admin_port: int
    state_dir: Path
    replay: Path | None = None
    replay_symbol: str | None = None
    speed: Fraction = Fraction(1)
    seed: int = 1


def parse_options(arguments: Sequence[str] | None = None) -> Options:
    """What the command line says; exits with a sentence when it can't be meant."""
    parser = ArgumentParser(prog="paper_exchange", description="A paper exchange that speaks real venues' protocols.")
    parser.add_argument("--port", type=int, default=9890, help="TLS port of the venues (0: a free one)")
    parser.add_argument("--admin-port", type=int, default=9891, help="HTTP port of the operator (0: a free one)")
    parser.add_argument("--state-dir", type=Path, required=True, help="where everything is kept")
    parser.add_argument("--replay", type=_existing, help="recorded trades (.json.gz) or candles (.csv) to play")
    parser.add_argument("--replay-symbol", help="the instrument that replayed candles are of, e.g. BTC/USDT")
    parser.add_argument("--speed", type=_speed, default=Fraction(1), help="market seconds a wall second")
    parser.add_argument("--seed", type=int, default=1, help="seed of the modelled markets")
    found = parser.parse_args(arguments)
    return Options(**vars(found))


def _existing(text: str) -> Path:
    path = Path(text)
    if not path.is_file():
        raise ArgumentTypeError(f"There is no file {text!r}.")
    return path


def _speed(text: str) -> Fraction:
    try:
        speed = Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise ArgumentTypeError(f"{text!r} is no speed.") from None
    if not 0 <= speed <= 100_000:  # noqa: PLR2004 - a year in five minutes
        raise ArgumentTypeError("A speed lies between 0 and 100000.")
    return speed
