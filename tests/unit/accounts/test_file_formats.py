"""Each format's golden file, read as it was written."""

from collections import Counter
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from nightdesk.accounts.files.facts import Origin, digest, file_facts
from nightdesk.accounts.files.model import FileFact, LeftOut
from nightdesk.accounts.files.registry import detect, fingerprint
from nightdesk.accounts.files.table import read_table
from nightdesk.kernel.assets import VenueId
from nightdesk.kernel.errors import NightdeskError
from nightdesk.kernel.instants import format_instant
from nightdesk.kernel.money import format_amount

GOLDEN = Path(__file__).parents[2] / "golden" / "files"


def read(content: bytes, zone: str = "UTC") -> list[FileFact | LeftOut]:
    table = read_table(content)
    form = detect(table)
    assert form is not None
    origin = Origin(sha256=digest(content), venue=VenueId("binance"), zone=ZoneInfo(zone))
    found = list(file_facts(form.read(table), origin))
    lines = Counter(row.line for each in found for row in each.rows)
    assert lines == Counter(row.line for row in table.rows), "rows in = imported + skipped + rejected"
    return found


def told(name: str, zone: str = "UTC") -> list[str]:
    return [_line(each) for each in read((GOLDEN / f"{name}.csv").read_bytes(), zone)]


def _line(each: FileFact | LeftOut) -> str:
    if isinstance(each, LeftOut):
        return f"{'rejected' if each.rejected else 'skipped'} {each.reason}"
    legs = " ".join(f"{leg.role.value} {format_amount(leg.amount)} {leg.asset}" for leg in each.fact.legs)
    return f"{format_instant(each.fact.occurred_at)[:-8]} {each.fact.kind.value}: {legs}"


FORMATS = {
    "koinly_universal": "koinly.universal",
    "koinly_simple": "koinly.simple",
    "koinly_full": "koinly.full",
    "cointracking_trades": "cointracking.trades",
    "cointracking_german": "cointracking.trades",
    "cointracking_values": "cointracking.values",
    "rotki_events": "rotki.events",
    "rotki_trades": "rotki.trades",
    "cointracker": "cointracker.universal",
    "binance_trades": "binance.trades",
    "binance_trades_by_market": "binance.trades_by_market",
    "binance_withdrawals": "binance.transfers",
    "binance_deposits": "binance.transfers",
    "binance_statement": "binance.statement",
}


@pytest.mark.parametrize(("name", "wanted"), FORMATS.items())
def test_a_header_names_its_format(name: str, wanted: str) -> None:
    table = read_table((GOLDEN / f"{name}.csv").read_bytes())
    form = detect(table)
    assert form is not None
    assert form.name == wanted


def test_koinly_universal() -> None:
    assert told("koinly_universal") == [
        "2024-01-05T10:00:00 deposit: movement 1000 USDT",
        "2024-01-05T11:30:15 trade: base 0.01 BTC quote -420.5 USDT fee -0.42 USDT",
        "2024-01-06T00:00:01 reward: movement 0.000000000000000001 ETH",
        "2024-01-07T08:00:00 withdrawal: movement -0.005 BTC fee -0.0001 BTC",
        "skipped files.within_account",
        "rejected files.number_malformed",
        "skipped files.label_ignored",
        "2024-01-10T09:00:00 fee: fee -0.1 USDT",
    ]
    found = read((GOLDEN / "koinly_universal.csv").read_bytes())
    assert isinstance(found[0], FileFact)
    assert found[0].details.tx_hash == "0xaa"
    assert found[0].fact.identity.endswith(":2")


def test_koinly_simple_and_full() -> None:
    assert told("koinly_simple") == [
        "2024-02-01T12:00:00 withdrawal: movement -0.5 ETH",
        "2024-02-02T12:00:00 reward: movement 0.01 ETH",
    ]
    assert told("koinly_full") == [
        "2023-03-01T12:00:00 trade: base 0.004 BTC quote -100 USDT fee -0.000004 BTC",
        "2023-03-02T12:00:00 fee: fee -0.0001 BTC",
    ]


def test_cointracking_by_position_in_the_users_zone() -> None:
    assert told("cointracking_trades", "Europe/Berlin") == [
        "2024-01-05T11:30:15 trade: base 0.01 BTC quote -420.5 USDT fee -0.42 USDT",
        "2024-01-05T10:00:00 deposit: movement 1000 USDT",
        "2024-01-07T08:00:00 withdrawal: movement -0.005 BTC fee -0.0001 BTC",
        "2024-01-08T08:00:00 reward: movement 0.1 DOT",
    ]
    assert told("cointracking_values") == ["2024-01-05T12:30:15 trade: base 0.01 BTC quote -420.5 USDT"]


def test_cointracking_in_german_with_decimal_commas() -> None:
    assert told("cointracking_german") == [
        "2024-01-05T12:30:15 trade: base -0.025 BTC quote 1000.5 USDT",
        "2024-01-05T11:00:00 deposit: movement 2 ETH",
    ]


def test_rotki() -> None:
    assert told("rotki_events") == [
        "2022-07-27T09:00:00 deposit: movement 1000 EUR",
        "2022-07-28T09:10:00 withdrawal: movement -1 BTC fee -0.01 BTC",
        "2022-08-01T07:58:10 reward: movement 0.0513 ETH",
        "rejected files.kind_unknown",
        "rejected files.asset_malformed",
    ]
    assert told("rotki_trades")[1:] == [
        "2022-07-30T09:00:00 trade: base -392.887 LTC quote 4.3241 BTC fee -3.9 LTC",
        "rejected files.cells_missing",
    ]


def test_cointracker() -> None:
    assert told("cointracker") == [
        "2023-06-14T20:57:35 trade: base 0.5 BTC quote -4005.8 USD fee -0.00001 BTC",
        "2023-06-15T20:57:35 reward: movement 2 ETH",
        "rejected files.instant_malformed",
    ]


def test_binance_trades() -> None:
    assert told("binance_trades") == [
        *["2024-01-05T11:30:15 trade: base 0.01 BTC quote -420.5 USDT fee -0.00001 BTC"] * 2,
        "2024-01-05T11:31:00 trade: base -0.01 BTC quote 420.5 USDT fee -0.4205 USDT",
    ]
    assert told("binance_trades_by_market") == [
        "2019-10-11T00:00:11 trade: base -100 XRP quote 0.142 ETH fee -0.00009656 BNB",
        "rejected files.asset_malformed",
    ]


def test_binance_transfers() -> None:
    assert told("binance_withdrawals") == [
        "2024-01-07T08:00:00 withdrawal: movement -0.005 BTC fee -0.0001 BTC",
        "skipped files.not_completed",
    ]
    assert told("binance_deposits") == ["2024-01-05T10:00:00 deposit: movement 1000 USDT"]


def test_binance_statement() -> None:
    assert told("binance_statement") == [
        "2024-01-05T10:00:00 deposit: movement 1000 USDT",
        *["2024-01-05T11:30:15 trade: base 0.01 BTC quote -420.5 USDT fee -0.001 BNB"] * 2,
        "2024-01-06T09:00:00 conversion: movement 0.003 BNB movement -1.5 DOGE movement -0.7 XRP",
        "2024-01-07T08:00:00 withdrawal: movement -0.0051 BTC",
        "2024-01-08T00:00:00 interest: movement 0.01 USDT",
        "2024-01-09T08:00:00 trade: base 3 ETH quote -300 USDT",
    ]


def test_deposits_and_withdrawals_that_nothing_tells_apart_are_rejected() -> None:
    content = b"Date(UTC),Coin,Amount,TransactionFee,Address,TXID,Status\n2020-01-01 00:00:00,BTC,1,0,a,b,Completed\n"
    assert [_line(each) for each in read(content)] == ["rejected files.sides_unclear"]


def test_ranks_count_equal_rows() -> None:
    found = read((GOLDEN / "binance_trades.csv").read_bytes())
    assert [each.rank for each in found if isinstance(each, FileFact)] == [1, 2, 1]


def test_a_fingerprint_knows_a_header_in_any_dress() -> None:
    plain = read_table(b"When,What,How much\n1,2,3\n")
    dressed = read_table(b"\xef\xbb\xbf when ;WHAT;how  much\n1;2;3\n")
    assert fingerprint(plain) == fingerprint(dressed)
    assert detect(plain) is None


@pytest.mark.parametrize(
    ("cells", "comma"),
    [
        (["1,5"], True),
        (["1.5"], False),
        (["1.234,5"], True),
        (["1,234.5"], False),
        (["0,123"], True),
        (["1,234"], None),
        (["1,234", "2.5"], False),
        (["a,b", "12.03.2024"], False),
    ],
)
def test_numbers_prove_their_comma(*, cells: list[str], comma: bool | None) -> None:
    table = read_table("\n".join(["a\tb", *(f"x\t{cell}" for cell in cells)]).encode())
    assert table.decimal_comma is comma


def test_a_number_that_can_be_two_is_rejected() -> None:
    content = b"Koinly Date\tAmount\tCurrency\n2024-01-01 00:00:00 UTC\t1,234\tBTC\n"
    assert [_line(each) for each in read(content)] == ["rejected files.number_ambiguous"]


def test_amounts_are_exact_to_the_last_digit() -> None:
    content = b"Koinly Date,Amount,Currency\n2024-01-01 00:00:00 UTC,12345678901234567890.123456789012345678,BTC\n"
    found = read(content)
    assert isinstance(found[0], FileFact)
    assert found[0].fact.legs[0].amount == Decimal("12345678901234567890.123456789012345678")


def lines(text: str) -> list[str]:
    return [_line(each) for each in read(text.encode())]


STATEMENT = "User_ID,UTC_Time,Account,Operation,Coin,Change,Remark\n"


def test_a_statements_odd_rows() -> None:
    rows = [
        "1,2024-01-01 00:00:00,Spot,Transfer Between Main and Funding Wallet,USDT,-5,",
        "1,2024-01-01 00:00:01,Spot,Something New,USDT,5,",
        "1,2024-01-01 00:00:02,Spot,Deposit,USDT,0,",
        "1,2024-01-01 00:00:03,Spot,Deposit,USDT,many,",
        ",,,,,,",
        "1,2024-01-01 00:00:04,Spot,Buy,BTC,1,",
        "1,2024-01-01 00:00:04,Spot,Transaction Related,USDT,-60,",
        "1,2024-01-01 00:00:04,Spot,Transaction Related,USDT,-40,",
        "1,2024-01-01 00:00:04,Spot,Fee,BNB,0.1,",
        "1,2024-01-01 00:00:05,Spot,Buy,BTC,1,",
        "1,2024-01-01 00:00:05,Spot,Fee,BTC,-0.1,",
    ]
    assert sorted(lines(STATEMENT + "\n".join(rows) + "\n")) == [
        "2024-01-01T00:00:00 transfer: movement -5 USDT",
        "2024-01-01T00:00:01 deposit: movement 5 USDT",
        "2024-01-01T00:00:04 deposit: movement 0.1 BNB",
        "2024-01-01T00:00:04 trade: base 1 BTC quote -100 USDT",
        "2024-01-01T00:00:05 adjustment: movement 1 BTC movement -0.1 BTC",
        "rejected files.nothing_moved",
        "rejected files.number_malformed",
        "skipped files.empty_row",
    ]


def test_binances_trades_that_cannot_be_read() -> None:
    header = "Date(UTC),Pair,Side,Price,Executed,Amount,Fee\n"
    rows = ["2024-01-01 00:00:00,BTCUSDT,HOLD,1,1BTC,1USDT,0", "2024-01-01 00:00:00,BTCUSDT,BUY,1,one,1USDT,0"]
    assert lines(header + "\n".join(rows) + "\n") == ["rejected files.kind_unknown", "rejected files.number_malformed"]
    old = "Date(UTC),Market,Type,Price,Amount,Total,Fee,Fee Coin\n2024-01-01 00:00:00,BTCUSDT,BUY,1,,1,0,BNB\n"
    assert lines(old) == ["rejected files.cells_missing"]
    withdrawn = (
        "Date(UTC),Coin,Amount,TransactionFee,Address,TXID,Status\n2020-01-01 00:00:00,BTC,1,0.1,a,b,Completed\n"
    )
    assert lines(withdrawn) == ["2020-01-01T00:00:00 withdrawal: movement -1 BTC fee -0.1 BTC"]


def test_between_wallets_only_what_is_lost_counts() -> None:
    header = "Date,Sent Amount,Sent Currency,Received Amount,Received Currency,Fee Amount,Fee Currency,Label\n"
    rows = [
        "2024-01-01 00:00:00 UTC,1,BTC,0.9,BTC,,,",
        "2024-01-01 00:00:00 UTC,1,BTC,1.1,BTC,,,",
        "2024-01-01 00:00:00 UTC,,,,,,,",
        "2024-01-01 00:00:00 UTC,1,BTC,,,,,cost",
        "2024-01-01 00:00:00 UTC,,,1,BTC,,,cost",
    ]
    assert lines(header + "\n".join(rows) + "\n") == [
        "2024-01-01T00:00:00 fee: fee -0.1 BTC",
        "rejected files.sides_unclear",
        "rejected files.nothing_moved",
        "2024-01-01T00:00:00 fee: fee -1 BTC",
        "2024-01-01T00:00:00 deposit: movement 1 BTC",
    ]


def test_an_hour_that_clocks_showed_twice_is_rejected() -> None:
    content = (
        b"Type,Buy,Cur.,Sell,Cur.,Fee,Cur.,Exchange,Group,Comment,Date\nDeposit,1,BTC,,,,,x,,,27.10.2024 02:30:00\n"
    )
    assert [_line(each) for each in read(content, "Europe/Berlin")] == ["rejected files.instant_twice"]


def test_an_amount_that_the_ledger_cannot_hold_is_rejected() -> None:
    content = "Koinly Date,Amount,Currency\n2024-01-01 00:00:00 UTC,1e30,BTC\n"
    assert lines(content) == ["rejected files.number_malformed"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"\x00\x01\x02", "files.not_text"),
        (b"   \n", "files.not_text"),
        (b"only one column\n1\n", "files.no_header"),
        (b"a,b\n" + b"1,2\n" * 100_100, "files.too_many_rows"),
        (b'a,b\n"' + b"x" * 200_000 + b'",2\n', "files.not_text"),
    ],
)
def test_what_is_no_table_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(NightdeskError) as refused:
        read_table(content)
    assert refused.value.code == code


def test_utf_16_is_text_too() -> None:
    table = read_table("Größe,Münze\n1,2\n".encode("utf-16"))
    assert table.header == ("Größe", "Münze")


def test_a_transfers_way_and_its_assets_name_of_then_go_to_the_ledger() -> None:
    header = "Date,Sent Amount,Sent Currency,Received Amount,Received Currency,TxHash\n"
    found = read((header + "2021-01-01 00:00:00 UTC,,,1,LUNA,0xabc\n").encode())
    assert isinstance(found[0], FileFact)
    assert found[0].fact.route is not None
    assert found[0].fact.route.tx_hash == "0xabc"
    assert found[0].fact.legs[0].asset == "LUNC"
