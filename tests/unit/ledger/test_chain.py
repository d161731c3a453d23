from datetime import timedelta
from hashlib import sha256

from nightdesk.kernel.assets import MARGIN
from nightdesk.kernel.instants import format_instant
from nightdesk.ledger.chain import canonical_bytes, entry_hash
from nightdesk.ledger.model import NO_HASH, EntryKind, LegRole
from tests.builders.ledger import ACCOUNT, RECORDED, TENANT, chained, leg, moved, movement, trade


def test_canonical_form_is_written_out() -> None:
    entry = chained([trade(7, "2.500", "-100", ("BNB", "-0.0001"))])[0]
    assert canonical_bytes(entry).decode() == (
        f'["nightdesk.entry.v1","{TENANT}","{ACCOUNT}",1,"{entry.entry_id}","trade","trade:BTCUSDT:7","binance.rest",'
        '"BINANCE:BTC/USDT","7","2024-01-01T00:00:07.000000Z","2026-11-20T12:00:00.000000Z","correlation-1",'
        '[["base","BTC","2.5"],["quote","USDT","-100"],["fee","BNB","-0.0001"]]]'
    )


def test_entry_of_another_wallet_has_the_form_that_names_wallets() -> None:
    legs = (leg(LegRole.MOVEMENT, "BTC", "-1"), leg(LegRole.MOVEMENT, "BTC", "1", MARGIN))
    text = canonical_bytes(chained([moved(1, EntryKind.TRANSFER, *legs)])[0]).decode()
    assert text.startswith('["nightdesk.entry.v2",')
    assert text.endswith('[["movement","BTC","-1","spot"],["movement","BTC","1","margin"]]]')


def test_movement_has_neither_instrument_nor_order() -> None:
    assert b',"binance.rest",null,null,"2024' in canonical_bytes(chained([movement(1, "BTC", "1")])[0])


def test_form_does_not_depend_on_how_a_number_was_written() -> None:
    written = [chained([movement(1, "BTC", text)])[0].hash for text in ("1", "1.000000000000000000", "1E+0")]
    assert len(set(written)) == 1


def test_form_is_ascii_whatever_the_texts() -> None:
    entry = chained([movement(1, "BTC", "1")])[0]
    assert canonical_bytes(entry).isascii()


def test_instants_are_those_of_the_kernel() -> None:
    entry = chained([trade(1, "1", "-1", second=1.62)])[0]
    assert format_instant(entry.fact.occurred_at + timedelta(0)).encode() in canonical_bytes(entry)
    assert format_instant(RECORDED).encode() in canonical_bytes(entry)


def test_each_entry_carries_the_hash_of_the_one_before() -> None:
    first, second, third = chained(movement(number, "BTC", "1") for number in (1, 2, 3))
    assert first.previous_hash == NO_HASH
    assert second.previous_hash == first.hash == sha256(NO_HASH + canonical_bytes(first)).digest()
    assert third.previous_hash == second.hash == entry_hash(second)
    assert [first.sequence, second.sequence, third.sequence] == [1, 2, 3]
