"""Two thousand transfers between a user's own accounts, among what only looks like one; always the same.

Written before the matcher, from what venues' histories look like: a hash that one side lacks or spells otherwise, a fee
that nobody tells, one withdrawal that arrives in parts, several in one transaction, days of delay, clocks that are
apart, and money that came from or went to strangers at about the same time in about the same amount.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

SEED = 20_261_121
TRANSFERS = 2_000
START = datetime(2023, 1, 1, tzinfo=UTC)
SPAN_MINUTES = 3 * 365 * 24 * 60
ACCOUNTS = ("binance-1", "binance-2", "kraken-1", "coinbase-1", "bitfinex-1", "htx-1", "htx-2")
NETWORKS = {
    "BTC": "BTC",
    "ETH": "ETH",
    "USDT": "TRX",
    "USDC": "ETH",
    "XRP": "XRP",
    "SOL": "SOL",
    "ADA": "ADA",
    "DOGE": "DOGE",
    "LTC": "LTC",
    "DOT": "DOT",
    "LINK": "ETH",
    "ATOM": "ATOM",
}
FEES = {
    "BTC": "0.0002",
    "ETH": "0.0016",
    "USDT": "1",
    "USDC": "3.5",
    "XRP": "0.25",
    "SOL": "0.01",
    "ADA": "0.8",
    "DOGE": "4",
    "LTC": "0.001",
    "DOT": "0.08",
    "LINK": "0.3",
    "ATOM": "0.005",
}
SIZES = {
    "BTC": "0.8",
    "ETH": "12",
    "USDT": "20000",
    "USDC": "20000",
    "XRP": "30000",
    "SOL": "150",
    "ADA": "40000",
    "DOGE": "90000",
    "LTC": "200",
    "DOT": "2500",
    "LINK": "1500",
    "ATOM": "1800",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A deposit or a withdrawal as a venue's history tells it.

    Attributes:
        amount: Negative for a withdrawal; what was sent or credited, without the fee told beside it.
        fee: As told beside it, of the same asset; zero where it is not told.
    """

    name: str
    account: str
    asset: str
    amount: Decimal
    fee: Decimal
    at: datetime
    tx_hash: str | None
    address: str | None
    network: str | None


@dataclass(frozen=True, slots=True)
class Golden:
    """All rows, and which of them are one transfer.

    Attributes:
        truth: For each transfer the names of its withdrawals and of its deposits.
        kinds: For each transfer what it is an example of.
    """

    rows: tuple[Row, ...]
    truth: tuple[tuple[frozenset[str], frozenset[str]], ...]
    kinds: tuple[str, ...]


@dataclass(slots=True)
class _Maker:
    random: Random
    rows: list[Row] = field(default_factory=list)
    truth: list[tuple[frozenset[str], frozenset[str]]] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)

    def pair(self) -> tuple[str, str, str, datetime]:
        """Two accounts, an asset and an instant."""
        one, other = self.random.sample(ACCOUNTS, 2)
        asset = self.random.choice(list(NETWORKS))
        return one, other, asset, START + timedelta(minutes=self.random.randrange(SPAN_MINUTES))

    def amount(self, asset: str) -> Decimal:
        """Now and then a round one, as people choose them; mostly all that was there, to the last digit."""
        size = Decimal(SIZES[asset])
        if self.random.random() < 0.25:
            return (size * self.random.randint(1, 8) / 8).quantize(Decimal("0.01"))
        return (size * self.random.randint(100_000, 9_999_999) / 10_000_000).quantize(Decimal("0.000001"))

    def hash(self) -> str:
        return f"{self.random.getrandbits(256):064x}"

    def own_address(self, account: str, asset: str) -> str:
        """Where the account takes deposits of the asset; it has three over the years."""
        return f"{NETWORKS[asset].lower()}-{account}-{self.random.randrange(3)}"

    def stranger(self) -> str:
        return f"stranger-{self.random.getrandbits(64):x}"

    def row(self, account: str, asset: str, amount: Decimal, at: datetime, **told: object) -> str:
        """Keep a row; its name."""
        name = f"row-{len(self.rows)}"
        fields: dict[str, object] = {
            "fee": Decimal(0),
            "tx_hash": None,
            "address": None,
            "network": NETWORKS[asset],
            **told,
        }
        self.rows.append(Row(name=name, account=account, asset=asset, amount=amount, at=at, **fields))  # type: ignore[arg-type]
        return name

    def same(self, kind: str, outs: list[str], ins: list[str]) -> None:
        self.truth.append((frozenset(outs), frozenset(ins)))
        self.kinds.append(kind)

    def minutes(self, least: float, most: float) -> timedelta:
        return timedelta(seconds=round(self.random.uniform(least, most) * 60))


def _plain(make: _Maker, kind: str = "hash", **change: Callable[[str], str | None]) -> None:
    """One withdrawal, one deposit, the hash on both sides; `change` says how either side tells it."""
    one, other, asset, at = make.pair()
    amount, tx = make.amount(asset), make.hash()
    address = make.own_address(other, asset)
    sent, got = change.get("sent", _itself)(tx), change.get("got", _itself)(tx)
    out = make.row(one, asset, -amount, at, fee=Decimal(FEES[asset]), tx_hash=sent, address=address)
    later = at + make.minutes(2, 90)
    into = make.row(other, asset, amount, later, tx_hash=got, address=address)
    make.same(kind, [out], [into])


def _itself(tx: str) -> str | None:
    return tx


def _spelled(make: _Maker) -> None:
    """One side writes the hash in capitals, with `0x`, or with the number of the output behind it."""
    spell = make.random.choice([str.upper, "0x{}".format, "{}:1".format, "0x{}".format])
    side = make.random.choice(["sent", "got"])
    _plain(make, "hash spelled otherwise", **{side: spell})


def _no_hash_at_arrival(make: _Maker) -> None:
    """The venue of the deposit tells no hash, but the address."""
    _plain(make, "no hash at arrival", got=lambda _: None)


def _no_hash_at_all(make: _Maker) -> None:
    """Both sides tell no hash; the amount, the time and the addresses are all there is."""
    _plain(make, "no hash", sent=lambda _: None, got=lambda _: None)


def _nothing_but_amounts(make: _Maker) -> None:
    """Moved inside a venue's walls: neither hash nor address nor network, within minutes, to the last digit."""
    one, other, asset, at = make.pair()
    amount = make.amount(asset) + Decimal(make.random.randrange(1, 999)) / 1_000_000
    out = make.row(one, asset, -amount, at, network=None)
    into = make.row(other, asset, amount, at + make.minutes(0, 10), network=None)
    make.same("amounts alone", [out], [into])


def _fee_untold(make: _Maker) -> None:
    """What was sent includes the fee, and nobody says so."""
    one, other, asset, at = make.pair()
    amount, tx, address = make.amount(asset) + Decimal(FEES[asset]) * 2, make.hash(), make.own_address(other, asset)
    at_arrival = None if make.random.random() < 0.5 else tx
    out = make.row(one, asset, -amount, at, tx_hash=tx, address=address)
    got = amount - Decimal(FEES[asset])
    into = make.row(other, asset, got, at + make.minutes(3, 100), tx_hash=at_arrival, address=address)
    make.same("fee not told", [out], [into])


def _gross(make: _Maker) -> None:
    """The amount includes the fee that is told beside it."""
    one, other, asset, at = make.pair()
    fee = Decimal(FEES[asset])
    amount, address = make.amount(asset) + 3 * fee, make.own_address(other, asset)
    out = make.row(one, asset, -amount, at, fee=fee, address=address)
    into = make.row(other, asset, amount - fee, at + make.minutes(3, 100), address=address)
    make.same("fee told twice", [out], [into])


def _split(make: _Maker) -> None:
    """One withdrawal arrives in two to four parts."""
    one, other, asset, at = make.pair()
    amount, tx, count = make.amount(asset) * 2, make.hash(), make.random.randint(2, 4)
    with_hash = make.random.random() < 0.7
    address = make.own_address(other, asset)
    out = make.row(one, asset, -amount, at, fee=Decimal(FEES[asset]), tx_hash=tx, address=address)
    told = tx if with_hash else None
    later = at + make.minutes(3, 60)
    parts = list(_parts(make, amount, count))
    ins = [
        make.row(other, asset, part, later + timedelta(seconds=number), tx_hash=told, address=address)
        for number, part in enumerate(parts)
    ]
    make.same("one to several", [out], ins)


def _joined(make: _Maker) -> None:
    """Two or three withdrawals are credited as one deposit."""
    one, other, asset, at = make.pair()
    tx, address = make.hash(), make.own_address(other, asset)
    amounts = [make.amount(asset) for _ in range(make.random.randint(2, 3))]
    outs = [
        make.row(one, asset, -amount, at + timedelta(seconds=number), tx_hash=tx, address=address)
        for number, amount in enumerate(amounts)
    ]
    total = sum(amounts, Decimal(0))
    into = make.row(other, asset, total, at + make.minutes(5, 60), tx_hash=tx, address=address)
    make.same("several to one", outs, [into])


def _batch(make: _Maker) -> None:
    """Several withdrawals in one transaction that arrive in other parts than they were sent in."""
    one, other, asset, at = make.pair()
    tx, address = make.hash(), make.own_address(other, asset)
    amounts = [make.amount(asset) + 1 for _ in range(2)]
    outs = [
        make.row(one, asset, -amount, at + timedelta(seconds=number), tx_hash=tx, address=address)
        for number, amount in enumerate(amounts)
    ]
    ins = [
        make.row(other, asset, part, at + make.minutes(5, 60), tx_hash=tx, address=address)
        for part in _parts(make, sum(amounts, Decimal(0)), 3)
    ]
    make.same("several to several", outs, ins)


def _two_in_one_transaction(make: _Maker) -> None:
    """Two withdrawals of one transaction are two transfers: two accounts, and half of the time two equal amounts."""
    one, other, asset, at = make.pair()
    third = make.random.choice([each for each in ACCOUNTS if each not in {one, other}])
    tx, first = make.hash(), make.amount(asset)
    second = first if make.random.random() < 0.5 else make.amount(asset) + Decimal("0.000007")
    for target, amount in ((other, first), (third, second)):
        address = make.own_address(target, asset)
        out = make.row(one, asset, -amount, at, fee=Decimal(FEES[asset]), tx_hash=tx, address=address)
        into = make.row(target, asset, amount, at + make.minutes(4, 40), tx_hash=tx, address=address)
        make.same("two in one transaction", [out], [into])


def _delayed(make: _Maker) -> None:
    """Held for review for up to a day and a half; half of them without a hash at arrival."""
    one, other, asset, at = make.pair()
    amount, tx, address = make.amount(asset), make.hash(), make.own_address(other, asset)
    at_arrival = tx if make.random.random() < 0.5 else None
    out = make.row(one, asset, -amount, at, fee=Decimal(FEES[asset]), tx_hash=tx, address=address)
    into = make.row(other, asset, amount, at + make.minutes(180, 2_160), tx_hash=at_arrival, address=address)
    make.same("delayed", [out], [into])


def _clocks_apart(make: _Maker) -> None:
    """The deposit is booked up to four minutes before the withdrawal says it was done."""
    one, other, asset, at = make.pair()
    amount, tx, address = make.amount(asset), make.hash(), make.own_address(other, asset)
    at_arrival = tx if make.random.random() < 0.5 else None
    out = make.row(one, asset, -amount, at, fee=Decimal(FEES[asset]), tx_hash=tx, address=address)
    into = make.row(other, asset, amount, at - make.minutes(0, 4), tx_hash=at_arrival, address=address)
    make.same("clocks apart", [out], [into])


def _decoy(make: _Maker) -> None:
    """What strangers send and get, part of it close to the user's own in time and amount."""
    if make.random.random() < 0.4 or not make.truth:
        _strangers(make)
        return
    outs, ins = make.random.choice(make.truth)
    real = next(row for row in make.rows if row.name == min(outs | ins))
    another = make.random.choice([each for each in ACCOUNTS if each != real.account])
    same = make.random.random() < 0.5
    amount = real.amount.copy_abs() if same else real.amount.copy_abs() * Decimal("0.99")
    at = real.at + make.minutes(-600, 600)
    sign = make.random.choice([1, -1])
    told = {"tx_hash": make.hash(), "address": make.stranger()}
    if sign > 0:  # a venue that tells the address of a deposit tells the account's own
        told["address"] = make.own_address(another, real.asset)
    make.row(another, real.asset, amount * sign, at, **told)


def _strangers(make: _Maker) -> None:
    one, other, asset, at = make.pair()
    if make.random.random() < 0.5:
        fee = Decimal(FEES[asset])
        make.row(one, asset, -make.amount(asset), at, fee=fee, tx_hash=make.hash(), address=make.stranger())
    else:
        address = make.own_address(other, asset)
        make.row(other, asset, make.amount(asset), at, tx_hash=make.hash(), address=address)


def _parts(make: _Maker, amount: Decimal, count: int) -> Iterator[Decimal]:
    rest = amount
    for left in range(count - 1, 0, -1):
        part = (rest / (left + 1) * make.random.randint(60, 140) / 100).quantize(Decimal("0.000001"))
        rest -= part
        yield part
    yield rest


_KINDS: tuple[tuple[int, Callable[[_Maker], None]], ...] = (
    (26, _plain),
    (9, _spelled),
    (14, _no_hash_at_arrival),
    (8, _no_hash_at_all),
    (6, _nothing_but_amounts),
    (7, _fee_untold),
    (4, _gross),
    (6, _split),
    (4, _joined),
    (3, _batch),
    (4, _two_in_one_transaction),
    (5, _delayed),
    (4, _clocks_apart),
)
DECOYS_RATIO = 0.45


def golden() -> Golden:
    """The set."""
    make = _Maker(Random(SEED))
    weights, makers = [weight for weight, _ in _KINDS], [maker for _, maker in _KINDS]
    while len(make.truth) < TRANSFERS:
        make.random.choices(makers, weights)[0](make)
        if make.random.random() < DECOYS_RATIO:
            _decoy(make)
    return Golden(tuple(make.rows), tuple(make.truth[:TRANSFERS]), tuple(make.kinds[:TRANSFERS]))
