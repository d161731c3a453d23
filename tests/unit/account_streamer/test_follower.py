from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

from fargate.account_streamer.follower import Follower, Parts, State
from fargate.account_streamer.service import AccountStreamer
from nightdesk.accounts.errors import key_wrong
from nightdesk.accounts.model import AccountState
from nightdesk.accounts.streaming import FactTold, StreamedAccount
from nightdesk.accounts.streaming_books import StreamKeys
from nightdesk.kernel.errors import Broken, Unavailable
from nightdesk.kernel.ids import AccountId
from tests.builders.ledger import trade
from tests.fakes.clock import NOON
from tests.unit.account_streamer.fakes import ACCOUNT, REF, TENANT, Books, FakeStream, FakeVault
from tests.unit.account_streamer.test_booking import until

DROPPED = Unavailable("venue.unavailable", "It does not answer.")


def parts(books: Books, stream: FakeStream, vault: FakeVault) -> Parts:
    return Parts(
        streams=stream,
        books=books.books,
        keys=StreamKeys(vault.units, vault, books.clock),
        clock=books.clock,
        reconcile_every_s=0.05,
    )


def follow(books: Books, stream: FakeStream, vault: FakeVault, see: Callable[[Follower], Awaitable[None]]) -> Follower:
    async def work() -> Follower:
        follower = Follower(parts(books, stream, vault), REF)
        task = asyncio.create_task(follower.run())
        try:
            await see(follower)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        return follower

    return asyncio.run(work())


def tell(stream: FakeStream, number: int) -> None:
    assert stream.listener
    stream.listener(FactTold(trade(number, "1", "-5")))


def test_a_stream_that_breaks_is_opened_again_and_everything_is_looked_through() -> None:
    books, stream, vault = Books(), FakeStream(history={"trades:BTC/USDT": []}), FakeVault()

    async def see(follower: Follower) -> None:
        await until(lambda: follower.state is State.LIVE)
        tell(stream, 1)
        await until(lambda: books.recorder.identities == ["trade:BTCUSDT:1"])
        stream.history["trades:BTC/USDT"] = [trade(1, "1", "-5"), trade(2, "1", "-5")]
        stream.broken = DROPPED
        await until(lambda: stream.opened == 2 and len(books.recorder.identities) == 2)

    follow(books, stream, vault, see)
    assert stream.closed == stream.opened == 2
    assert vault.uses == ["stream:ok", "stream:ok"]


def test_a_refused_key_shows_at_the_account() -> None:
    books, stream = Books(), FakeStream(refusal=key_wrong())

    async def see(follower: Follower) -> None:
        await until(lambda: follower.state is State.FAILING and books.state[0] is AccountState.FAILING)

    follow(books, stream, FakeVault(), see)
    assert books.state == (AccountState.FAILING, "accounts.key_wrong")
    assert stream.closed == 1


def test_a_key_that_does_not_open_is_not_the_users_fault() -> None:
    books, vault = Books(), FakeVault(error=Broken("vault.tampered", "It does not open."))

    async def see(follower: Follower) -> None:
        await until(lambda: follower.state is State.DOWN and len(vault.uses) >= 2)

    follow(books, FakeStream(), vault, see)
    assert books.state == (AccountState.ACTIVE, None)
    assert set(vault.uses) == {"stream:vault.tampered"}


def test_a_live_stream_that_withheld_a_trade_is_dead() -> None:
    books, stream = Books(), FakeStream(history={"trades:BTC/USDT": []})

    async def see(follower: Follower) -> None:
        await until(lambda: follower.state is State.LIVE)
        tell(stream, 1)
        await until(lambda: bool(books.recorder.identities))
        await asyncio.sleep(0.1)
        stream.held = {"BTC": "2", "USDT": "-10"}
        stream.history["trades:BTC/USDT"] = [trade(2, "1", "-5")]
        await until(lambda: stream.opened == 2)

    follow(books, stream, FakeVault(), see)
    assert books.recorder.identities == ["trade:BTCUSDT:1", "trade:BTCUSDT:2"]


def test_what_was_heard_before_the_end_is_booked() -> None:
    books, stream = Books(), FakeStream()

    async def see(follower: Follower) -> None:
        await until(lambda: follower.state is State.LIVE)
        tell(stream, 1)

    assert follow(books, stream, FakeVault(), see).waiting == 0
    assert books.recorder.identities == ["trade:BTCUSDT:1"]


class Accounts:
    def __init__(self, *accounts: StreamedAccount) -> None:
        self.present = accounts

    def all(self) -> tuple[StreamedAccount, ...]:
        return self.present


KEYED = StreamedAccount(tenant_id=TENANT, account_id=ACCOUNT, sealed_at=NOON)


def serve(
    accounts: Accounts, stream: FakeStream, see: Callable[[AccountStreamer], Awaitable[None]], *, most: int = 10
) -> None:
    async def work() -> None:
        made = AccountStreamer(accounts, parts(Books(), stream, FakeVault()), Silent(), new_id=uuid4, accounts_max=most)
        stopping = asyncio.Event()
        task = asyncio.create_task(made.follow(stopping))
        await see(made)
        stopping.set()
        async with asyncio.timeout(60):
            await task
        assert made.health()["accounts"]["followed"] == 0

    asyncio.run(work())
    assert stream.opened == stream.closed


class Silent:
    """Nothing is ever published."""

    async def messages(self, pattern: str) -> AsyncIterator[bytes | None]:
        del pattern
        await asyncio.sleep(3600)
        yield None


def live(made: AccountStreamer) -> int:
    return int(made.health()["accounts"].get("live", 0))


def test_another_key_is_another_stream_and_no_key_is_none() -> None:
    accounts, stream = Accounts(KEYED), FakeStream()

    async def see(made: AccountStreamer) -> None:
        await until(lambda: live(made) == 1)
        accounts.present = (replace(KEYED, sealed_at=NOON + timedelta(seconds=1)),)
        await until(lambda: stream.opened == 2)
        accounts.present = ()
        await until(lambda: live(made) == 0)

    serve(accounts, stream, see)


def test_more_accounts_than_may_be_followed_are_said_to_be_left_out() -> None:
    other = replace(KEYED, account_id=AccountId(UUID(int=9)))

    async def see(made: AccountStreamer) -> None:
        await until(lambda: live(made) == 1)
        assert made.health()["accounts"]["unfollowed"] == 1

    serve(Accounts(KEYED, other), FakeStream(), see, most=1)
