"""The parts around the engine: clock, certificates, command line, limits' windows."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from fargate.paper_exchange.certificates import Certificates
from fargate.paper_exchange.engine.clock import ClockSetting, MarketClock
from fargate.paper_exchange.faces.binance.limits import Windows
from fargate.paper_exchange.faults import Fault, FaultBoard, FaultKind
from fargate.paper_exchange.gateway import Listener
from fargate.paper_exchange.hosts import CHANNEL_HOSTS, REFERENCE_HOSTS, VENUE_HOSTS, all_hosts
from fargate.paper_exchange.options import parse_options

if TYPE_CHECKING:
    from .conftest import Desk

NOW = datetime(2025, 6, 1, tzinfo=UTC)


def test_certificates_name_the_venues_and_are_kept(tmp_path: Path) -> None:
    certificates = Certificates(tmp_path, all_hosts())
    assert certificates.ensure(NOW)
    assert not certificates.ensure(NOW + timedelta(days=300))
    leaf = x509.load_pem_x509_certificates((tmp_path / "tls.pem").read_bytes())[0]
    names = leaf.extensions.get_extension_for_oid(ExtensionOID.SUBJECT_ALTERNATIVE_NAME).value
    assert isinstance(names, x509.SubjectAlternativeName)
    assert {"api.binance.com", "ws.kraken.com", "api.coinbase.com"} <= set(names.get_values_for_type(x509.DNSName))
    assert (tmp_path / "tls.pem").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("days", [340, 400, -2])
def test_certificates_are_made_anew_before_they_expire(tmp_path: Path, days: int) -> None:
    certificates = Certificates(tmp_path, ["api.binance.com"])
    certificates.ensure(NOW)
    before = certificates.ca_file.read_bytes()
    assert certificates.ensure(NOW + timedelta(days=days))
    assert certificates.ca_file.read_bytes() != before


def test_certificates_are_made_anew_for_another_host(tmp_path: Path) -> None:
    Certificates(tmp_path, ["api.binance.com"]).ensure(NOW)
    assert Certificates(tmp_path, ["api.binance.com", "api.kraken.com"]).ensure(NOW)


def test_no_host_belongs_to_two_venues() -> None:
    assert sum(map(len, VENUE_HOSTS.values())) == len(all_hosts() - REFERENCE_HOSTS - CHANNEL_HOSTS)


def test_the_market_clock_runs_at_its_speed_and_never_backwards(desk: Desk) -> None:
    clock = MarketClock(desk.clock, ClockSetting(0, 0))
    clock = MarketClock(desk.clock, ClockSetting(clock.wall_ms(), 5_000, Fraction(60)))
    desk.clock.forward(1000)
    assert clock.now_ms() == 65_000
    clock.run_at(Fraction(0))
    desk.clock.forward(1000)
    assert clock.now_ms() == 65_000
    clock.advance(10)
    assert clock.now_ms() == 65_010
    with pytest.raises(ValueError, match="backwards"):
        clock.advance(-1)
    with pytest.raises(ValueError, match="backwards"):
        clock.run_at(Fraction(-1))


def test_options_are_read(tmp_path: Path) -> None:
    options = parse_options(["--state-dir", str(tmp_path), "--speed", "60", "--seed", "9"])
    assert (options.port, options.admin_port, options.speed, options.seed) == (9890, 9891, Fraction(60), 9)


@pytest.mark.parametrize("bad", [["--speed", "-1"], ["--speed", "x"], ["--replay", "/nowhere.json.gz"]])
def test_options_that_cannot_be_meant_are_refused(tmp_path: Path, bad: list[str]) -> None:
    with pytest.raises(SystemExit):
        parse_options(["--state-dir", str(tmp_path), *bad])


def test_windows_are_of_the_calendar() -> None:
    windows = Windows(60_000)
    assert [windows.add("a", 5, 59_999), windows.add("a", 5, 59_999), windows.add("b", 1, 59_999)] == [5, 10, 1]
    assert windows.add("a", 5, 60_000) == 5


def test_a_fault_strikes_as_often_as_it_is_counted_and_where_it_is_meant() -> None:
    board = FaultBoard()
    board.switch_on(Fault(FaultKind.RATE_LIMITED, left=2, path="myTrades"))
    assert board.strike(FaultKind.RATE_LIMITED, "/api/v3/account") is None
    assert [bool(board.strike(FaultKind.RATE_LIMITED, "/api/v3/myTrades")) for _ in range(3)] == [True, True, False]


def test_a_fault_of_one_venue_leaves_the_others_alone() -> None:
    board = FaultBoard()
    board.switch_on(Fault(FaultKind.REST_DOWN, left=1, venue="kraken"))
    assert board.of("htx").strike(FaultKind.REST_DOWN) is None
    assert board.of("kraken").strike(FaultKind.REST_DOWN) is not None
    assert not board.of("kraken").is_on(FaultKind.REST_DOWN)
    board.switch_on(Fault(FaultKind.SOCKET_LATE))
    assert board.of("htx").is_on(FaultKind.SOCKET_LATE)
    assert [one["venue"] for one in board.listing()] == [""]


async def _addresses() -> list[str]:
    listener = Listener(web.Application(), port=0)
    await listener.open()
    try:
        return [str(address[0]) for address in listener.addresses]
    finally:
        await listener.close()


def test_listeners_bind_this_machine_only() -> None:
    assert asyncio.run(_addresses()) == ["127.0.0.1"]
