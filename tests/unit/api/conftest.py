import pytest

from tests.fakes.desk import BORIS, Caller, FakeDesk


@pytest.fixture
def fake() -> FakeDesk:
    return FakeDesk()


@pytest.fixture
def stranger(fake: FakeDesk) -> Caller:
    """Nobody yet; sign in to become somebody."""
    return Caller(fake.desk())


@pytest.fixture
def anna(stranger: Caller) -> Caller:
    caller = Caller(stranger.desk)
    caller.sign_in()
    return caller


@pytest.fixture
def boris(stranger: Caller) -> Caller:
    caller = Caller(stranger.desk)
    caller.sign_in(BORIS)
    return caller
