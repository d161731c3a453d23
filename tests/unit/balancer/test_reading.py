import pytest

from nightdesk.balancer.model import Charge, EgressName, Grant, LimitId
from nightdesk.balancer.reading import address_ban_ms, read
from nightdesk.balancer.request import take_apart
from nightdesk.balancer.status import bucket_of, percentile_ms
from nightdesk.balancer.stream_ports import Answer
from nightdesk.balancer.venues import binance, kraken
from nightdesk.kernel.assets import VenueId


def grant(venue: str, *charges: Charge) -> Grant:
    return Grant(venue=VenueId(venue), egress=EgressName("a"), url="", charges=charges)


def answer(status: int, body: bytes = b"", **headers: str) -> Answer:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status=status, reason="", headers=names, body=body)


WEIGHT = Charge(limit=binance.WEIGHT, subject="a", cost=20)


def test_used_weight_is_taken_from_the_header() -> None:
    assert read(grant("binance", WEIGHT), answer(200, x_mbx_used_weight_1m="1234")).used == {"weight": 1234}


def test_a_teapot_bans_the_address_until_its_end() -> None:
    verdict = read(grant("binance", WEIGHT), answer(418, retry_after="90"))

    assert (verdict.ban_ms, verdict.ban_key) == (90_001, False)


def test_a_teapot_without_an_end_is_the_shortest_ban() -> None:
    assert read(grant("binance", WEIGHT), answer(418)).ban_ms == 120_000


def test_too_many_orders_stop_the_key_and_not_the_address() -> None:
    refused = answer(429, b'{"code":-1015,"msg":"Too many new orders"}', retry_after="7")

    assert read(grant("binance", WEIGHT), refused).ban_key
    request = take_apart(VenueId("binance"), "POST", "https://api.binance.com/api/v3/order")
    assert address_ban_ms(request, refused) == 0


def test_kraken_says_in_the_body_that_its_counter_is_full() -> None:
    charge = Charge(limit=kraken.COUNTER, subject="k", cost=1)
    verdict = read(grant("kraken", charge), answer(200, b'{"error":["EAPI:Rate limit exceeded"]}'))

    assert (verdict.exhausted, verdict.ban_ms) == ((LimitId("counter"),), 0)


@pytest.mark.parametrize(("waited_ms", "bucket"), [(0, 0), (1, 0), (2, 1), (200, 5), (99_999, 11)])
def test_waits_fall_in_buckets(waited_ms: int, bucket: int) -> None:
    assert bucket_of(waited_ms) == bucket


def test_percentiles_are_upper_ends_of_buckets() -> None:
    assert percentile_ms({0: 50, 5: 49, 11: 1}, 500) == 1
    assert percentile_ms({0: 50, 5: 49, 11: 1}, 990) == 200
    assert percentile_ms({11: 1}, 500) is None
    assert percentile_ms({}, 500) is None
