"""When markets are open."""

from datetime import UTC, datetime

import pytest

from nightdesk.candles.gaps import Gap
from nightdesk.candles.sessions import open_parts
from nightdesk.kernel.assets import parse_instrument

EURO = parse_instrument("FX:EUR/USD")


def gap(since: str, until: str) -> Gap:
    return Gap(datetime.fromisoformat(since).astimezone(UTC), datetime.fromisoformat(until).astimezone(UTC))


@pytest.mark.parametrize(
    ("missing", "open_ones"),
    [
        # a weekend in winter: from 22:00 to 22:00 UTC; in summer from 21:00
        (("2026-01-16T22:00Z", "2026-01-18T22:00Z"), []),
        (("2026-07-17T21:00Z", "2026-07-19T21:00Z"), []),
        (("2026-07-17T20:59Z", "2026-07-19T21:02Z"), [
            ("2026-07-17T20:59Z", "2026-07-17T21:00Z"), ("2026-07-19T21:00Z", "2026-07-19T21:02Z"),
        ]),
        (("2026-01-13T10:00Z", "2026-01-13T10:05Z"), [("2026-01-13T10:00Z", "2026-01-13T10:05Z")]),
        (("2026-01-17T10:00Z", "2026-01-17T11:00Z"), []),
        # the clocks change while the market is closed
        (("2026-03-06T22:00Z", "2026-03-08T21:00Z"), []),
        (("2026-01-09T00:00Z", "2026-01-20T00:00Z"), [
            ("2026-01-09T00:00Z", "2026-01-09T22:00Z"), ("2026-01-11T22:00Z", "2026-01-16T22:00Z"),
            ("2026-01-18T22:00Z", "2026-01-20T00:00Z"),
        ]),
    ],
)  # fmt: skip
def test_currencies_rest_at_weekends(missing: tuple[str, str], open_ones: list[tuple[str, str]]) -> None:
    assert open_parts(EURO, gap(*missing)) == [gap(*one) for one in open_ones]


def test_crypto_never_rests() -> None:
    weekend = gap("2026-01-16T22:00Z", "2026-01-18T22:00Z")
    assert open_parts(parse_instrument("BINANCE:BTC/USDT"), weekend) == [weekend]
