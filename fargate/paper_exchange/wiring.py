"""Puts the paper exchange together."""

from __future__ import annotations

from secrets import token_urlsafe

from fargate.paper_exchange.admin.app import Operator, build_admin
from fargate.paper_exchange.admin.channels import channel_routes
from fargate.paper_exchange.admin.reference import reference_routes
from fargate.paper_exchange.certificates import Certificates, write_private
from fargate.paper_exchange.engine.clock import ClockSetting, MarketClock
from fargate.paper_exchange.engine.exchange import Exchange, read_clock, save_clock
from fargate.paper_exchange.engine.lies import LyingExchange
from fargate.paper_exchange.engine.market.catalogue import Catalogue, Replay, build_catalogue
from fargate.paper_exchange.engine.markets import Markets
from fargate.paper_exchange.engine.store import Store
from fargate.paper_exchange.faces.binance.face import BinanceFace
from fargate.paper_exchange.faces.bitfinex.face import BitfinexFace
from fargate.paper_exchange.faces.channels import ChannelStandIns
from fargate.paper_exchange.faces.coinbase.face import CoinbaseFace
from fargate.paper_exchange.faces.coinmarketcap import CoinMarketCapStandIn
from fargate.paper_exchange.faces.coinsph.face import CoinsphFace
from fargate.paper_exchange.faces.ecb import CentralBankStandIn
from fargate.paper_exchange.faces.htx.face import HtxFace
from fargate.paper_exchange.faces.kraken.face import KrakenFace
from fargate.paper_exchange.faces.openexchangerates import OpenExchangeRatesStandIn
from fargate.paper_exchange.faces.port import Host
from fargate.paper_exchange.faces.reference_rates import CurrencyLevels, Moods
from fargate.paper_exchange.faults import FaultBoard, FaultKind
from fargate.paper_exchange.gateway import Listener, build_gateway
from fargate.paper_exchange.hosts import all_hosts
from fargate.paper_exchange.options import Options
from fargate.paper_exchange.service import Service
from fargate.paper_exchange.statistics import Statistics
from nightdesk.kernel.instants import Clock, to_ms

FACES = (BinanceFace, KrakenFace, CoinbaseFace, BitfinexFace, HtxFace, CoinsphFace)


def build_service(options: Options, clock: Clock) -> Service:
    """The service with everything it needs, not yet listening.

    Raises:
        HistoryUnusable: The recording can't be played.
    """
    options.state_dir.mkdir(parents=True, exist_ok=True)
    certificates = Certificates(options.state_dir, all_hosts())
    certificates.ensure(clock.now())
    exchange = _exchange(options, clock)
    faults, statistics = FaultBoard(), Statistics()
    exchange.markets.is_frozen = lambda: faults.is_on(FaultKind.BOOK_FROZEN)
    exchange.trading.is_refusing = lambda: faults.strike(FaultKind.ORDER_REJECTED) is not None
    boards = {make: faults.of(make.venue) for make in FACES}
    faces = tuple(
        make(LyingExchange(exchange, board.lying(exchange.clock.now_ms)), board, statistics)
        for make, board in boards.items()
    )
    channels = ChannelStandIns(clock)
    moods = Moods()
    hosts = (*faces, *_references(exchange, moods), channels)
    gateway = Listener(build_gateway(hosts), port=options.port, context=certificates.context())
    operator = Operator(exchange, {face.venue: face for face in faces}, faults, statistics, gateway)
    application = build_admin(operator, _token(options))
    application.add_routes([*channel_routes(channels), *reference_routes(moods)])
    admin = Listener(application, port=options.admin_port)
    return Service(exchange, faces, gateway=gateway, admin=admin, ports_file=options.state_dir / "ports.json")


def _references(exchange: Exchange, moods: Moods) -> tuple[Host, ...]:
    levels = CurrencyLevels(exchange)
    rates = (OpenExchangeRatesStandIn(levels, moods), CentralBankStandIn(levels, moods))
    return (*rates, CoinMarketCapStandIn(exchange, moods))


def _exchange(options: Options, clock: Clock) -> Exchange:
    replay = Replay(options.replay, options.replay_symbol) if options.replay else None
    catalogue = build_catalogue(options.seed, replay)
    kept = options.state_dir / "exchange.sqlite3"
    kept.touch(mode=0o600)
    store = Store(kept)
    market_clock = MarketClock(clock, _setting(store, catalogue, options, to_ms(clock.now())))
    save_clock(store, market_clock.setting)
    return Exchange(store, Markets(catalogue.views, market_clock), market_clock)


def _setting(store: Store, catalogue: Catalogue, options: Options, now_ms: int) -> ClockSetting:
    """The clock goes on where it was; another recording than last time starts it anew."""
    playing = options.replay.name if options.replay else "model"
    kept, played = read_clock(store), store.settings.read("playing")
    store.settings.write("playing", playing)
    if kept and played == playing:
        return ClockSetting(now_ms, max(kept.at(now_ms), kept.market_at_ms), options.speed)
    start_ms = catalogue.replay_from_ms if catalogue.replay_from_ms is not None else now_ms
    return ClockSetting(now_ms, start_ms, options.speed)


def _token(options: Options) -> str:
    path = options.state_dir / "admin.token"
    if not path.exists():
        write_private(path, token_urlsafe(32).encode())
    return path.read_text().strip()
