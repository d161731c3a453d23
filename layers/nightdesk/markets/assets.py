"""Which asset a venue's code means at an instant: tickers are renamed, given away, and differ between venues.

Codes are those that ccxt unifies (`XXBT` at Kraken is `BTC` already). What stands here is what ccxt cannot know, for
it names currencies as of today. Only changes of name belong here; where a coin was swapped at another ratio than one to
one (VEN to VET, LEND to AAVE, AGIX to FET) both are assets, and the swap is a conversion in the ledger.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Final

from nightdesk.kernel.assets import AssetId, VenueId

EVERYWHERE: Final = VenueId("*")
"""A name that holds at every venue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """What a code means at a venue for a while.

    Attributes:
        valid_from: Inclusive; None since ever.
        valid_until: Exclusive; None to this day.
        source: Where that can be read.
    """

    code: AssetId
    asset: AssetId
    venue: VenueId = EVERYWHERE
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    source: str = ""

    def means(self, venue: VenueId, at: datetime) -> bool:
        """Whether it holds at the venue then."""
        if self.venue not in {EVERYWHERE, venue}:
            return False
        return (self.valid_from is None or self.valid_from <= at) and (
            self.valid_until is None or at < self.valid_until
        )


def _name(code: str, asset: str, source: str, *, venue: str = "*", until: datetime | None = None) -> Name:
    return Name(code=AssetId(code), asset=AssetId(asset), venue=VenueId(venue), valid_until=until, source=source)


_TERRA_2: Final = datetime(2022, 5, 28, tzinfo=UTC)

NAMES: Final = (
    _name("LUNA", "LUNC", "Terra 2.0 genesis, 2022-05-28; Binance announcement on LUNA (new) and LUNC", until=_TERRA_2),
    _name("UST", "USTC", "the same genesis: TerraUSD became TerraClassicUSD", until=_TERRA_2),
    _name("MATIC", "POL", "Polygon: MATIC to POL one to one since 2024-09-04"),
    _name(
        "BCC",
        "BCH",
        "Bitcoin Cash traded as BCC until its fork of 2018-11-15",
        until=datetime(2018, 11, 16, tzinfo=UTC),
    ),
    _name("BCHABC", "BCH", "Binance renamed BCHABC to BCH in 2019-11", venue="binance"),
    _name("BCHSV", "BSV", "Bitcoin SV's first ticker"),
    _name("XBT", "BTC", "ISO 4217's form of the code"),
    _name("NANO", "XNO", "Nano changed its ticker in 2021-11"),
    _name("RNDR", "RENDER", "Render Network: RNDR to RENDER one to one, 2024-07"),
    _name("FTM", "S", "Fantom became Sonic, one to one, 2025-01"),
    _name("EOS", "A", "EOS became Vaulta, one to one, 2025-05"),
    _name("KLAY", "KAIA", "Klaytn became Kaia, one to one, 2024-10"),
    _name("TOMO", "VIC", "TomoChain became Viction, one to one, 2023-11"),
    _name("STRAT", "STRAX", "Stratis changed chains one to one, 2020-11"),
    _name("XZC", "FIRO", "Zcoin became Firo, 2020-10"),
    _name("CGLD", "CELO", "Coinbase's code of Celo"),
    _name(
        "QUICK",
        "QUICKOLD",
        "QuickSwap swapped 1 to 1,000 under the same ticker; Binance resumed trading on 2023-07-21",
        venue="binance",
        until=datetime(2023, 7, 21, tzinfo=UTC),
    ),
)

_FIAT: Final = """
    USD EUR GBP JPY CHF CAD AUD NZD SEK NOK DKK PLN CZK HUF RON TRY BRL MXN ARS ZAR NGN KES INR IDR THB VND PHP KRW CNY
    HKD SGD TWD UAH RUB KZT AED SAR ILS COP PEN CLP
"""
_COINS: Final = """
    BTC ETH BNB USDT USDC BUSD FDUSD TUSD USDP PAX DAI UST USTC LUNA LUNC XRP ADA SOL DOT DOGE SHIB AVAX MATIC POL LTC
    LINK ATOM XLM XMR ETC BCH BCC BCHABC BSV BCHSV BTG BCD FIL ICP APT ARB OP NEAR VET VTHO VEN TRX EOS XTZ AAVE LEND
    UNI SUSHI CRV COMP MKR SNX YFI ALGO EGLD HBAR QNT FTM S A THETA TFUEL AXS SLP SAND MANA GALA ENJ CHZ NEO GAS ONT ONG
    ZEC DASH ZIL IOTA XNO NANO RVN DGB WAVES KSM GRT FET AGIX OCEAN RNDR RENDER INJ STX IMX LDO RPL SUI SEI TIA WLD PEPE
    BONK WIF FLOKI JUP PYTH JTO STRK ENA TON NOT ORDI SATS BAT ZRX OMG KNC REN BAL 1INCH CAKE TWT BTTC BTT WIN JST SUN
    HOT IOST QTUM ICX LSK STEEM HIVE KMD ARK PIVX NULS XVG SC BTS STRAT STRAX XZC FIRO GNT GLM REP REPV1 POWR ENG MTL
    SNGLS SNT STORJ KLAY KAIA TOMO VIC CELO CGLD ROSE ONE BAND KAVA HT HTX OKB LEO KCS FTT CRO GT MX NEXO
    WBTC WETH STETH WSTETH BETH WBETH CBETH RETH PAXG XAUT EURT EURS EURC KFEE QUICK QUICKOLD
"""

KNOWN: Final = frozenset(map(AssetId, (_FIAT + _COINS).split())) | {
    each for name in NAMES for each in (name.code, name.asset)
}
"""Assets that are what their code says although a venue may have no market for them: fiat, and coins once listed."""

_BY_CODE: Final[Mapping[AssetId, tuple[Name, ...]]] = {
    code: tuple(names) for code, names in groupby(sorted(NAMES, key=lambda name: name.code), lambda name: name.code)
}


def identify(venue: VenueId, code: AssetId, at: datetime) -> AssetId:
    """The asset that the venue's code meant at the instant; the code itself where nothing else is known."""
    for name in _BY_CODE.get(code, ()):
        if name.means(venue, at):
            return name.asset
    return code
