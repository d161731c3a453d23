"""Which withdrawals arrived as which deposits, case by case."""

from datetime import timedelta

import pytest

from nightdesk.kernel.errors import InvalidInput
from nightdesk.ledger.transfers.matching import match
from nightdesk.ledger.transfers.model import Evidence, Match, Movement, MovementId, movement_id, place_of, plain_hash
from nightdesk.ledger.transfers.scoring import LATE, THRESHOLD
from tests.builders.ledger import START
from tests.builders.transfers import account, moved

LATER = START + timedelta(minutes=20)


def links(found: tuple[Match, ...]) -> set[tuple[str, str]]:
    return {("+".join(sorted(each.outs)), "+".join(sorted(each.ins))) for each in found}


def hashed(name: str, of: str, amount: str, **told: str) -> Movement:
    return moved(name, of, amount, START if amount.startswith("-") else LATER, tx_hash="ab12", **told)


@pytest.mark.parametrize("spelled", ["AB12", "0xab12", "0xAB12:7", "ab12-0", " ab12#3"])
def test_a_hash_is_the_same_however_it_is_spelled(spelled: str) -> None:
    into = moved("in", "b", "0.123", LATER, tx_hash=spelled)
    (found,) = match([hashed("out", "a", "-0.123"), into])
    assert found == Match(
        outs=frozenset({MovementId("out")}),
        ins=frozenset({MovementId("in")}),
        score=100,
        evidence=(Evidence.TX_HASH, Evidence.AMOUNT),
    )


@pytest.mark.parametrize(("text", "plain"), [(None, None), ("", None), ("0x", None), ("0xFF", "ff")])
def test_no_hash_is_no_evidence(text: str | None, plain: str | None) -> None:
    assert plain_hash(text) == plain


@pytest.mark.parametrize(
    ("one", "other", "same"), [("ERC20", "Ethereum", True), ("ETH", "trc20", False), ("?", "BTC", True)]
)
def test_networks_are_compared_where_both_are_known(one: str, other: str, *, same: bool) -> None:
    out = moved("out", "a", "-0.123457", START, address="x", network=one)
    assert bool(match([out, moved("in", "b", "0.123457", LATER, address="x", network=other)])) is same


def test_fees_that_the_network_takes_twice_are_no_amount() -> None:
    out = moved("out", "a", "-2", START, address="x", fee="0.1")
    assert match([out, moved("in", "b", "1.8", LATER, address="x")]) == ()


def test_an_address_that_nobody_knows_is_no_evidence() -> None:
    out = moved("out", "a", "-2", START, address="x")
    assert match([out, moved("in", "b", "2", LATER)]) == ()


def test_a_movements_id_names_its_account_and_entry() -> None:
    mine = account("a")
    assert place_of(movement_id(mine, "deposit:1/2")) == (mine, "deposit:1/2")
    for unknown in ("", "x/deposit:1", f"{mine}", f"{mine}/"):
        with pytest.raises(InvalidInput):
            place_of(MovementId(unknown))


def test_two_withdrawals_of_one_transaction_stay_two() -> None:
    rows = [
        hashed("out1", "a", "-1", address="x"),
        hashed("out2", "a", "-1", address="y"),
        hashed("in1", "b", "1", address="y"),
        hashed("in2", "c", "1", address="x"),
    ]
    assert links(match(rows)) == {("out1", "in2"), ("out2", "in1")}


def test_a_batch_is_one_transfer_of_several_to_several() -> None:
    rows = [
        hashed("out1", "a", "-1", fee="0.1"),
        hashed("out2", "a", "-2"),
        hashed("in1", "b", "1.4"),
        hashed("in2", "b", "1.6"),
    ]
    assert links(match(rows)) == {("out1+out2", "in1+in2")}


def test_a_fee_that_nobody_tells_may_be_missing_from_one_transaction() -> None:
    (found,) = match([hashed("out", "a", "-1"), hashed("in", "b", "0.96")])
    assert found.evidence == (Evidence.TX_HASH, Evidence.AMOUNT_LESS_FEE)
    assert match([hashed("out", "a", "-1"), hashed("in", "b", "0.90")]) == ()
    assert match([hashed("out", "a", "-1"), hashed("in", "b", "1.01")]) == ()


AGAINST = [
    {"tx_hash": "cd34"},
    {"address": "elsewhere"},
    {"network": "TRX"},
    {"asset": "ETH"},
]


@pytest.mark.parametrize("told", AGAINST)
def test_what_speaks_against_a_pair_outweighs_everything(told: dict[str, str]) -> None:
    both = {"tx_hash": "ab12", "address": "x", "network": "BTC"}
    out = moved("out", "a", "-0.123457", START, **both)
    assert len(match([out, moved("in", "b", "0.123457", LATER, **both)])) == 1
    assert match([out, moved("in", "b", "0.123457", LATER, **{**both, **told})]) == ()


def test_money_that_comes_back_to_its_own_account_is_no_transfer() -> None:
    assert match([hashed("out", "a", "-1"), hashed("in", "a", "1")]) == ()


@pytest.mark.parametrize("minutes", [-11, LATE / timedelta(minutes=1) + 1])
def test_what_arrives_too_early_or_too_late_is_another(minutes: float) -> None:
    out = moved("out", "a", "-0.123457", START, address="x")
    assert match([out, moved("in", "b", "0.123457", START + timedelta(minutes=minutes), address="x")]) == ()


@pytest.mark.parametrize("arrived", ["2", "1.9"])
def test_amount_and_address_are_enough_without_a_hash_with_or_less_the_fee_told(arrived: str) -> None:
    out = moved("out", "a", "-2", START, tx_hash="ab", address="x", fee="0.1")
    (found,) = match([out, moved("in", "b", arrived, LATER, address="x")])
    assert found.score >= THRESHOLD
    assert found.evidence[0] is Evidence.ADDRESS


def test_round_amounts_alone_are_not_enough() -> None:
    assert match([moved("out", "a", "-2", START), moved("in", "b", "2", LATER)]) == ()
    assert links(match([moved("out", "a", "-2.34567", START), moved("in", "b", "2.34567", LATER)])) == {("out", "in")}


def test_addresses_are_learnt_from_what_venues_told_of_deposits() -> None:
    earlier = moved("earlier", "b", "7", START - timedelta(days=90), address="x")
    out = moved("out", "a", "-2", START, address="x")
    into = moved("in", "b", "2", LATER)
    (found,) = match([earlier, out, into])
    assert found.evidence[0] is Evidence.KNOWN_ADDRESS
    assert links(match([out, into], addresses={"x": [account("b")]})) == {("out", "in")}
    assert match([out, into], addresses={"x": [account("c")]}) == ()


def test_a_fee_that_the_asset_is_known_to_cost_may_be_missing() -> None:
    told = moved("told", "c", "-5", START - timedelta(days=9), fee="0.0002")
    out = moved("out", "a", "-2.0002", START, address="x")
    assert links(match([told, out, moved("in", "b", "2", LATER, address="x")])) == {("out", "in")}
    assert match([told, out, moved("in", "b", "1.9", LATER, address="x")]) == ()


def test_equal_rivals_of_other_accounts_are_left_to_a_person() -> None:
    out, into = moved("out", "a", "-2.34567", START), moved("in", "b", "2.34567", LATER)
    rival = moved("rival", "c", "2.34567", LATER)
    assert match([out, into, rival]) == ()
    twin = [moved("out2", "a", "-2.34567", LATER), moved("in2", "b", "2.34567", LATER + timedelta(minutes=20))]
    assert len(match([out, into, *twin])) == 2


def test_parts_are_found_at_their_address() -> None:
    parts = [moved(f"in{number}", "b", amount, LATER, address="x") for number, amount in enumerate(["1", "2", "4"])]
    other = moved("other", "b", "3.5", LATER, address="x")
    out = moved("out", "a", "-7", START, address="x", tx_hash="ab12")
    assert links(match([out, *parts, other])) == {("out", "in0+in1+in2")}
    assert match([moved("out", "a", "-7", START), *parts]) == ()
    outs = [moved(f"out{number}", "a", f"-{number}", START, address="x") for number in (1, 2)]
    assert links(match([*outs, moved("in", "b", "3", LATER, address="x")])) == {("out1+out2", "in")}


def test_what_a_person_took_apart_stays_apart() -> None:
    apart = [frozenset({MovementId("out"), MovementId("in")})]
    rows = [hashed("out", "a", "-1"), hashed("in", "b", "1")]
    assert match(rows, forbidden=apart) == ()
    batch = [*rows, hashed("in2", "b", "0.5"), hashed("out2", "a", "-0.5")]
    assert links(match(batch, forbidden=apart)) == {("out2", "in2")}
